"""A lent address on one of our interfaces that no claim knows of: Redis was lost while its pod ended."""

import uuid

from eip import names
from eip.claim import Claim, without_association
from eip.observe import gone
from workers.outcome import Change
from workers.ports import Address
from workers.shown import with_association
from workers.takers import has_taker
from workers.world import Job


def stray(address: Address, now: int) -> Claim:
    """A claim for nobody, under an id that follows from the address, through which it is taken off."""
    claim = Claim(
        uid=str(uuid.uuid5(uuid.NAMESPACE_OID, address.allocation_id)),
        reason="found in EC2 on an IP of no pod that asked for it",
        allocation_id=address.allocation_id,
        public_ip=address.public_ip,
        lent=True,
        pool=address.tags.get(names.POOL_TAG, ""),
        allocated_at=now,
        changed_at=now,
    )
    return with_association(claim, address)


def is_stray(claim: Claim) -> bool:
    """Whether the claim is of an address without a pod."""
    return claim.lent and not claim.name


def confirm_stray(job: Job) -> Change:
    """Ask the API server for pods with the address's IP; answers what the claim becomes.

    A pod there that is to have a lent address takes over what sits on its IP, so that is left to it. EC2 says
    to whom it is lent, and may take its time: the lease is renewed before the API server is asked.

    Raises:
        Ec2Error: it is not known to whom the address is lent.
        LeaseLost: the claim changed or is another's.
        KubernetesError: it is not known which pods there are.

    """
    claim = job.held.claim
    address = job.world.ec2.address(claim.allocation_id)
    job.renew()
    if address is None or address.private_ip != claim.associated_ip or has_taker(job.world, address):
        return without_association
    return gone
