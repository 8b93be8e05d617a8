"""Inherit: a pod takes over the address that was kept for its name."""

from eip.claim import next_step
from eip.names import Step
from workers.confirm import confirm
from workers.outcome import Again, Done, Outcome
from workers.world import Job

BUSY_SECONDS = 1.0


def inherit(job: Job) -> Outcome | None:
    """Take the address of the pod that had this name before; None when none is kept.

    Names are unique: that the API server shows this uid says that the pod before it is gone.
    """
    claim, world = job.held.claim, job.world
    uid = world.ledger.kept_for(claim.namespace, claim.name)
    before = world.ledger.claim(uid) if uid not in {"", claim.uid} else None
    if before is None or before.lent or not before.allocation_id:
        return None
    job.served()
    confirmed = confirm(world, claim)
    if next_step(confirmed(claim)) is not Step.ALLOCATE:
        return Done("the pod is not what it was", confirmed)
    held = world.handover.inherit(job.held, before)
    if held is None:
        return Again(BUSY_SECONDS, f"waits for {before.public_ip}, which is taken off the pod before it")
    job.held = held
    return Done(f"took {before.public_ip} over from the pod before it", confirmed)
