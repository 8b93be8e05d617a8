"""Make room: what is where the pod's address is to be, or where that is instead.

It is looked for once EC2 has refused an association because of it, or when it is not known how one ended.
"""

from eip import names
from eip.claim import Claim, next_step, without_address
from eip.errors import Ec2Error
from eip.names import Action, Step
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm_for
from workers.failure import failed
from workers.ours import is_lent_to, is_ours
from workers.outcome import Change, Done, Failed, Outcome
from workers.ports import Address
from workers.shown import located
from workers.steps.doubles import swapped
from workers.steps.locate import moved
from workers.world import Job


def make_room(job: Job, interface_id: str) -> Outcome | None:
    """Look, and take off what is ours; None once nothing is in the way of AssociateAddress."""
    claim, now, world = job.held.claim, job.held.now, job.world
    there = next((a for a in world.ec2.addresses_at(claim.pod_ip) if a.interface_id == interface_id), None)
    own = there
    if there is None or there.allocation_id != claim.allocation_id:
        own = world.ec2.address(claim.allocation_id)
    if own is not None and (own.private_ip, own.interface_id) == (claim.pod_ip, interface_id):
        return Done("already associated", lambda c: located(c, own, now))
    if own is not None and own.association_id:
        taken = claim.lent and own.association_id != claim.association_id
        return moved(job, own) if taken else _take_off(job, own)
    return None if there is None else _leave_or_take_off(job, there)


def _leave_or_take_off(job: Job, there: Address) -> Outcome | None:
    """What follows from another address on the pod's IP."""
    claim, now, world = job.held.claim, job.held.now, job.world
    mine = is_ours(there, world.identity, world.scope)
    lent = is_lent_to(there, world.identity, claim.namespace, claim.name)
    # It serves the pod: what connects by it must not be cut off for one that nobody knows yet.
    if mine and not claim.lent and there.tags.get(names.POD_UID_TAG) == claim.uid:
        return Done("has an address already", lambda c: swapped(c, there, now))
    if lent and claim.lent and _is_asked_for(there, claim):
        return Done(f"has {there.public_ip} already, which is lent to it", without_address)
    if mine or lent:
        return _take_off(job, there)
    return Failed(
        "ForeignAddress",
        f"{there.public_ip} is associated with {claim.pod_ip} and is not ours",
        f"{claim.pod_ip} has the address {there.public_ip}, which this operator did not allocate and will "
        "not touch. The pod gets its own address once that one is disassociated.",
        slow=True,
    )


def _is_asked_for(address: Address, claim: Claim) -> bool:
    if claim.request_address:
        return claim.request_address in {address.allocation_id, address.public_ip}
    return bool(claim.pool) and claim.pool == address.tags.get(names.POOL_TAG)


def _take_off(job: Job, address: Address) -> Outcome | None:
    """Disassociate what keeps the pod's address from the pod's IP; None when it has left already."""
    job.token(Action.DISASSOCIATE)
    confirmed = still_wanted(job, Action.DISASSOCIATE)
    if isinstance(confirmed, Done):
        return confirmed
    try:
        job.world.ec2.disassociate(address.association_id)
    except Ec2Error as error:
        return None if verdict(error).verdict is Verdict.GONE else failed(error)
    return Done(f"disassociated {address.public_ip} from {address.private_ip}", confirmed)


def still_wanted(job: Job, action: Action) -> Change | Done:
    """Read the pod just before a call: what the claim becomes by that, or why there is nothing to call."""
    confirmed = confirm_for(job, action)
    claim = job.held.claim
    after = confirmed(claim)
    if next_step(after) is Step.ASSOCIATE and after.pod_ip == claim.pod_ip:
        return confirmed
    job.world.budget.refund(action)
    return Done("the pod is not what it was", confirmed)
