"""A second address with the pod's uid: give it back, and never take the live one away.

One that cannot be released is left to the next sweep, which finds it again: it must hold nothing up.
"""

from eip import names
from eip.claim import PATIENCE, Claim, changed, without_doubt
from eip.decide import Desired
from eip.errors import Ec2Error
from eip.names import Action
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm_for
from workers.failure import failed
from workers.ours import is_ours
from workers.outcome import Again, Change, Done, Outcome, TryLater, unchanged
from workers.ports import Address
from workers.shown import with_address
from workers.steps.look_again import look_again
from workers.steps.withdraw import withdraw_name
from workers.world import Job


def release_double(job: Job) -> Outcome:
    """Look at the first double; make it the pod's own if it is the live one, else take it away."""
    claim, world = job.held.claim, job.world
    allocation_id = claim.extra[0]
    address = world.ec2.address(allocation_id)
    if address is None or allocation_id == claim.allocation_id:
        return Done("the double is gone", lambda c: without_double(c, allocation_id))
    mine = address.tags.get(names.POD_UID_TAG) == claim.uid and is_ours(address, world.identity, world.scope)
    if not mine:
        return Done("that address is not this pod's", lambda c: without_double(c, allocation_id))
    if address.association_id:
        return _disassociate(job, address)
    # In a default VPC ReleaseAddress takes it off its IP as well, and it may be the live one.
    return (_look_at_its_own(job, allocation_id) if claim.allocation_id else None) or _release(job, address)


def _look_at_its_own(job: Job, allocation_id: str) -> Outcome | None:
    """Look whether the double is one too many still: somebody may have released the pod's own meanwhile."""
    if again := look_again(job, "looks once more whether the double is on no IP"):
        return again
    job.renew()
    if job.world.ec2.address(job.held.claim.allocation_id) is not None:
        return None
    left = _left_to_a_sweep(allocation_id)
    return Done("the pod's own address is not there: the next sweep sees what is left", left)


def _disassociate(job: Job, address: Address) -> Outcome:
    job.token(Action.DISASSOCIATE)
    claim, now = job.held.claim, job.held.now
    confirmed = confirm_for(job, Action.DISASSOCIATE)
    after = confirmed(claim)
    # The same IP on another interface is another VPC's.
    elsewhere = claim.serving and address.interface_id != claim.interface_id
    if after.pod_ip and address.private_ip == after.pod_ip and not elsewhere:
        job.world.budget.refund(Action.DISASSOCIATE)
        return Done(f"{address.public_ip} is the live one", lambda c: swapped(confirmed(c), address, now))
    try:
        job.world.ec2.disassociate(address.association_id)
    except Ec2Error as error:
        if verdict(error).verdict is Verdict.GONE:
            return Again(2.0, f"EC2 says {error.code}, and shows the association still", confirmed)
        hopeless = claim.attempts >= PATIENCE
        return failed(error, _left_to_a_sweep(address.allocation_id) if hopeless else unchanged)
    return Done(f"disassociated the double {address.public_ip}", confirmed)


def _release(job: Job, address: Address) -> Outcome:
    allocation_id = address.allocation_id
    left = _left_to_a_sweep(allocation_id)
    try:
        job.token(Action.RELEASE)
    except TryLater:
        return Done("the next sweep sees to the double: there are more urgent releases", left)
    claim, now = job.held.claim, job.held.now
    confirmed = confirm_for(job, Action.RELEASE)
    if not claim.allocation_id and confirmed(claim).desired is not Desired.RELEASE:
        job.world.budget.refund(Action.RELEASE)
        return Done(f"{address.public_ip} is the only one", lambda c: swapped(confirmed(c), address, now))
    try:
        job.world.ec2.release(allocation_id)
    except Ec2Error as error:
        match verdict(error).verdict:
            case Verdict.NAMED:
                withdraw_name(job, allocation_id)
                return failed(error, left)
            case Verdict.IN_USE:
                return failed(error)
            case Verdict.GONE:
                pass
            case _:
                return failed(error, left)
    job.world.quota.freed()
    return Done("released a double", lambda c: without_double(confirmed(c), allocation_id))


def _left_to_a_sweep(allocation_id: str) -> Change:
    return lambda claim: without_double(claim, allocation_id)


def without_double(claim: Claim, allocation_id: str) -> Claim:
    """The claim with one double less."""
    left = ",".join(other for other in claim.extra if other != allocation_id)
    return changed(claim, doubles=left, intent_looks=0, looked_at=0)


def swapped(claim: Claim, address: Address, now: int) -> Claim:
    """The claim with this address as its own; the one that it had is a double from here on."""
    others = [other for other in claim.extra if other != address.allocation_id]
    if claim.allocation_id:
        others.append(claim.allocation_id)
    return changed(
        with_address(without_doubt(claim), address),
        allocated_at=now,
        changed_at=now,
        doubles=",".join(others),
    )
