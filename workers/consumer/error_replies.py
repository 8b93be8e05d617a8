"""Error replies: Redis is there, and says that it cannot serve now. They are waited for, and logged once.

A failover (UNBLOCKED, READONLY), a full disk (MISCONF) or memory (OOM), a right that was taken (NOPERM), a
queue of another type (WRONGTYPE): kombu calls them all channel errors, and Celery's worker ends with those.
"""

import math
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

PAUSE = 1.0
"""Seconds until a queue is asked again after an error reply."""

QUIET = 10.0
"""Seconds without error replies after which the next one is of another trouble. While one lasts, either BRPOP
fails every second, or the look for dead workers' messages does every 5 s."""

UNBLOCKED = "UNBLOCKED"
"""What a waiting BRPOP is answered as Redis becomes a replica. Not worth a line: either the next answer is
READONLY, or the failover is over."""


class ErrorReplies:
    """What was heard of a Redis that cannot serve; for the consumer's thread alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was heard yet."""
        self._clock = clock
        self._heard_at = -math.inf
        self._again_at = -math.inf
        self._told: set[str] = set()

    def heard(self, error: Exception) -> None:
        """Log what Redis said, each kind of it once in a trouble."""
        now = self._clock()
        if now - self._heard_at > QUIET:
            self._told = {UNBLOCKED}
        self._heard_at = now
        kind = _kind(error)
        if kind not in self._told:
            self._told.add(kind)
            said = f"{type(error).__name__}: {str(error)[:256]}"
            log.warning("Redis answers with an error: the worker waits until it serves again", error=said)

    def pause(self) -> None:
        """Ask no queue for a moment."""
        self._again_at = self._clock() + PAUSE

    @property
    def pausing(self) -> bool:
        """Whether no queue is to be asked yet."""
        return self._clock() < self._again_at


def _kind(error: Exception) -> str:
    """Redis' own first word, where redis-py has made no class of it."""
    name = type(error).__name__
    return str(error).partition(" ")[0] if name == "ResponseError" else name


ERROR_REPLIES = ErrorReplies()
"""This process' own; kombu makes the channels that hear them."""
