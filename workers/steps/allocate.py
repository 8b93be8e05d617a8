"""Allocate: an address for the pod, from EC2, from an admin who lends it, or from the pod before it."""

from eip.claim import Claim, changed
from eip.errors import Ec2Error, LeaseLost, NamespaceFull
from eip.names import Action, EventReason
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm
from workers.failure import failed, namespace_full
from workers.outcome import Done, Failed, Outcome, Parked, TryLater, unchanged
from workers.ports import Address, Owner, Wanted
from workers.steps.borrow import borrow
from workers.steps.inherit import inherit
from workers.steps.intent import settle, without_intent
from workers.steps.tag import tag
from workers.world import Job

NOT_FREE = frozenset({"InsufficientAddressCapacity", "InvalidAddress.NotFound"})
"""What EC2 says when a pool has no address left, or not the one that was asked for."""

POOLS_OWN = frozenset({Verdict.GONE, Verdict.DENIED, Verdict.REFUSED, Verdict.RETRY})
"""Why EC2 gives nothing from a pool, which may well not hold for who asks for none."""


def allocate(job: Job) -> Outcome:
    """Have an address; one that is there already is only tagged, and an older intent is settled first."""
    claim, world = job.held.claim, job.world
    if claim.allocation_id:
        return tag(job)
    if claim.intent_at:
        return settle(job)
    if not world.ledger.open_epoch().refilled:
        raise TryLater(1.0, "waits until it is known which addresses there are")
    if world.ledger.tombstoned(claim.uid):
        confirmed = confirm(world, claim)
        if confirmed(claim).desired is not claim.desired:
            return Done("the pod is not what it was", confirmed)
    if claim.request.lent:
        return borrow(job)
    return (inherit(job) if claim.keep else None) or _allocate(job)


def _allocate(job: Job) -> Outcome:
    """Write the intent, then call AllocateAddress."""
    claim, world = job.held.claim, job.world
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
        return namespace_full(error)
    return _call(job)


def _call(job: Job) -> Outcome:
    claim, now = job.held.claim, job.held.now
    wanted = Wanted(claim.public_ipv4_pool, claim.request_address, claim.keep)
    try:
        address = job.world.ec2.allocate(Owner(claim.uid, claim.namespace, claim.name), wanted)
    except Ec2Error as error:
        return _failed(job, error)
    job.world.quota.freed(claim.uid)
    return Done(f"allocated {address.public_ip}", lambda c: _allocated(c, address, wanted, now))


def _failed(job: Job, error: Ec2Error) -> Outcome:
    row, claim = verdict(error), job.held.claim
    if row.verdict is Verdict.QUOTA:
        job.world.quota.tripped()
        return Parked(row.remedy, without_intent)
    if claim.public_ipv4_pool and row.verdict in POOLS_OWN:
        # It no longer waits for the quota, and neither the next probe nor its permit is for it.
        job.world.quota.freed(claim.uid)
    if claim.public_ipv4_pool and error.code in NOT_FREE:
        return _not_free(claim, error)
    return failed(error, unchanged if row.verdict is Verdict.UNCERTAIN else without_intent)


def _not_free(claim: Claim, error: Ec2Error) -> Failed:
    pool = claim.public_ipv4_pool
    note = f"{claim.request_address} is not free in {pool}" if claim.request_address else f"{pool} is used up"
    remedy = f"{note}. The pod is served once that has changed, or ask for another address or pool."
    return Failed(error.code, note, remedy, slow=True, change=without_intent, reason=EventReason.NOT_FREE)


def _allocated(claim: Claim, address: Address, wanted: Wanted, now: int) -> Claim:
    """The address becomes the claim's, or a double when another was adopted in the meantime."""
    after = without_intent(claim)
    if claim.allocation_id:
        return changed(after, doubles=",".join([*claim.extra, address.allocation_id]))
    return changed(
        after,
        allocation_id=address.allocation_id,
        public_ip=address.public_ip,
        tagged_keep=wanted.keep,
        allocated_at=now,
        changed_at=now,
    )
