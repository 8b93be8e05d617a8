"""What EC2 shows of an address, put on a claim."""

from eip import names
from eip.claim import Claim, changed, without_doubt, without_name
from eip.request import DEFAULT_KEEP, Unusable, keep_seconds
from workers.aws.place import PodPlace
from workers.ports import Address


def place_of(claim: Claim, ip: str = "") -> PodPlace:
    """Where to look for the interface of the claim's pod: by the IP that it has, or had."""
    return PodPlace(claim.uid, ip or claim.pod_ip, claim.node, claim.host_ip, claim.eni_hint)


def with_association(claim: Claim, address: Address) -> Claim:
    """The claim with the association that the address has, or with none."""
    return changed(
        claim,
        association_id=address.association_id,
        associated_ip=address.private_ip,
        interface_id=address.interface_id,
    )


def located(claim: Claim, address: Address, now: int) -> Claim:
    """The claim once EC2 has shown, at the time `now`, where its address is."""
    return changed(without_doubt(with_association(claim, address)), changed_at=now)


def with_address(claim: Claim, address: Address) -> Claim:
    """The claim with the address as its own, associated or not."""
    tags = address.tags
    named = claim if address.allocation_id == claim.allocation_id else without_name(claim)
    return changed(
        with_association(named, address),
        allocation_id=address.allocation_id,
        public_ip=address.public_ip,
        lent=False,
        retag=tags.get(names.POD_UID_TAG) != claim.uid,
        tagged_keep=kept_by_tag(address),
    )


def kept_by_tag(address: Address) -> int:
    """For how many seconds an address stays by its tag; who wrote something else there meant it to stay."""
    try:
        return keep_seconds(address.tags.get(names.KEEP_TAG, ""))
    except Unusable:
        return DEFAULT_KEEP
