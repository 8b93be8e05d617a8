"""All that a step may say; what follows is for `next_step` alone to decide."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eip.claim import Claim
from eip.errors import EipError
from eip.names import EventReason

Change = Callable[[Claim], Claim]


def unchanged(claim: Claim) -> Claim:
    """The claim as it is."""
    return claim


@dataclass(frozen=True, slots=True)
class Done:
    """The step did what it is for, or learned that there is nothing to do; `note` is shown in Flower."""

    note: str
    change: Change = field(default=unchanged)


@dataclass(frozen=True, slots=True)
class Again:
    """The step is to be tried again after so many seconds; nothing went wrong."""

    after: float
    note: str
    change: Change = field(default=unchanged)


@dataclass(frozen=True, slots=True)
class Failed:
    """The step failed and backs off; `remedy` is told to the pod's author when it is not empty.

    `after` is in seconds, for what nobody but another pod or an admin can mend, who will be noticed; `reason`
    names the Event, by default the one of the step. `tries` is how often it failed before, where that is not
    to count as the claim's own failures: nothing else has to wait for what failed.
    """

    code: str
    note: str
    remedy: str = ""
    slow: bool = False
    change: Change = field(default=unchanged)
    after: float = 0.0
    reason: EventReason | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """The quota of addresses is used up: the claim waits until one is free."""

    note: str
    change: Change = field(default=unchanged)


Outcome = Done | Again | Failed | Parked


class TryLater(EipError):
    """Something that is not a failure is not there yet: a token, or the other end of a look-up."""

    def __init__(self, after: float, why: str) -> None:
        """`after` is in seconds."""
        super().__init__(why)
        self.after = after
