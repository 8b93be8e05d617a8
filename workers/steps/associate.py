"""Associate: the pod's address with the pod's private IP on its network interface."""

from eip.claim import Claim, changed, without_doubt
from eip.errors import Ec2Error
from eip.names import Action, EventReason
from workers.aws.codes import Verdict, verdict
from workers.aws.interface import NotServable, NotYet
from workers.failure import failed
from workers.outcome import Again, Done, Failed, Outcome, TryLater
from workers.shown import place_of
from workers.steps.make_room import make_room, still_wanted
from workers.steps.not_found import gone_or_failed
from workers.steps.wait import wait_for_interface
from workers.world import Job


def associate(job: Job) -> Outcome:
    """Find the interface, confirm the pod, call AssociateAddress.

    EC2 is never allowed to move anything: what was seen on the IP may be another by the time of the call.
    What is ours and in the way is taken off by a call of its own.

    Raises:
        TryLater: the pod's IP, or where it is, is not settled yet.

    """
    claim, world = job.held.claim, job.world
    holder = world.ledger.ip_holder(claim.pod_ip)
    if holder not in ("", claim.uid):
        raise _not_yet(job, 5.0, f"{claim.pod_ip} was reported later for another pod")
    found = world.finder.find(place_of(claim))
    if isinstance(found, NotYet):
        raise _not_yet(job, 2.0, found.reason)
    if isinstance(found, NotServable):
        return Failed("NotServable", found.reason, f"{found.reason} {found.remedy}", slow=True)
    room = make_room(job, found.interface_id) if claim.contested else None
    return room or _call(job, found.interface_id)


def _not_yet(job: Job, after: float, reason: str) -> TryLater:
    return wait_for_interface(job, after, reason, EventReason.ASSOCIATE_FAILED)


def _call(job: Job, interface_id: str) -> Outcome:
    job.token(Action.ASSOCIATE, interface_id=interface_id)
    confirmed = still_wanted(job, Action.ASSOCIATE)
    if isinstance(confirmed, Done):
        return confirmed
    claim, now = job.held.claim, job.held.now
    try:
        association_id = job.world.ec2.associate(claim.allocation_id, interface_id, claim.pod_ip)
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
