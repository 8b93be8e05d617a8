"""Counts what becomes of each wake-up, and says how long its step took."""

from collections.abc import Callable
from functools import wraps

from eip.claim import Claim
from eip.names import Step
from eip.store.ledger import Held
from workers import metrics
from workers.observing.promises import keep_promises
from workers.observing.stopwatch import CURRENT, Stopwatch
from workers.outcome import Outcome
from workers.world import World

Perform = Callable[[Step, str, World, Callable[[], None]], str]


def counted(nothing: str) -> Callable[[Perform], Perform]:
    """Count the calls of what performs a step; one that answers with `nothing` had nothing to do."""

    def decorate(perform: Perform) -> Perform:
        @wraps(perform)
        def counting(step: Step, uid: str, world: World, served: Callable[[], None]) -> str:
            stopwatch = Stopwatch()
            before = CURRENT.set(stopwatch)
            outcome = "crashed"
            try:
                note = perform(step, uid, world, served)
                outcome = stopwatch.outcome or ("nothing" if note == nothing else "given-up")
                return note
            finally:
                CURRENT.reset(before)
                metrics.STEPS.labels(step.value, outcome).inc()

        return counting

    return decorate


def observe(step: Step, before: Held, after: Claim, outcome: Outcome) -> dict[str, float]:
    """A claim's next step was performed; answers with the figures of its log line, in seconds."""
    stopwatch = CURRENT.get() or Stopwatch()
    stopwatch.outcome = type(outcome).__name__.lower()
    seconds = stopwatch.seconds
    metrics.STEP_DURATION.labels(step.value).observe(seconds)
    keep_promises(before.claim, after, before.now + seconds * 1000)
    return {"seconds": round(seconds, 3), "waited": round(stopwatch.waited, 3)}
