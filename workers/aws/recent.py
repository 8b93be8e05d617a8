"""A bounded memory of what was found lately."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

from eip.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps `most` values for `seconds` each, the least recently used go first; for any number of threads."""

    def __init__(self, clock: Clock, seconds: float, most: int) -> None:
        """Start empty."""
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, younger_than: float | None = None) -> V | None:
        """The value, unless it is older than its time or than `younger_than` seconds."""
        seconds = self._seconds if younger_than is None else younger_than
        with self._lock:
            kept_at, value = self._kept.get(key, (None, None))
            if kept_at is None or self._clock.now() - kept_at >= seconds:
                return None
            self._kept.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, from now on."""
        with self._lock:
            self._kept[key] = (self._clock.now(), value)
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget a value."""
        with self._lock:
            self._kept.pop(key, None)
