"""Inherit: a pod takes over the address that was kept for its name."""

from eip import names
from eip.claim import Claim, next_step
from eip.names import EventReason, Step
from workers.confirm import confirm
from workers.outcome import Done, Outcome, TryLater
from workers.steps.wait import wait
from workers.world import Job

BUSY_SECONDS = 1.0
"""Between two looks at least whether the pod before is done."""


def inherit(job: Job) -> Outcome | None:
    """Take the address of the pod that had this name before; None when none is kept.

    Names are unique: that the API server shows this uid says that the pod before it is gone.

    Raises:
        TryLater: the pod before it is at work on it.

    """
    claim, world = job.held.claim, job.world
    before = world.handover.kept(claim)
    if before is None or before.lent:
        return None
    job.served()
    confirmed = confirm(world, claim)
    if next_step(confirmed(claim)) is not Step.ALLOCATE:
        return Done("the pod is not what it was", confirmed)
    held = world.handover.inherit(job.held, before)
    if held is None:
        world.quota.pass_on(claim.uid)
        raise _busy(job, before)
    job.held = held
    return Done(f"took {before.public_ip} over from the pod before it", confirmed)


def _busy(job: Job, before: Claim) -> TryLater:
    remedy = (
        f"{before.public_ip} is kept for {before.key} and still with the pod before it, {before.uid}: "
        f"{before.error or 'its release is not done'}. The pod is served as soon as that is done; "
        f"remove {names.KEEP_ANNOTATION} to have another address."
    )
    note = f"waits for {before.public_ip}, which is taken off the pod before it"
    return wait(job, BUSY_SECONDS, note, remedy, EventReason.NOT_FREE)
