"""Associate: the pod's address with the pod's private IP on its network interface."""

from eip import names
from eip.claim import Claim, changed, next_step, without_doubt
from eip.errors import Ec2Error, EipError
from eip.names import Action, EventReason, Step
from workers.aws.codes import Verdict, verdict
from workers.aws.interface import NotServable, NotYet
from workers.confirm import confirm_for
from workers.failure import failed
from workers.ours import is_lent_to, is_ours
from workers.outcome import Again, Done, Failed, Outcome
from workers.shown import located, place_of
from workers.steps.doubles import swapped
from workers.steps.locate import moved
from workers.steps.not_found import gone_or_failed
from workers.steps.wait import wait_for_interface
from workers.world import Job


def associate(job: Job) -> Outcome:
    """Find the interface, confirm the pod, call AssociateAddress.

    Raises:
        TryLater: the pod's IP, or where it is, is not settled yet.

    """
    claim, world = job.held.claim, job.world
    holder = world.ledger.ip_holder(claim.pod_ip)
    if holder not in ("", claim.uid):
        return _not_yet(job, 5.0, f"{claim.pod_ip} was reported later for another pod")
    found = world.finder.find(place_of(claim))
    if isinstance(found, NotYet):
        return _not_yet(job, 2.0, found.reason)
    if isinstance(found, NotServable):
        return Failed("NotServable", found.reason, f"{found.reason} {found.remedy}", slow=True)
    job.token(Action.ASSOCIATE, interface_id=found.interface_id)
    allow_reassociation = False
    if claim.contested or claim.association_id:
        looked = _look(job, found.interface_id)
        if not isinstance(looked, bool):
            world.budget.refund(Action.ASSOCIATE)
            return looked
        allow_reassociation = looked
        job.renew(Action.ASSOCIATE)
    return _call(job, found.interface_id, allow_reassociation=allow_reassociation)


def _not_yet(job: Job, after: float, reason: str) -> Outcome:
    """Nothing went wrong, unless the address sits on an IP that the pod no longer has: it must leave that."""
    if job.held.claim.association_id:
        return Failed("NotYet", reason)
    raise wait_for_interface(job, after, reason, EventReason.ASSOCIATE_FAILED)


def _look(job: Job, interface_id: str) -> Outcome | bool:
    """What EC2 shows at the pod's IP: nothing left to do, or whether something of ours may be moved.

    The token is there already, so that nothing of a stranger's can come to the IP while it is waited for.
    """
    claim, now, world = job.held.claim, job.held.now, job.world
    try:
        there = [a for a in world.ec2.addresses_at(claim.pod_ip) if a.interface_id == interface_id]
        own = world.ec2.address(claim.allocation_id) if claim.lent or not there else None
    except EipError:
        world.budget.refund(Action.ASSOCIATE)
        raise
    if there and there[0].allocation_id == claim.allocation_id:
        return Done("already associated", lambda c: located(c, there[0], now))
    if claim.lent and own is not None and own.association_id not in {"", claim.association_id}:
        return moved(job, own)
    if not there:
        return bool(own and own.association_id)
    mine = is_ours(there[0], world.identity, world.scope)
    if mine and not claim.lent and there[0].tags.get(names.POD_UID_TAG) == claim.uid:
        # It serves the pod: what connects by it must not be cut off for one that nobody knows yet.
        return Done("has an address already", lambda c: swapped(c, there[0], now))
    if mine or is_lent_to(there[0], world.identity, claim.namespace, claim.name):
        return True
    return Failed(
        "ForeignAddress",
        f"{there[0].public_ip} is associated with {claim.pod_ip} and is not ours",
        f"{claim.pod_ip} has the address {there[0].public_ip}, which this operator did not allocate and will "
        "not touch. The pod gets its own address once that one is disassociated.",
        slow=True,
    )


def _call(job: Job, interface_id: str, *, allow_reassociation: bool) -> Outcome:
    claim, now, world = job.held.claim, job.held.now, job.world
    confirmed = confirm_for(job, Action.ASSOCIATE)
    after = confirmed(claim)
    if next_step(after) is not Step.ASSOCIATE or after.pod_ip != claim.pod_ip:
        world.budget.refund(Action.ASSOCIATE)
        return Done("the pod is not what it was", confirmed)
    try:
        association_id = world.ec2.associate(
            claim.allocation_id, interface_id, claim.pod_ip, allow_reassociation=allow_reassociation
        )
    except Ec2Error as error:
        return _failed(job, error)
    return Done(
        f"associated {claim.public_ip} with {claim.pod_ip}",
        lambda c: changed(
            without_doubt(c),
            association_id=association_id,
            associated_ip=claim.pod_ip,
            interface_id=interface_id,
            changed_at=now,
        ),
    )


def _failed(job: Job, error: Ec2Error) -> Outcome:
    row = verdict(error)
    if row.verdict is Verdict.ASSOCIATED and job.held.claim.contested:
        return Again(2.0, f"EC2 says {error.code}, and does not show yet what it is", _contested)
    if row.verdict is Verdict.ASSOCIATED:
        return Done("something is associated already", _contested)
    if row.verdict is Verdict.UNCERTAIN:
        return failed(error, _contested)
    if row.verdict is Verdict.GONE and error.code.startswith("InvalidAllocationID"):
        return gone_or_failed(job, error)
    if row.verdict is Verdict.GONE:
        job.world.finder.forget(place_of(job.held.claim))
    return failed(error, held=job.held)


def _contested(claim: Claim) -> Claim:
    return changed(claim, contested=True)
