"""Associate: the pod's address with the pod's private IP on its network interface."""

from eip.claim import Claim, changed, without_doubt
from eip.errors import Ec2Error
from eip.names import Action, EventReason
from workers.aws.codes import Verdict, verdict
from workers.aws.interface import NotServable, NotYet
from workers.confirm import confirm_to_associate
from workers.failure import failed
from workers.outcome import Done, Failed, Outcome
from workers.shown import place_of
from workers.steps.locate import moved
from workers.steps.look_again import APART_MS
from workers.steps.make_room import make_room
from workers.steps.not_found import gone_or_failed
from workers.steps.wait import wait, wait_for_interface
from workers.world import Job


def associate(job: Job) -> Outcome:
    """Find the interface, confirm the pod, call AssociateAddress.

    EC2 is never allowed to move anything: what was seen on the IP may be another by the time of the call.
    What is ours and in the way is taken off by a call of its own.

    Raises:
        TryLater: the pod's IP, where it is, or what is on it, is not settled yet.

    """
    claim, world = job.held.claim, job.world
    own = None
    in_doubt = claim.contested and job.held.now - claim.looked_at >= APART_MS
    if in_doubt:
        own = world.ec2.address(claim.allocation_id)
        job.renew()
    if own is not None and own.private_ip not in {"", claim.pod_ip}:
        return moved(job, own)
    holder = world.ledger.ip_holder(claim.pod_ip)
    if holder not in ("", claim.uid):
        reason = f"{claim.pod_ip} was reported later for another pod"
        raise wait_for_interface(job, 5.0, reason, EventReason.ASSOCIATE_FAILED)
    found = world.finder.find(place_of(claim))
    if isinstance(found, NotYet):
        raise wait_for_interface(job, 2.0, found.reason, EventReason.ASSOCIATE_FAILED)
    if isinstance(found, NotServable):
        return Failed("NotServable", found.reason, f"{found.reason} {found.remedy}", slow=True)
    room = make_room(job, own, found.interface_id) if in_doubt else None
    return room or _call(job, found.interface_id, looked=in_doubt)


def _call(job: Job, interface_id: str, *, looked: bool) -> Outcome:
    job.token(Action.ASSOCIATE, interface_id=interface_id)
    confirmed = confirm_to_associate(job, Action.ASSOCIATE)
    if isinstance(confirmed, Done):
        return confirmed
    claim, now = job.held.claim, job.held.now
    try:
        association_id = job.world.ec2.associate(claim.allocation_id, interface_id, claim.pod_ip)
    except Ec2Error as error:
        return _failed(job, error, looked=looked)
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


def _failed(job: Job, error: Ec2Error, *, looked: bool) -> Outcome:
    row = verdict(error)
    if row.verdict is Verdict.ASSOCIATED and looked:
        note = f"EC2 says {error.code}, and does not show what it is"
        raise wait(job, 2.0, note, row.remedy, EventReason.ASSOCIATE_FAILED)
    if row.verdict is Verdict.ASSOCIATED:
        return Done("something is associated already", _contested)
    if row.verdict is Verdict.UNCERTAIN:
        return failed(error, _contested)
    if row.verdict is Verdict.GONE and error.code.startswith("InvalidAllocationID"):
        return gone_or_failed(job, error)
    if row.verdict is Verdict.GONE or error.code == "InvalidParameterValue":
        job.world.finder.forget(place_of(job.held.claim))
    return failed(error, held=job.held)


def _contested(claim: Claim) -> Claim:
    return changed(without_doubt(claim), contested=True)
