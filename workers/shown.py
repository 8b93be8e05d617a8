"""What EC2 shows of an address, put on a claim."""

from eip.claim import Claim, changed
from workers.ports import Address


def with_association(claim: Claim, address: Address) -> Claim:
    """The claim with the association that the address has, or with none."""
    return changed(
        claim,
        association_id=address.association_id,
        associated_ip=address.private_ip,
        interface_id=address.interface_id,
    )


def with_address(claim: Claim, address: Address) -> Claim:
    """The claim with the address as its own, associated or not."""
    return changed(
        with_association(claim, address), allocation_id=address.allocation_id, public_ip=address.public_ip
    )
