"""Locate: where an address is that a call may have associated of which nobody knows how it ended.

Its answer was lost, or whoever made it died. Until that is known the claim is contested.
"""

from eip.claim import changed, without_address
from workers.aws.interface import Found
from workers.outcome import Again, Done, Outcome
from workers.ports import Address
from workers.shown import located, place_of
from workers.steps.look_again import look_again
from workers.takers import has_taker
from workers.world import Job


def locate(job: Job) -> Outcome | None:
    """Look where it is; None once it is sure that it is on no IP."""
    address = job.world.ec2.address(job.held.claim.allocation_id)
    if address is not None and address.association_id:
        return moved(job, address)
    return look_again(job, "looks once more whether it was associated")


def moved(job: Job, address: Address) -> Again | Done:
    """What follows when EC2 shows another association than the claim has.

    On another IP than the pod's it may be the one before: the doubt stays until that has left.
    """
    claim, now = job.held.claim, job.held.now
    if not _is_this_pods(job, address):
        again = look_again(job, "looks once more who has it") if claim.contested else None
        return again or Done(f"{address.public_ip} was given to another", without_address)
    doubt = claim.contested and address.private_ip != claim.pod_ip
    return Done(
        f"found {address.public_ip} on {address.private_ip}",
        lambda c: changed(located(c, address, now), contested=doubt),
    )


def _is_this_pods(job: Job, address: Address) -> bool:
    """Whether a lent address sits where the pod had it, or where a call for this pod may have put it.

    Anywhere else than on the pod's node, or with another pod that is to have it, somebody has taken it in the
    meantime: Redis may have been lost since then.
    """
    claim, ip = job.held.claim, address.private_ip
    stays = (ip, address.interface_id) == (claim.associated_ip, claim.interface_id)
    if stays or not claim.lent:
        return True
    if not claim.contested or not _is_on_its_node(job, address):
        return False
    return ip == claim.pod_ip or not has_taker(job.world, address, besides=claim.uid)


def _is_on_its_node(job: Job, address: Address) -> bool:
    claim = job.held.claim
    if address.interface_id == claim.attempted_interface_id:
        return True
    place = job.world.finder.find(place_of(claim, address.private_ip))
    return isinstance(place, Found) and place.interface_id == address.interface_id
