"""How long the step at work in this thread has taken, and how much of that it waited for tokens."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from eip.clock import Clock, SystemClock
from eip.names import Action
from workers import metrics


@dataclass(slots=True)
class Stopwatch:
    """Runs from its making; `outcome` is what became of the step, once that is known."""

    clock: Clock = field(default_factory=SystemClock)
    waited: float = 0.0
    outcome: str = ""
    started: float = field(init=False)

    def __post_init__(self) -> None:
        """Start."""
        self.started = self.clock.now()

    @property
    def seconds(self) -> float:
        """Since its making."""
        return self.clock.now() - self.started


CURRENT: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)
"""That of the step at work in this thread, if one is."""


def waited(action: Action, seconds: float) -> None:
    """A token was waited for, or was there at once."""
    metrics.TOKEN_WAIT.labels(action.value).observe(seconds)
    if stopwatch := CURRENT.get():
        stopwatch.waited += seconds


def put_off(action: Action) -> None:
    """The wait for a token would have been too long."""
    metrics.TOKEN_REFUSALS.labels(action.value).inc()
