"""The pods of one namespace or of all, or the nodes: list, watch, and list again when the place was lost.

Nested generators, each of which owns one failure:

| generator  | owns                                                                 |
|------------|----------------------------------------------------------------------|
| `items`    | the API server says no, or nothing: back-off, then where it was      |
| `_follow`  | 410 Gone, any no that may be about the place, or a wish: list again  |
| `_rewatch` | the server ends the watch: resume from the last resourceVersion      |
| `_events`  | a line that cannot be read: one line in the log                      |
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from eip import names
from eip.clock import Clock
from eip.decide import EventType
from eip.errors import KubernetesError
from eip.kubernetes import decode
from eip.kubernetes.refusal import told
from eip.pod import Pod, PodList, Status, WatchEvent
from producer import metrics
from producer.backoff import DENIED, DENIED_CAP, Backoff, Chance

log = structlog.get_logger(__name__)

# The server ends a watch after about five minutes, so that watches move when API servers come and go;
# jittered, so that they do not move together.
WATCH_SECONDS = (240.0, 360.0)
# A watch that ends at once and brought nothing is a failure, else its repetition would be a storm.
SHORTEST_WATCH = 1.0
# No answer, not us, or not now: the watch may go on from where it was. After any other no the API server may
# never serve that resourceVersion again without saying 410, as after an etcd restore; client-go lists too.
PLACE_KEPT = DENIED | {0, 429, 503}


class Stream(Protocol):
    """The raw lines of one watch."""

    def __iter__(self) -> Iterator[bytes]:
        """Each line as it comes; KubernetesError when the API server is silent or breaks off."""
        ...

    def interrupt(self) -> None:
        """End the iteration soon, whichever thread it is in."""
        ...


class Pods(Protocol):
    """What is asked of the API server; each raises KubernetesError."""

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        """Pages of pods."""
        ...

    def watch_pods(
        self, selector: str, namespace: str | None, resource_version: str, timeout_seconds: int
    ) -> Stream:
        """Raw lines."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the pods of a list that has begun."""

    namespace: str | None
    pods: tuple[Pod, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list is complete: whatever is not among `uids` was not there. No namespace means all."""

    namespace: str | None
    uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changed:
    """A pod changed. The pod of DELETED may still be there, and still labelled in what the watch tells."""

    event: EventType
    pod: Pod


Item = Page | Listed | Changed


class Watch:
    """One namespace's pods, without a namespace those of all, for names.NODES the nodes.

    `items` is for one thread, the rest for any.
    """

    def __init__(
        self,
        pods: Pods,
        selector: str,
        namespace: str | None,
        clock: Clock,
        chance: Chance = random.uniform,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.namespace = namespace
        self.heard_at = clock.now()
        self.turned_at = clock.now()
        self._pods = pods
        self._selector = selector
        self._clock = clock
        self._chance = chance
        self._backoff = Backoff(chance=chance)
        # Lists are the dearest thing to ask for: no event ends their back-off, only a watch that lasted.
        self._list_backoff = Backoff(chance=chance)
        self._version = ""
        self._stream: Stream | None = None
        self._stopped = threading.Event()
        self._list_again = threading.Event()
        self._wake = threading.Event()
        self._pause = pause or self._wake.wait
        self._trouble: tuple[int, str] | None = None

    def stop(self) -> None:
        """End `items` soon."""
        self._stopped.set()
        self._interrupt()

    def relist(self) -> None:
        """List again soon, without waiting for the watch to end."""
        self._list_again.set()
        self._interrupt()

    def turn(self) -> None:
        """The thread lives, whether or not the API server does."""
        self.turned_at = self._clock.now()

    def items(self) -> Iterator[Item]:
        """Everything that happens, until `stop`."""
        while not self._stopped.is_set():
            try:
                yield from self._follow()
            except KubernetesError as error:
                # An interrupted watch breaks off by our own hand.
                if not self._interrupted:
                    self._back_off(error)

    def _follow(self) -> Iterator[Item]:
        try:
            if not self._version or self._list_again.is_set():
                yield from self._list()
            yield from self._rewatch()
        except KubernetesError as error:
            if error.code not in PLACE_KEPT:
                self._version = ""
            raise

    def _list(self) -> Iterator[Item]:
        self._list_again.clear()
        self._version = ""
        uids: set[str] = set()
        version = ""
        for page in self._pods.list_pods(self._selector, self.namespace):
            self._hear()
            version = page.metadata.resource_version or version
            uids.update(pod.uid for pod in page.items)
            yield Page(self.namespace, tuple(page.items))
        if not version:
            missing = f"the list of {self._kind}s has no resourceVersion to watch from"
            raise KubernetesError(0, "NoVersion", missing)
        listed = f"listed {self._kind}s"
        log.info(listed, namespace=self._where, pods=len(uids), resource_version=version)
        yield Listed(self.namespace, frozenset(uids))
        self._version = version

    def _rewatch(self) -> Iterator[Item]:
        while not self._interrupted:
            began, before = self._clock.now(), self._version
            yield from self._events()
            if self._clock.now() - began >= SHORTEST_WATCH:
                self._list_backoff.reset()
            elif self._version == before:
                raise KubernetesError(0, "WatchEnded", "the API server ended the watch at once")

    def _events(self) -> Iterator[Item]:
        seconds = int(self._chance(*WATCH_SECONDS))
        stream = self._pods.watch_pods(self._selector, self.namespace, self._version, seconds)
        self._stream = stream
        self._hear()
        # A wish that came before there was a stream to interrupt.
        if self._interrupted:
            stream.interrupt()
        for line in stream:
            self._hear()
            if item := self._read(line):
                self._backoff.reset()
                yield item

    def _read(self, line: bytes) -> Changed | None:
        """What a line says; None for a bookmark, and for what cannot be read."""
        try:
            event = msgspec.json.decode(line, type=WatchEvent)
            if event.type == "ERROR":
                raise told(msgspec.json.decode(event.object, type=Status))
            pod = decode.watched(event.object, self.namespace)
            self._version = pod.metadata.resource_version or self._version
            if event.type == "BOOKMARK":
                self._backoff.reset()
                return None
            return Changed(EventType(event.type), pod)
        except (*decode.UNREADABLE, ValueError) as error:
            log.warning(
                "a line of the watch was left out", namespace=self._where, bytes=len(line), error=str(error)
            )
            return None

    def _hear(self) -> None:
        self.turn()
        self.heard_at = self.turned_at
        if self._trouble:
            log.info("the API server answers again", namespace=self._where)
            self._trouble = None

    def _back_off(self, error: KubernetesError) -> None:
        self.turn()
        metrics.FAILURES.labels(error.code).inc()
        self._tell(error)
        cap = DENIED_CAP if error.code in DENIED else None
        backoff = self._backoff if self._version else self._list_backoff
        self._pause(backoff.next(error.retry_after, cap))
        self._wake.clear()

    def _tell(self, error: KubernetesError) -> None:
        """One line for each new trouble; its repetitions say nothing new."""
        if (error.code, error.reason) == self._trouble:
            return
        self._trouble = (error.code, error.reason)
        kind = self._kind
        denied = (
            f"not allowed to list and watch {kind}s: no {kind} there gets an address, and none gives one "
            f"back; grant the service account list and watch on {kind}s"
        )
        failed = f"the watch of {kind}s failed and will be resumed"
        if error.code in DENIED:
            log.error(denied, namespace=self._where, error=str(error))
        else:
            log.warning(failed, namespace=self._where, error=str(error))

    def _interrupt(self) -> None:
        self._wake.set()
        if stream := self._stream:
            stream.interrupt()

    @property
    def _interrupted(self) -> bool:
        return self._stopped.is_set() or self._list_again.is_set()

    @property
    def _kind(self) -> str:
        return "node" if self.namespace == names.NODES else "pod"

    @property
    def _where(self) -> str:
        return "all" if self.namespace is None else self.namespace
