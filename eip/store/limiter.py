"""The rate budget: one token bucket for each EC2 action, shared by all workers through Redis.

A bucket promises tokens ahead: a caller that must wait gets its own place in line at once, and sleeps just
that long. EC2's buckets are described in
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eip.store.keys import Keys
from eip.store.scripts import Scripts

SLOWEST_RATE = 0.5
GROWTH = 0.1


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket's size in tokens, and how many it gains a second."""

    burst: int
    rate: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A token was taken, to be used after `wait` seconds; or none was, and the turn comes after `wait`."""

    granted: bool
    wait: float


class Limiter:
    """Takes tokens; every method raises RedisAway. A bucket that Redis does not know is full."""

    def __init__(self, scripts: Scripts, rates: Mapping[str, Rate]) -> None:
        """`rates` names each action's bucket."""
        self._scripts = scripts
        self._rates = rates

    def take(self, action: str, max_wait: float) -> Turn:
        """A token that is there within `max_wait` seconds, or a turn."""
        granted, wait = self._run("take", action, int(max_wait * 1000))
        return Turn(bool(granted), wait / 1000)

    def refund(self, action: str) -> None:
        """Give back a token that was not spent."""
        self._run("refund", action)

    def throttled(self, action: str) -> None:
        """EC2 said that the limit is exceeded: empty the bucket and slow down."""
        self._run("throttled", action)

    def peek(self, action: str) -> tuple[float, float]:
        """Tokens (below zero when promised ahead) and tokens a second at this moment."""
        tokens, rate = self._run("peek", action)
        return tokens / 1000, rate / 1000

    def _run(self, script: str, action: str, *more: int) -> list[int]:
        rate = self._rates[action]
        arguments = [rate.burst, rate.rate, min(SLOWEST_RATE, rate.rate), GROWTH, *more]
        answer = self._scripts.run(script, [Keys.bucket(action)], arguments)
        return answer if isinstance(answer, list) else [int(answer)]
