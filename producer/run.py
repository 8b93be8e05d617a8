"""One replica of the producer: it stands by or leads, and while it leads it writes what the watch tells."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from eip.clock import Clock
from eip.errors import EipError, StaleLeader
from producer import metrics
from producer.delivery import Delivery, Ledger
from producer.watch import Changed, Item, Listed

log = structlog.get_logger(__name__)

TICK = 0.5
STALE_PAUSE = 5.0

AFTER_LOSS = 15.0
"""Seconds from a lost Redis to a sweep: who filled the claims may have seen late where an address is."""

REDIS_LATE = 10.0
"""Seconds in which Redis takes no change before we are not ready: a failover is shorter as a rule."""

REDIS_PATIENCE = 60.0
"""Seconds before the Lease is given back: another may reach a Redis that we don't. Doubled each time, until a
list is written: when nobody reaches Redis the lead must not go round, for each new leader lists all pods."""

# Each is several times what the slowest healthy round takes: a call's time-outs and back-off for the loops,
# the silence that a watch bears (90 s) for its thread. An API server or Redis that is away stops none.
LOOP_STALLED = 60.0
WATCH_STALLED = 240.0


class Periodic:
    """Due at once, and then each `interval` seconds."""

    def __init__(self, interval: float, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._next = clock.now()

    def due(self) -> bool:
        """Whether it is time; asking begins the next interval."""
        now = self._clock.now()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True

    def hasten(self, seconds: float) -> None:
        """Be due in so many seconds at the latest."""
        self._next = min(self._next, self._clock.now() + seconds)


class Candidate(Protocol):
    """Whoever stands for the lead."""

    @property
    def fence(self) -> int | None:
        """The fence of the current term; None when we don't lead."""
        ...

    @property
    def answered(self) -> bool:
        """Whether the Lease was ever read."""
        ...

    @property
    def turned_at(self) -> float:
        """When (monotonic seconds) its last round began."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Stand until `stop`."""
        ...

    def release(self) -> None:
        """Stop leading and let another lead at once."""
        ...


class Watches(Protocol):
    """What happens to the pods, from all watches together."""

    @property
    def synced(self) -> bool:
        """Whether every list has been written."""
        ...

    @property
    def unlisted(self) -> list[str]:
        """The namespaces that still lack their list."""
        ...

    @property
    def silence(self) -> float:
        """Seconds since the API server was last heard, on the worst watch."""
        ...

    @property
    def stalled(self) -> float:
        """Seconds since the thread last did anything, on the worst watch."""
        ...

    def start(self) -> None:
        """Begin to list and watch."""
        ...

    def stop(self) -> None:
        """End all watches soon."""
        ...

    def relist(self) -> None:
        """Make every watch list again."""
        ...

    def get(self, timeout: float) -> Item | None:
        """The next item, or None when none comes within `timeout` seconds."""
        ...

    def done(self, item: Item) -> None:
        """The item was written."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a producer is made of."""

    elector: Candidate
    ledger: Ledger
    watch: Callable[[], Watches]
    send_sweep: Callable[[], None]
    clock: Clock
    sweep_interval: float
    epoch_interval: float = 1.0


class Producer:
    """`run` until `stop`, which any thread or signal handler may call."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stopped = threading.Event()
        self._inbox: Watches | None = None
        self._delivery: Delivery | None = None
        self._patience = REDIS_PATIENCE
        self._turned_at = parts.clock.now()
        self._epoch = Periodic(parts.epoch_interval, parts.clock)
        self._sweep = Periodic(parts.sweep_interval, parts.clock)

    def stop(self) -> None:
        """Finish the item at hand, give the Lease back and return from `run`."""
        self._stopped.set()

    def run(self) -> None:
        """Lead whenever we may."""
        renewing = threading.Thread(
            target=self._parts.elector.run, args=(self._stopped,), name="lease", daemon=True
        )
        renewing.start()
        try:
            while not self._stopped.is_set():
                self._turn()
        finally:
            self._stopped.set()
            renewing.join(STALE_PAUSE)
            self._parts.elector.release()

    def alive(self) -> str:
        """Why the kubelet should restart us; an API server or Redis that is away is no reason."""
        now = self._parts.clock.now()
        if (still := now - self._parts.elector.turned_at) > LOOP_STALLED:
            return f"the Lease was not looked at for {still:.0f} s"
        if (still := now - self._turned_at) > LOOP_STALLED:
            return f"the main loop has not turned for {still:.0f} s"
        if (inbox := self._inbox) and inbox.stalled > WATCH_STALLED:
            return f"a watch has not turned for {inbox.stalled:.0f} s"
        return ""

    def ready(self) -> str:
        """Why we can't do our part yet: standing by, or leading with all pods written."""
        if not self._parts.elector.answered:
            return "the Lease was not read yet"
        if self._parts.elector.fence is None:
            return ""
        inbox = self._inbox
        if inbox is None:
            return "leading since a moment ago"
        if (still := self._refused_for) > REDIS_LATE:
            return f"Redis has taken no change for {still:.0f} s"
        return "" if inbox.synced else f"pods are still to be listed in: {', '.join(inbox.unlisted)}"

    def observe(self) -> None:
        """Bring the gauges up to date."""
        inbox = self._inbox
        metrics.LEADING.set(self._parts.elector.fence is not None)
        metrics.SYNCED.set(inbox is not None and inbox.synced and self._refused_for <= REDIS_LATE)
        metrics.SILENCE.set(inbox.silence if inbox else 0)

    def _turn(self) -> None:
        self._turned_at = self._parts.clock.now()
        self.observe()
        if self._fence() is None:
            self._pause(TICK)
            return
        try:
            self._lead()
        except StaleLeader as error:
            log.warning("the ledger has seen a later leader: giving the Lease back", error=str(error))
            self._parts.elector.release()
            self._pause(STALE_PAUSE)

    def _lead(self) -> None:
        self._inbox = inbox = self._parts.watch()
        self._delivery = delivery = Delivery(
            self._parts.ledger,
            self._fence,
            lambda: self._start_over(inbox),
            self._wait_for_redis,
            clock=self._parts.clock,
        )
        inbox.start()
        try:
            while self._fence() is not None:
                self._turned_at = self._parts.clock.now()
                self.observe()
                self._chores(delivery)
                item = inbox.get(TICK)
                if item and delivery.deliver(item):
                    inbox.done(item)
                    self._written(item)
        finally:
            inbox.stop()
            self._inbox = self._delivery = None

    def _chores(self, delivery: Delivery) -> None:
        if self._epoch.due():
            delivery.check_epoch()
        # Not held up by lists: a namespace that we may not watch must not stop the search for leaks.
        if self._sweep.due():
            self._send_sweep()

    def _start_over(self, inbox: Watches) -> None:
        inbox.relist()
        self._sweep.hasten(AFTER_LOSS)

    def _send_sweep(self) -> None:
        try:
            self._parts.send_sweep()
        except EipError as error:
            log.warning("the sweep was not sent; the next is in its turn", error=str(error))

    def _written(self, item: Item) -> None:
        match item:
            case Changed(event, _):
                metrics.EVENTS.labels(event.value).inc()
            case Listed():
                metrics.LISTS.inc()
                self._patience = REDIS_PATIENCE

    def _fence(self) -> int | None:
        return None if self._stopped.is_set() else self._parts.elector.fence

    @property
    def _refused_for(self) -> float:
        """Seconds in which Redis has taken nothing from us, as long as we lead."""
        return delivery.refused_for if (delivery := self._delivery) else 0.0

    def _wait_for_redis(self, seconds: float) -> None:
        self.observe()
        if (still := self._refused_for) > self._patience:
            log.error(
                "Redis takes no change from this replica: giving the Lease back, for another may reach it",
                seconds=round(still),
            )
            self._patience *= 2
            self._parts.elector.release()
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        self._turned_at = self._parts.clock.now()
        self._stopped.wait(seconds)
