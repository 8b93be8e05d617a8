"""One wake-up, from its arrival to what follows: lease, step, outcome, and the claim given back."""

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from eip.claim import Claim, changed, next_step
from eip.errors import Ec2Error, EpochChanged, KubernetesError, LeaseLost, RedisAway
from eip.names import EventReason, Step
from eip.store.ledger import Held
from workers.failure import failed
from workers.observing.promises import settled
from workers.observing.steps import counted, observe
from workers.outcome import Again, Done, Failed, Outcome, Parked, TryLater, unchanged
from workers.steps.allocate import allocate
from workers.steps.annotate import annotate, take_back
from workers.steps.associate import associate
from workers.steps.release import release
from workers.world import Job, World

log = structlog.get_logger(__name__)

STEPS: Mapping[Step, Callable[[Job], Outcome]] = {
    Step.RELEASE: release,
    Step.ANNOTATE: annotate,
    Step.ASSOCIATE: associate,
    Step.ALLOCATE: allocate,
}
FAILURES: Mapping[Step, EventReason] = {
    Step.RELEASE: EventReason.RELEASE_FAILED,
    Step.ANNOTATE: EventReason.ANNOTATE_FAILED,
    Step.ASSOCIATE: EventReason.ASSOCIATE_FAILED,
    Step.ALLOCATE: EventReason.ALLOCATE_FAILED,
}
BASE_DELAY = 0.5
LONGEST_DELAY = 60.0
LONGEST_ON_IP = 8.0
"""Seconds at most between two tries to take an address off its IP: another pod may get that IP after 30 s."""

SLOW_DELAY = 30.0
NOTHING = "nothing to do"


@counted(NOTHING)
def perform(step: Step, uid: str, world: World, served: Callable[[], None]) -> str:
    """Perform a step for a pod, if that is its next one; answers with what was done, in words.

    `served` is called as soon as the step waits for no token any more.
    """
    try:
        held = _begin(uid, step, world)
        if held is None:
            return NOTHING
        return _perform_held(step, Job(held, world, served))
    except LeaseLost as error:
        log.info("step given up", step=step.value, uid=uid, reason=str(error))
        return str(error)
    except EpochChanged:
        with suppress(RedisAway):
            world.ledger.open_epoch()
        log.warning("step given up: Redis lost its data, it will be filled again", step=step.value, uid=uid)
        return "Redis lost its data"
    except RedisAway as error:
        log.warning(
            "step given up: it is done again when Redis is back", step=step.value, uid=uid, error=str(error)
        )
        return "Redis is away"


def _begin(uid: str, step: Step, world: World) -> Held | None:
    """Take the lease; a wake-up of a new epoch is no reason to give it up, for nothing was done yet."""
    try:
        return world.ledger.begin(uid, step.queue)
    except EpochChanged:
        with suppress(RedisAway):
            world.ledger.open_epoch()
        return world.ledger.begin(uid, step.queue)


def _perform_held(step: Step, job: Job) -> str:
    held, world = job.held, job.world
    if next_step(held.claim) is not step:
        world.queue.finish(held, unchanged)
        return NOTHING
    try:
        outcome = STEPS[step](job)
    except TryLater as later:
        outcome = Again(later.after, str(later))
    except LeaseLost:
        outcome = Done("the claim changed in the meantime")
    except (Ec2Error, KubernetesError) as error:
        outcome = failed(error)
    if step is not Step.ANNOTATE and not isinstance(outcome, Done):
        outcome = replace(outcome, change=take_back(job, outcome))
    outcome = replace(outcome, change=settled(outcome.change))
    claim = _settle(step, job.held, outcome, world)
    spent = observe(step, held, claim, outcome)
    log.info(
        "step",
        step=step.value,
        pod=claim.key,
        uid=claim.uid,
        outcome=type(outcome).__name__.lower(),
        note=outcome.note,
        **spent,
    )
    return outcome.note


def _settle(step: Step, held: Held, outcome: Outcome, world: World) -> Claim:
    claim = held.claim
    match outcome:
        case Done():
            claim = world.queue.finish(held, lambda c: _succeeded(outcome.change(c)))
        case Again():
            claim = world.queue.finish(held, outcome.change, again=outcome.after, step=step)
        case Parked():
            claim = world.queue.finish(held, outcome.change, step=step, park=True)
            world.teller.tell(claim, EventReason.QUOTA, _parked_text(outcome), warning=True)
        case Failed():
            longest = LONGEST_ON_IP if step is Step.RELEASE and claim.association_id else LONGEST_DELAY
            delay = outcome.after or backoff(_tries(held.claim, outcome), slow=outcome.slow, longest=longest)
            claim = world.queue.finish(held, lambda c: _failed(c, outcome), again=delay, step=step)
            if outcome.remedy:
                world.teller.tell(claim, outcome.reason or FAILURES[step], outcome.remedy, warning=True)
    return claim


def _parked_text(outcome: Parked) -> str:
    return (
        f"{outcome.note.removesuffix('.')}. The pod is served as soon as an address is released "
        "or the quota is raised: Service Quotas, EC2-VPC Elastic IPs, L-0263D0A3."
    )


def backoff(attempts: int, *, slow: bool, longest: float = LONGEST_DELAY) -> float:
    """Seconds until the next try: exponential and capped, at a random point of the interval."""
    ceiling = min(longest, BASE_DELAY * 2 ** min(attempts, 10))
    if slow:
        ceiling = max(ceiling, min(SLOW_DELAY, longest))
    return random.uniform(ceiling / 2 if slow else 0.05, ceiling)  # noqa: S311 - spreads load, hides nothing


def _tries(claim: Claim, outcome: Failed) -> int:
    return claim.attempts if outcome.tries is None else outcome.tries


def _succeeded(claim: Claim) -> Claim:
    return changed(claim, attempts=0, error="", message="")


def _failed(claim: Claim, outcome: Failed) -> Claim:
    after = outcome.change(claim)
    attempts = claim.attempts + (outcome.tries is None)
    return changed(after, attempts=attempts, error=outcome.code, message=outcome.note[:512])
