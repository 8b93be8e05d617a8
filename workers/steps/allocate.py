"""Allocate: an Elastic IP of the pod's own, tagged with its uid in the same call."""

from eip.claim import Claim, changed
from eip.errors import Ec2Error, LeaseLost, NamespaceFull
from eip.names import Action
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm
from workers.failure import failed
from workers.outcome import Done, Failed, Outcome, Parked, TryLater, unchanged
from workers.ports import Address, Owner
from workers.steps.intent import settle
from workers.world import Job

_FULL = "The pod gets one after another pod of the namespace gave its own back; or ask for a higher limit."


def allocate(job: Job) -> Outcome:
    """Write the intent, then call AllocateAddress; an older intent is settled first."""
    claim, world = job.held.claim, job.world
    if claim.intent_at:
        return settle(job)
    if not world.ledger.open_epoch().refilled:
        raise TryLater(1.0, "waits until it is known which addresses there are")
    if world.ledger.tombstoned(claim.uid):
        confirmed = confirm(world, claim)
        if confirmed(claim).desired is not claim.desired:
            return Done("the pod is not what it was", confirmed)
    world.budget.acquire(Action.ALLOCATE, job.held, job.served)
    if not world.quota.may_allocate(claim.uid):
        world.budget.refund(Action.ALLOCATE)
        return Parked("waits for an address: the quota of Elastic IPs is used up")
    try:
        job.renew(Action.ALLOCATE, intent=True)
    except LeaseLost:
        world.quota.freed()
        raise
    except NamespaceFull as error:
        world.quota.freed(claim.uid)
        return Failed("NamespaceFull", str(error), f"{error}. {_FULL}", slow=True)
    return _call(job)


def _call(job: Job) -> Outcome:
    claim, now = job.held.claim, job.held.now
    try:
        address = job.world.ec2.allocate(Owner(claim.uid, claim.namespace, claim.name))
    except Ec2Error as error:
        return _failed(job, error)
    job.world.quota.freed(claim.uid)
    return Done(f"allocated {address.public_ip}", lambda c: _allocated(c, address, now))


def _failed(job: Job, error: Ec2Error) -> Outcome:
    row = verdict(error)
    if row.verdict is Verdict.QUOTA:
        job.world.quota.tripped()
        return Parked(row.remedy, _nothing_came)
    return failed(error, unchanged if row.verdict is Verdict.UNCERTAIN else _nothing_came)


def _allocated(claim: Claim, address: Address, now: int) -> Claim:
    """The address becomes the claim's, or a double when another was adopted in the meantime."""
    after = _nothing_came(claim)
    if claim.allocation_id:
        return changed(after, doubles=",".join([*claim.extra, address.allocation_id]))
    return changed(
        after,
        allocation_id=address.allocation_id,
        public_ip=address.public_ip,
        allocated_at=now,
        changed_at=now,
    )


def _nothing_came(claim: Claim) -> Claim:
    return changed(claim, intent_at=0, intent_by="", intent_looks=0, looked_at=0)
