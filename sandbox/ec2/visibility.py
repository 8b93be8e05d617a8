"""Late visibility: what Describe calls showed some seconds ago, and ids that are not yet known everywhere."""

import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from sandbox.ec2.errors import Ec2Error, unknown_allocation
from sandbox.ec2.messages import Settings

LONGEST_LAG = 300.0

Value = TypeVar("Value")
Now = Callable[[], float]


class History(Generic[Value]):
    """Values by key as they are, and as they were at any moment of the last `LONGEST_LAG` seconds."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._current: dict[str, Value] = {}
        self._undo: deque[tuple[float, str, Value | None]] = deque()

    @property
    def current(self) -> Mapping[str, Value]:
        """The values as they are."""
        return self._current

    def put(self, key: str, value: Value) -> None:
        """Set a value."""
        self._remember(key)
        self._current[key] = value

    def drop(self, key: str) -> None:
        """Remove a value that is there."""
        self._remember(key)
        del self._current[key]

    def before(self, seconds: float) -> Mapping[str, Value]:
        """The values as they were `seconds` ago."""
        if seconds <= 0:
            return self._current
        past = dict(self._current)
        moment = self._now() - seconds
        for changed_at, key, value in reversed(self._undo):
            if changed_at <= moment:
                break
            if value is None:
                past.pop(key, None)
            else:
                past[key] = value
        return past

    def _remember(self, key: str) -> None:
        now = self._now()
        while self._undo and self._undo[0][0] < now - LONGEST_LAG:
            self._undo.popleft()
        self._undo.append((now, key, self._current.get(key)))


class Youth:
    """Refuses an address that was allocated so lately that EC2 may not know it, or its tags, everywhere."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - chance that a seed repeats, not a secret

    def check(self, allocation_id: str, age: float, settings: Settings) -> None:
        """Raise what EC2 answers for an address of this age in seconds."""
        if age < settings.unauthorized_seconds:
            raise Ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
        if age < settings.young_seconds and self._chance.random() < settings.young_not_found:
            raise unknown_allocation(allocation_id)
