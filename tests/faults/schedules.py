"""Runs a scenario with faults at given calls, and finds by itself which calls there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from tests.faults.faults import CRASHES, Fault
from tests.faults.installation import Installation
from tests.faults.scenarios import Scenario

Schedule = Mapping[int, Fault]

READS = (
    "HGETALL",
    "SMEMBERS",
    "ZRANGE",
    "HGET",
    "EXISTS",
    "TIME",
    "open_epoch",
    "resync",
    "due",
    "quota_tick",
)
"""Calls of Redis that change nothing but what is due: to die next to one is to die next to another."""


@dataclass(frozen=True)
class Ran:
    """The calls of one run; those before `first` belong to the preparation."""

    first: int
    calls: tuple[str, ...]
    allocated: Mapping[str, int]

    @property
    def numbers(self) -> range:
        """The calls that faults are tried at."""
        return range(self.first, len(self.calls))

    def reads(self, number: int) -> bool:
        """Whether a call only reads Redis."""
        what = self.calls[number].split("Redis ")
        return len(what) == 2 and what[1].startswith(READS)


def run(redis_url: str, scenario: Scenario, planned: Schedule) -> Ran:
    """Tell the story with these faults, and let it settle; AssertionError when something does not hold."""
    with Installation(redis_url, planned, nodes=scenario.nodes) as installation:
        scenario.prepare(installation)
        first = len(installation.faults.calls)
        scenario.act(installation)
        installation.settle()
        return Ran(first, tuple(installation.faults.calls), dict(installation.checks.allocated))


def single(ran: Ran, chance: Random, writes: float, reads: float) -> Iterator[Schedule]:
    """Each way to fail at each call; of those to Redis, at a share of the writing and of the reading ones."""
    for number in ran.numbers:
        share = reads if ran.reads(number) else writes if ": Redis " in ran.calls[number] else 1.0
        for fault in CRASHES:
            if share >= 1.0 or chance.random() < share:
                yield {number: fault}


def second(ran: Ran, before: Schedule, chance: Random) -> Schedule:
    """One more fault in a run that had one: somewhere in the recovery from it."""
    last = max(before)
    number = chance.randrange(last + 1, max(len(ran.calls), last + 2))
    return {**before, number: chance.choice(CRASHES)}
