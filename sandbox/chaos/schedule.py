"""What goes wrong and when: a plan that a seed repeats; pure.

Faults of one lane come one after another, those of different lanes at the same time. Each lane goes through
all of its faults, in an order that the seed shuffles, before one comes again.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong, as the timeline says it."""

    WORKER_KILLED = "worker killed"
    LEADER_KILLED = "leading producer killed"
    STANDBY_KILLED = "standby producer killed"
    REDIS_AWAY = "Redis away, its data kept"
    REDIS_FORGETFUL = "Redis killed, its last second lost"
    REDIS_EMPTY = "Redis away, back without data"
    REDIS_FLUSHED = "FLUSHALL"
    API_AWAY = "API server away"
    EC2_HANGS = "EC2: every call hangs"
    EC2_THROTTLES = "EC2: every second call throttled"
    EC2_QUOTA = "EC2: quota used up"
    EC2_LOSES_REPLIES = "EC2: every third reply lost"
    EC2_FAILS = "EC2: every third call answered 500, done or not"
    EC2_LAGS = "EC2: Describes 1 s behind"


UNREACHABLE = frozenset(
    {
        Fault.REDIS_AWAY,
        Fault.REDIS_FORGETFUL,
        Fault.REDIS_EMPTY,
        Fault.API_AWAY,
        Fault.EC2_HANGS,
        Fault.EC2_THROTTLES,
    }
)
"""While one of these lasts nobody can take an address off its IP, or not as fast as EC2 usually allows."""

LOSING = frozenset({Fault.REDIS_FORGETFUL, Fault.REDIS_EMPTY, Fault.REDIS_FLUSHED})
"""After one of these Redis does not know since when an address is kept."""

UNSERVING = UNREACHABLE | {Fault.EC2_QUOTA}
"""While one of these lasts nobody need be served."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Faults that exclude each other; all times are ranges in seconds."""

    name: str
    lasting: dict[Fault, tuple[float, float]]
    """How long each fault lasts; for a process, how long until it is started again."""
    pause: tuple[float, float]
    """From the end of one to the beginning of the next."""


LANES = (
    Lane(
        name="processes",
        lasting={
            Fault.WORKER_KILLED: (1, 6),
            Fault.LEADER_KILLED: (1, 20),
            Fault.STANDBY_KILLED: (1, 6),
        },
        pause=(8, 20),
    ),
    Lane(
        name="redis",
        lasting={
            Fault.REDIS_AWAY: (3, 12),
            Fault.REDIS_FORGETFUL: (0.5, 5),
            Fault.REDIS_EMPTY: (1, 8),
            Fault.REDIS_FLUSHED: (0, 0),
        },
        pause=(30, 50),
    ),
    Lane(name="api", lasting={Fault.API_AWAY: (3, 20)}, pause=(40, 70)),
    Lane(
        name="ec2",
        lasting={
            Fault.EC2_HANGS: (6, 20),
            Fault.EC2_THROTTLES: (5, 10),
            Fault.EC2_QUOTA: (10, 30),
            Fault.EC2_LOSES_REPLIES: (8, 20),
            Fault.EC2_FAILS: (8, 20),
            Fault.EC2_LAGS: (15, 40),
        },
        pause=(8, 20),
    ),
)

FIRST_WITHIN = 10.0
"""Seconds within which every lane begins, so that a short run meets all kinds of trouble too."""


@dataclass(frozen=True, order=True)
class Planned:
    """One fault: `at` seconds after the beginning, for `seconds`."""

    at: float
    fault: Fault
    seconds: float

    @property
    def ends(self) -> float:
        """When it is over, in seconds after the beginning."""
        return self.at + self.seconds


def plan(seed: int, seconds: float, lanes: Sequence[Lane] = LANES) -> dict[str, list[Planned]]:
    """Each lane's faults, by its name; all are over `seconds` after the beginning."""
    # A source for each lane: another fault in one of them leaves the others as they were.
    return {lane.name: list(_plan(lane, random.Random(f"{seed} {lane.name}"), seconds)) for lane in lanes}  # noqa: S311


def _plan(lane: Lane, chance: random.Random, seconds: float) -> Iterator[Planned]:
    at = chance.uniform(0, FIRST_WITHIN)
    for fault in _in_turn(list(lane.lasting), chance):
        planned = Planned(round(at, 1), fault, round(chance.uniform(*lane.lasting[fault]), 1))
        if planned.ends > seconds:
            return
        yield planned
        at = planned.ends + chance.uniform(*lane.pause)


def _in_turn(faults: list[Fault], chance: random.Random) -> Iterator[Fault]:
    while True:
        chance.shuffle(faults)
        yield from faults
