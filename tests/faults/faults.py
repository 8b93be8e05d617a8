"""What goes wrong, and when: every call through a port asks here whether it is its turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.simulation import Simulation


class Port(StrEnum):
    """Whom a call goes to."""

    EC2 = "EC2"
    KUBERNETES = "Kubernetes"
    REDIS = "Redis"


class Fault(StrEnum):
    """What happens at a call."""

    BEFORE = "the process dies before"
    AFTER = "the process dies after"
    LOST = "the reply is lost"
    STALL = "the process stands still before"
    LATE = "the reply is lost and the effect comes late"


CRASHES = (Fault.BEFORE, Fault.AFTER, Fault.LOST)

LATENCY = {Port.EC2: 0.06, Port.KUBERNETES: 0.01, Port.REDIS: 0.001}
TIMEOUT = {Port.EC2: 5.0, Port.KUBERNETES: 5.0, Port.REDIS: 5.0}
STALL = 40.0
"""Seconds that a stalled process stands still: its lease (15 s) is another's by then."""

LATE = 8.0
"""Seconds after which a call takes effect whose caller has given up after `TIMEOUT`."""


@dataclass
class Faults:
    """The faults of one run: planned by the number of the call, or drawn by chance with a probability.

    `lasting` is what is wrong until further notice; `last_at` is when something last excused slowness.
    """

    simulation: "Simulation"
    planned: Mapping[int, Fault] = field(default_factory=dict)
    chance: Random | None = None
    probability: float = 0.0
    spread: float = 0.0
    calls: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    lasting: set[str] = field(default_factory=set)
    last_at: float = 0.0
    stalled_at: float = 0.0

    def at_call(self, port: Port, who: str, what: str) -> Fault | None:
        """Count a call; what goes wrong with it."""
        number = len(self.calls)
        self.calls.append(f"{self.simulation.now - 1.7e9:.3f} {who}: {port} {what}")
        fault = self.planned.get(number) or self._drawn(port)
        if fault is not None:
            self.note(f"{fault} {self.calls[-1]} (call {number})")
            if fault in {Fault.STALL, Fault.LATE}:
                self.stalled_at = self.simulation.now + STALL
        return fault

    def note(self, what: str, lasts: float = 0.0) -> None:
        """Something went wrong from outside."""
        self.happened.append(f"{self.simulation.now:.3f} {what}")
        self.last_at = max(self.last_at, self.simulation.now + lasts)

    def begin(self, what: str) -> None:
        """Something is wrong from here on."""
        self.note(f"{what} begins")
        self.lasting.add(what)

    def end(self, what: str) -> None:
        """It is right again."""
        if what in self.lasting:
            self.note(f"{what} ends")
            self.lasting.remove(what)

    def excused_until(self) -> float:
        """When there was last an excuse."""
        return self.simulation.now if self.lasting else self.last_at

    def latency(self, port: Port) -> float:
        """Seconds for one way of a call; with `spread`, now and then many times as long."""
        if self.chance is None or not self.spread:
            return LATENCY[port]
        return LATENCY[port] * self.chance.choice((0.3, 1.0, 1.0, 3.0, 1.0 + self.spread))

    def _drawn(self, port: Port) -> Fault | None:
        if self.chance is None or self.chance.random() >= self.probability:
            return None
        return self.chance.choice(list(Fault) if port is Port.EC2 else [*CRASHES, Fault.STALL])
