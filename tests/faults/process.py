"""A process of the operator: its calls take time, may fail, and may be its last."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zlib import crc32

from tests.faults.faults import LATE, STALL, TIMEOUT, Fault, Faults, Port
from tests.faults.simulation import Died, Process, Simulation

T = TypeVar("T")

DAY = 86_400


@dataclass(frozen=True)
class Answered:
    """A call that was answered."""

    port: Port
    name: str
    arguments: tuple[Any, ...]
    answer: Any


@dataclass(eq=False)
class OperatorProcess(Process):
    """Has a clock of its own, and makes calls; `on_death` is told when it dies."""

    simulation: Simulation = field(kw_only=True)
    faults: Faults = field(kw_only=True)
    on_death: Callable[["OperatorProcess"], None] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Its clock began at some time or other."""
        self._ahead = float(crc32(self.name.encode()) % DAY - DAY / 2)

    def now(self) -> float:
        """Virtual seconds by its machine's clock, which agrees with no other's."""
        return self.simulation.now + self._ahead

    def sleep(self, seconds: float) -> None:
        """Let virtual seconds pass."""
        self.simulation.pause(seconds)

    def call(
        self, port: Port, name: str, arguments: tuple[Any, ...], effect: Callable[[], T], lost: Exception
    ) -> T:
        """Make a call: it takes effect half-way, and what its fault says happens to it."""
        task = self.simulation.running
        fault = self.faults.at_call(port, self.name, f"{name}{arguments}")
        if fault is Fault.BEFORE:
            self.die()
        if fault is Fault.STALL:
            self.sleep(STALL)
        self.sleep(self.faults.latency(port))
        if fault is Fault.LATE:
            self.simulation.at(self.simulation.now + LATE, lambda: _unheard(effect))
            self._time_out(port, lost)
        try:
            answer = effect()
        except Exception:
            task.previous = None
            raise
        finally:
            if fault is Fault.AFTER:
                self.die()
            self.sleep(self.faults.latency(port))
        if fault is Fault.LOST:
            self._time_out(port, lost)
        task.previous = Answered(port, name, arguments, answer)
        return answer

    def die(self) -> None:
        """Be killed."""
        self.alive = False
        self.on_death(self)
        raise Died

    def _time_out(self, port: Port, lost: Exception) -> None:
        self.simulation.running.previous = None
        self.sleep(TIMEOUT[port])
        self.faults.note("timed out")
        raise lost


def _unheard(effect: Callable[[], object]) -> None:
    with suppress(Exception):  # nobody is there to hear that it was refused
        effect()
