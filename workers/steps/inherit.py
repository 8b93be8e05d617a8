"""Inherit: a pod takes over the address that was kept for its name."""

from eip import names
from eip.claim import Claim, next_step
from eip.names import EventReason, Step
from workers.confirm import confirm
from workers.outcome import Again, Done, Outcome
from workers.world import Job

BUSY_SECONDS, LONGEST_BUSY = 1.0, 30.0
"""Between two looks whether the pod before is done: a tenth of the time that was waited, within these."""

LONG_MS = 60_000
"""Nothing takes so long that goes well: from then on the pod is told what it waits for."""


def inherit(job: Job) -> Outcome | None:
    """Take the address of the pod that had this name before; None when none is kept.

    Names are unique: that the API server shows this uid says that the pod before it is gone.
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
        return _busy(job, before)
    job.held = held
    return Done(f"took {before.public_ip} over from the pod before it", confirmed)


def _busy(job: Job, before: Claim) -> Outcome:
    claim, note = job.held.claim, f"waits for {before.public_ip}, which is taken off the pod before it"
    waited = job.held.now - claim.wanted_at if claim.wanted_at else 0
    if waited > LONG_MS:
        remedy = (
            f"{before.public_ip} is kept for {claim.key} and still with the pod before it, {before.uid}: "
            f"{before.error or 'its release is not done'}. The pod is served as soon as that is done; "
            f"remove {names.KEEP_ANNOTATION} to have another address."
        )
        job.world.teller.tell(claim, EventReason.NOT_FREE, remedy, warning=True)
    return Again(min(max(waited / 10_000, BUSY_SECONDS), LONGEST_BUSY), note)
