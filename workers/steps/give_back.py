"""Give back: a lent address that its pod needs no longer is free for others, once it surely sits nowhere."""

from eip.claim import Claim, changed, without_address
from workers.aws.interface import Found
from workers.outcome import Again, Done, Outcome
from workers.ports import Address
from workers.shown import place_of, with_association
from workers.steps.intent import APART_MS, LOOKS
from workers.world import Job


def give_back(job: Job) -> Outcome:
    """Free it; where an association may have been made whose answer was lost, look for that first."""
    job.served()
    claim = job.held.claim
    return look_for_association(job) or Done(
        f"{claim.public_ip} is free for others", lambda c: without_address(sits_nowhere(c))
    )


def look_for_association(job: Job) -> Outcome | None:
    """Look whether a call whose answer was lost has associated it; None once it is sure that none has."""
    claim, now = job.held.claim, job.held.now
    if not (claim.contested or job.held.taken_over):
        return None
    address = job.world.ec2.address(claim.allocation_id)
    if address is not None and address.association_id and (not claim.lent or _on_our_node(job, address)):
        return Done(
            f"found {claim.public_ip} on {address.private_ip}",
            lambda c: changed(with_association(sits_nowhere(c), address), changed_at=now),
        )
    looks = claim.intent_looks + (now - claim.looked_at >= APART_MS)
    if looks < LOOKS:
        return Again(
            APART_MS / 1000,
            "looks once more whether it was associated",
            lambda c: changed(c, contested=True, intent_looks=looks, looked_at=now),
        )
    return None


def sits_nowhere(claim: Claim) -> Claim:
    """The claim once it is sure that its address is on no IP."""
    return changed(claim, contested=False, intent_looks=0, looked_at=0)


def _on_our_node(job: Job, address: Address) -> bool:
    """Whether a lent address is where this pod was; anywhere else somebody has taken it in the meantime."""
    found = job.world.finder.find(place_of(job.held.claim, address.private_ip))
    return isinstance(found, Found) and found.interface_id == address.interface_id
