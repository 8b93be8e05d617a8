"""Request throttling: one token bucket for every action.

Sizes and rates are those of the EC2 developer guide, "Request throttling for the Amazon EC2 API".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.ec2.messages import Limit, Settings
from sandbox.ec2.wire import Params

READ = Limit(burst=100, rate=20)
UNFILTERED_READ = Limit(burst=50, rate=10)
TAGS = Limit(burst=100, rate=10)
CHANGE = Limit(burst=50, rate=5)

SMALL_WHEN_UNFILTERED = {"DescribeInstances", "DescribeNetworkInterfaces"}
ROUNDING = 1e-6
"""What adding up fractions of a second may lose of a token."""
NARROWING = ("Filter.", "InstanceId.", "NetworkInterfaceId.", "MaxResults", "NextToken")


def bucket_name(action: str, params: Params) -> str:
    """The bucket that a call takes its token from."""
    narrowed = any(name.startswith(NARROWING) for name in params)
    return action if narrowed or action not in SMALL_WHEN_UNFILTERED else f"{action}:unfiltered"


def documented_limit(name: str) -> Limit:
    """The limit that EC2 documents for a bucket."""
    if name.endswith(":unfiltered"):
        return UNFILTERED_READ
    if name.startswith("Describe"):
        return READ
    return TAGS if name in {"CreateTags", "DeleteTags"} else CHANGE


@dataclass(slots=True)
class Bucket:
    """Tokens, and when they were counted."""

    tokens: float
    counted_at: float

    def take(self, limit: Limit, now: float, *, whole_seconds: bool) -> bool:
        """Take a token, if there is one; `whole_seconds` refills at the clock's full seconds only."""
        passed = math.floor(now) - math.floor(self.counted_at) if whole_seconds else now - self.counted_at
        self.tokens = min(limit.burst, self.tokens + passed * limit.rate)
        self.counted_at = now
        if self.tokens < 1 - ROUNDING:
            return False
        self.tokens -= 1
        return True


class Buckets:
    """All buckets of the account; each starts full."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str, settings: Settings, now: float) -> bool:
        """Whether a call may pass: it took a token from the bucket of this name."""
        if not settings.throttle:
            return True
        limit = _limit(name, settings.limits)
        bucket = self._buckets.setdefault(name, Bucket(limit.burst, now))
        return bucket.take(limit, now, whole_seconds=settings.whole_second_refill)


def _limit(name: str, replaced: Mapping[str, Limit]) -> Limit:
    return replaced.get(name) or documented_limit(name)
