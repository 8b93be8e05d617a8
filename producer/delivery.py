"""From the watch to the ledger: an item is tried until it is written, for as long as we lead."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from eip.clock import Clock, SystemClock
from eip.decide import EventType
from eip.errors import EipError, EpochChanged, StaleLeader
from eip.pod import Pod
from producer.backoff import Backoff
from producer.watch import Changed, Item, Listed, Page

log = structlog.get_logger(__name__)


class Ledger(Protocol):
    """Where decisions are written; each raises EipError, and StaleLeader when another leads."""

    def seen(self, event_type: EventType, pod: Pod, fence: int) -> None:
        """One pod changed."""
        ...

    def page(self, pods: Sequence[Pod], fence: int) -> None:
        """Some pods are there."""
        ...

    def compare(self, namespace: str | None, uids: set[str], fence: int) -> None:
        """No other pods are there."""
        ...

    def epoch_changed(self) -> bool:
        """Whether Redis has lost what was written."""
        ...


class Delivery:
    """Writes items in their order; `fence` tells the fence to write with, or None when we don't lead.

    `start_over` has everything listed again.
    """

    def __init__(
        self,
        ledger: Ledger,
        fence: Callable[[], int | None],
        start_over: Callable[[], None],
        pause: Callable[[float], object],
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._ledger = ledger
        self._fence = fence
        self._start_over = start_over
        self._pause = pause
        self._backoff = backoff or Backoff(base=0.1, cap=2.0)
        self._clock = clock or SystemClock()
        self._trouble = ""
        self._troubled_at = 0.0

    @property
    def refused_for(self) -> float:
        """For how many seconds Redis has done nothing that it was asked for; 0 while it does."""
        return self._clock.now() - self._troubled_at if self._trouble else 0.0

    def deliver(self, item: Item) -> bool:
        """Whether the item was written; not, when we stopped leading. StaleLeader when another leads."""
        while (fence := self._fence()) is not None:
            try:
                self._write(item, fence)
            except StaleLeader:
                raise
            except EipError as error:
                self._back_off(error)
            else:
                # A page without pods asks nothing of Redis.
                if not isinstance(item, Page) or item.pods:
                    self._went_well()
                return True
        return False

    def check_epoch(self) -> None:
        """Start over when Redis has lost what was written; an unreachable Redis is asked the next time."""
        if self._read_epoch():
            self._went_well()

    def _read_epoch(self) -> bool:
        try:
            if self._ledger.epoch_changed():
                log.warning("Redis has lost its data: all pods are listed again")
                self._start_over()
        except StaleLeader:
            raise
        except EipError as error:
            self._tell(error)
            return False
        return True

    def _write(self, item: Item, fence: int) -> None:
        match item:
            case Changed(event, pod):
                self._ledger.seen(event, pod, fence)
            case Page(_, pods):
                self._ledger.page(pods, fence)
            case Listed(namespace, uids):
                self._ledger.compare(namespace, set(uids), fence)

    def _back_off(self, error: EipError) -> None:
        self._tell(error)
        if isinstance(error, EpochChanged):
            # Redis answers: the pauses of an outage are over with it.
            self._backoff.reset()
            self._read_epoch()
        self._pause(self._backoff.next())

    def _tell(self, error: EipError) -> None:
        if not self._trouble:
            self._troubled_at = self._clock.now()
        if type(error).__name__ != self._trouble:
            self._trouble = type(error).__name__
            log.warning("Redis takes no change; it is tried until it does, nothing is lost", error=str(error))

    def _went_well(self) -> None:
        self._backoff.reset()
        if self._trouble:
            log.info("Redis takes changes again")
            self._trouble = ""
