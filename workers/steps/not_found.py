"""When NotFound means gone: an id that EC2 gave a moment ago may be unknown to it for a while."""

from eip.claim import without_address
from eip.errors import Ec2Error
from workers.failure import failed
from workers.outcome import Done, Outcome
from workers.world import Job

OLD_MS = 300_000
"""Age at which EC2 knows every id that it gave: NotFound is believed from then on."""

SETTLED_MS = 20_000
"""Age up to which two answers in a row prove nothing: a new id can be unknown for seconds."""


def is_believable(job: Job, error: Ec2Error) -> bool:
    """Whether NotFound means gone: the allocation is old, or EC2 has said so before and had time to learn."""
    claim = job.held.claim
    age = job.held.now - claim.allocated_at
    return age > OLD_MS or (age > SETTLED_MS and claim.error == error.code)


def gone_or_failed(job: Job, error: Ec2Error) -> Outcome:
    """What follows when EC2 does not know the claim's address: it is forgotten once that is believable."""
    claim = job.held.claim
    if not is_believable(job, error) or job.world.ec2.address(claim.allocation_id) is not None:
        return failed(error, held=job.held)
    return Done(f"{claim.public_ip} exists no longer", without_address)
