"""Who waits where, for people to see: read in one round trip, and nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import redis

from eip.errors import RedisAway
from eip.names import Queue
from eip.store.keys import Keys


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that waits: since when, or until when, in Redis' milliseconds; and how many are before it."""

    at: int
    ahead: int


Waitings = Mapping[str, Waiting]
"""By pod uid; the earliest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One queue: the messages that stand in Celery's list, and the wake-ups of the pods."""

    messages: int = 0
    wakeups: Waitings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The quota's breaker; while it is open one claim probes at `probe_at`, and each of `permits` once."""

    open: bool = False
    probe_at: int = 0
    permits: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What stands in Redis at `now`; `filled` once the claims of this epoch are complete."""

    now: int = 0
    queues: Mapping[Queue, Line] = field(default_factory=dict)
    due: Waitings = field(default_factory=dict)
    parked: Waitings = field(default_factory=dict)
    breaker: Breaker = Breaker()
    filled: bool = True


def read(client: "redis.Redis") -> Backlog:
    """The backlog at this moment; RedisAway when it cannot be read."""
    try:
        with client.pipeline(transaction=True) as pipe:
            pipe.time()
            pipe.hgetall(Keys.EPOCH)
            pipe.hgetall(Keys.QUOTA)
            pipe.scard(Keys.PERMITS)
            pipe.zrange(Keys.DUE, 0, -1, withscores=True)
            pipe.zrange(Keys.PARKED, 0, -1, withscores=True)
            for queue in Queue:
                pipe.llen(queue.value)
                pipe.zrange(Keys.wakeups(queue), 0, -1, withscores=True)
            (seconds, micros), epoch, breaker, permits, due, parked, *lines = pipe.execute()
    except redis.exceptions.RedisError as error:
        raise RedisAway.because(error) from error
    return Backlog(
        now=int(seconds) * 1000 + int(micros) // 1000 + int(epoch.get("ahead", 0)),
        queues={
            queue: Line(int(length), _waitings(wakeups))
            for queue, length, wakeups in zip(Queue, lines[::2], lines[1::2], strict=True)
        },
        due=_waitings(due),
        parked=_waitings(parked),
        breaker=Breaker(breaker.get("open") == "1", int(breaker.get("probe_at", 0)), int(permits)),
        filled=epoch.get("refilled") == "1" and epoch.get("listed") == "1",
    )


def _waitings(scored: list[tuple[str, float]]) -> Waitings:
    return {str(uid): Waiting(int(score), ahead) for ahead, (uid, score) in enumerate(scored)}
