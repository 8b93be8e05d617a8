"""What was asked of the server: for tests that count calls."""

import threading
import time
from collections import Counter, deque

import msgspec

REMEMBERED = 50_000


class Entry(msgspec.Struct, frozen=True):
    """One request; `resource` is written as in RBAC, `code` 0 means that no answer was sent."""

    verb: str
    resource: str
    namespace: str
    name: str
    user: str
    code: int
    at: float


class RequestLog:
    """The last requests and how many of each verb and resource there were, the control API's own aside."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=REMEMBERED)
        self._counts: Counter[str] = Counter()

    def add(self, verb: str, resource: str, namespace: str, name: str, user: str, code: int) -> None:
        """Note one request."""
        with self._lock:
            self._entries.append(Entry(verb, resource, namespace, name, user, code, time.time()))
            self._counts[f"{verb} {resource}"] += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()

    def entries(self) -> list[Entry]:
        """The requests, oldest first."""
        with self._lock:
            return list(self._entries)

    def counts(self) -> dict[str, int]:
        """How many, by `verb resource`, such as `patch pods/status`."""
        with self._lock:
            return dict(self._counts)
