"""One call for what many threads ask for at the same moment."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

from eip.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

IDLE_SECONDS = 0.02  # a batch leaves when nobody has joined for this long,
LONGEST_SECONDS = 0.1  # or when its first caller has waited for this long,
MOST_KEYS = 200  # or when it is full: EC2 takes 200 filter values in one request


def never(_: Exception) -> bool:
    """No failure is worth asking for the keys in smaller batches."""
    return False


@dataclass(slots=True)
class _Batch(Generic[K, V]):
    """The keys asked for together; insertion keeps their order, and asks for none of them twice."""

    opened: float
    joined: float
    callers: int = 0
    keys: dict[K, None] = field(default_factory=dict)
    values: dict[K, V] = field(default_factory=dict)
    errors: dict[K, BaseException] = field(default_factory=dict)
    done: Event = field(default_factory=Event)


class Batcher(Generic[K, V]):
    """Coalesces look-ups: the first caller of a batch waits a little, and fetches for all that joined.

    A key that is being fetched is not asked for again: who wants it meanwhile gets the same answer.
    `fetch` takes up to `most` different keys and may leave out those that it found nothing for.
    What it raises is raised to every caller of the batch, unless `splits` says of the error that it is some
    keys' alone: then each half is fetched by itself. A throttled call must never be split.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[K]], Mapping[K, V]],
        clock: Clock,
        *,
        splits: Callable[[Exception], bool] = never,
        idle: float = IDLE_SECONDS,
        longest: float = LONGEST_SECONDS,
        most: int = MOST_KEYS,
    ) -> None:
        """Windows are in seconds of `clock`."""
        self._fetch = fetch
        self._clock = clock
        self._splits = splits
        self._idle = idle
        self._longest = longest
        self._most = most
        self._lock = Lock()
        self._open: _Batch[K, V] | None = None
        self._flying: dict[K, _Batch[K, V]] = {}

    @property
    def waiting(self) -> int:
        """How many callers have joined the batch that has not left yet."""
        with self._lock:
            return self._open.callers if self._open else 0

    def get(self, key: K) -> V | None:
        """What `fetch` found for the key, or None; blocks until the batch is back."""
        batch, leads = self._join(key)
        if leads:
            self._lead(batch)
        batch.done.wait()
        if key in batch.errors:
            raise batch.errors[key]
        return batch.values.get(key)

    def _join(self, key: K) -> tuple[_Batch[K, V], bool]:
        with self._lock:
            now = self._clock.now()
            if flying := self._flying.get(key):
                flying.callers += 1
                return flying, False
            batch = self._open
            leads = batch is None or (len(batch.keys) >= self._most and key not in batch.keys)
            if batch is None or leads:
                batch = self._open = _Batch(now, now)
            batch.keys[key] = None
            batch.joined = now
            batch.callers += 1
            return batch, leads

    def _lead(self, batch: _Batch[K, V]) -> None:
        """Fetch for all; those that joined are let go whatever happens, or they would wait for ever."""
        try:
            while (seconds := self._left(batch)) > 0:
                self._clock.sleep(seconds)
            self._ask(batch, list(batch.keys))
        except BaseException as error:
            batch.errors.update(dict.fromkeys(batch.keys, error))
            raise
        finally:
            self._land(batch)
            batch.done.set()

    def _left(self, batch: _Batch[K, V]) -> float:
        """Seconds until the batch leaves; at 0 it is closed to others in the same moment."""
        with self._lock:
            leaves = min(batch.joined + self._idle, batch.opened + self._longest)
            seconds = leaves - self._clock.now() if len(batch.keys) < self._most else 0.0
            if seconds <= 0:
                self._depart(batch)
            return seconds

    def _depart(self, batch: _Batch[K, V]) -> None:
        if self._open is batch:
            self._open = None
        self._flying.update(dict.fromkeys(batch.keys, batch))

    def _land(self, batch: _Batch[K, V]) -> None:
        with self._lock:
            if self._open is batch:
                self._open = None
            for key in batch.keys:
                self._flying.pop(key, None)

    def _ask(self, batch: _Batch[K, V], keys: list[K]) -> None:
        try:
            batch.values.update(self._fetch(keys))
        except Exception as error:  # noqa: BLE001 - it is raised to the callers of these keys
            if len(keys) > 1 and self._splits(error):
                middle = len(keys) // 2
                self._ask(batch, keys[:middle])
                self._ask(batch, keys[middle:])
            else:
                batch.errors.update(dict.fromkeys(keys, error))
