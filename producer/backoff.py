"""How long to wait before the next try: exponential, with full jitter and a cap."""

import random
from collections.abc import Callable

DENIED = frozenset({401, 403})
# Rights come by a person's hand, and asking faster only fills the audit log. The first tries are as quick as
# any: an API server that has just started denies what it will allow a moment later.
DENIED_CAP = 30.0
# The server may name any time, and who waits for all of it is blind, and to liveness a thread that hangs.
LONGEST_RETRY_AFTER = 30.0

Chance = Callable[[float, float], float]


class Backoff:
    """The delays of one run of failures, in seconds; `chance(low, high)` is the dice."""

    def __init__(self, base: float = 0.5, cap: float = 10.0, chance: Chance = random.uniform) -> None:
        self._base = base
        self._cap = cap
        self._chance = chance
        self._failures = 0

    def reset(self) -> None:
        """Something succeeded: the next failure is a first one again."""
        self._failures = 0

    def next(self, retry_after: float | None = None, cap: float | None = None) -> float:
        """The delay after one more failure, never before the server's Retry-After unless that is long."""
        # 2 ** 16 is past any cap, and an outage of days must not overflow a float.
        ceiling = min(cap or self._cap, self._base * 2 ** min(self._failures, 16))
        self._failures += 1
        return min(retry_after or 0.0, LONGEST_RETRY_AFTER) + self._chance(0.0, ceiling)
