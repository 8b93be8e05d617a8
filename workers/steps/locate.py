"""Locate: where an address is that a call may have associated of which nobody knows how it ended.

Its answer was lost, or whoever made it died. Until that is known the claim is contested.
"""

from eip.claim import changed, without_address
from workers.aws.interface import Found
from workers.outcome import Again, Done, Outcome
from workers.ports import Address
from workers.shown import located, place_of
from workers.steps.intent import APART_MS, LOOKS
from workers.world import Job


def locate(job: Job) -> Outcome | None:
    """Look whether it is on an IP of the pod's; None once it is sure that it is on none."""
    claim, now = job.held.claim, job.held.now
    if not claim.contested:
        return None
    address = job.world.ec2.address(claim.allocation_id)
    if address is not None and address.association_id and _is_this_pods(job, address):
        return moved(job, address)
    looks = claim.intent_looks + (now - claim.looked_at >= APART_MS)
    if looks < LOOKS:
        return Again(
            APART_MS / 1000,
            "looks once more whether it was associated",
            lambda c: changed(c, intent_looks=looks, looked_at=now),
        )
    return None


def moved(job: Job, address: Address) -> Done:
    """What follows when EC2 shows another association than the claim has."""
    now = job.held.now
    if not _is_this_pods(job, address):
        return Done(f"{address.public_ip} was given to another", without_address)
    return Done(f"found {address.public_ip} on {address.private_ip}", lambda c: located(c, address, now))


def _is_this_pods(job: Job, address: Address) -> bool:
    """Whether a lent address sits where the pod had it, or where a call for this pod may have put it.

    Anywhere else than on the pod's node somebody has taken it in the meantime.
    """
    claim = job.held.claim
    stays = (address.private_ip, address.interface_id) == (claim.associated_ip, claim.interface_id)
    if stays or not claim.lent:
        return True
    if not claim.contested:
        return False
    if address.interface_id == claim.attempted_interface_id:
        return True
    place = job.world.finder.find(place_of(claim, address.private_ip))
    return isinstance(place, Found) and place.interface_id == address.interface_id
