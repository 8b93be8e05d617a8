"""Give back: a lent address that its pod needs no longer is free for others, once it surely sits nowhere."""

from eip.claim import without_address
from workers.outcome import Done, Outcome
from workers.world import Job


def give_back(job: Job) -> Outcome:
    """Free it."""
    job.served()
    return Done(f"{job.held.claim.public_ip} is free for others", without_address)
