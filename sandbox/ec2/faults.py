"""Faults on demand: which of them strike a call."""

import random
from dataclasses import dataclass, field

from sandbox.ec2.errors import Ec2Error
from sandbox.ec2.messages import Fault, FaultKind


@dataclass(slots=True)
class _Armed:
    fault: Fault
    left: int | None
    chance: random.Random

    def strikes(self, action: str) -> bool:
        """Whether it strikes this call; a strike uses up one of its count."""
        if self.left == 0 or self.fault.action not in {"*", action}:
            return False
        if self.fault.probability < 1 and self.chance.random() >= self.fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(frozen=True, slots=True)
class Strike:
    """The faults that strike one call."""

    faults: list[Fault] = field(default_factory=list)

    def seconds(self, kind: FaultKind) -> float:
        """How long the call hangs."""
        return sum(fault.seconds for fault in self.faults if fault.kind is kind)

    def error(self, kind: FaultKind) -> Ec2Error | None:
        """The error that is answered, if any."""
        struck = (fault for fault in self.faults if fault.kind is kind)
        return next((Ec2Error(f.code, f.message or f"Injected {f.code}.", f.status) for f in struck), None)

    @property
    def loses_reply(self) -> bool:
        """Whether the answer is never sent."""
        return any(fault.kind is FaultKind.LOSE_REPLY for fault in self.faults)


class Faults:
    """The faults that are armed, in the order they were added."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault; each has a random source of its own, from its seed."""
        chance = random.Random(fault.seed)  # noqa: S311 - chance that a seed repeats, not a secret
        self._armed.append(_Armed(fault, fault.count, chance))

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def strike(self, action: str) -> Strike:
        """What strikes a call of this action."""
        return Strike([armed.fault for armed in self._armed if armed.strikes(action)])
