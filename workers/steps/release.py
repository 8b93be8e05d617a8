"""Release: take the address off the private IP, then give it back to EC2; one call a task."""

from eip.claim import (
    Claim,
    changed,
    in_doubt,
    next_step,
    without_address,
    without_association,
    without_doubt,
)
from eip.decide import Desired
from eip.errors import Ec2Error
from eip.names import Action, Step
from eip.reverse_dns import DomainState
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm_for
from workers.failure import failed
from workers.outcome import Again, Done, Outcome
from workers.steps.doubles import release_double
from workers.steps.intent import settle
from workers.steps.keep import keep
from workers.steps.locate import locate, moved
from workers.steps.not_found import SETTLED_MS, gone_or_failed
from workers.steps.withdraw import still_named, withdraw
from workers.world import Job


def release(job: Job) -> Outcome:
    """The one call that is owed: DisassociateAddress, ReleaseAddress, or a look-up."""
    claim = job.held.claim
    follows = claim.desired is Desired.SERVE and not claim.doubles
    if claim.tagged_keep and not follows and not job.world.ledger.open_epoch().refilled:
        return Again(1.0, "waits until it is known whose the address is")
    astray = bool(claim.association_id) and not claim.serving
    return release_double(job) if claim.owes_double and not astray else _owed(job)


def _owed(job: Job) -> Outcome:
    claim = job.held.claim
    if claim.association_id:
        return _disassociate(job)
    if claim.is_in_doubt:
        job.served()
        return locate(job) or Done(f"{claim.public_ip} is on no IP", without_doubt)
    if claim.lent:
        job.served()
        return Done(f"{claim.public_ip} is free for others", without_address)
    if claim.allocation_id:
        return (keep(job) if claim.tagged_keep else None) or _give_up(job)
    return settle(job)


def _disassociate(job: Job) -> Outcome:
    job.token(Action.DISASSOCIATE)
    claim, now, world = job.held.claim, job.held.now, job.world
    confirmed = confirm_for(job, Action.DISASSOCIATE)
    after = confirmed(claim)
    if after.desired not in (Desired.RELEASE, Desired.HOLD) and after.pod_ip == claim.associated_ip:
        world.budget.refund(Action.DISASSOCIATE)
        return Done("the pod still wants its address", confirmed)
    if not after.association_id:
        world.budget.refund(Action.DISASSOCIATE)
        return Done(f"{claim.public_ip} is left to the pod on {claim.associated_ip}", confirmed)
    try:
        world.ec2.disassociate(claim.association_id)
    except Ec2Error as error:
        row = verdict(error)
        if row.verdict is Verdict.GONE:
            return _read_again(job, error)
        unsure = row.verdict is Verdict.UNCERTAIN
        return failed(error, lambda c: changed(c, contested=c.contested or unsure), job.held)
    return Done(
        f"disassociated {claim.public_ip} from {claim.associated_ip}",
        lambda c: _left(changed(without_association(confirmed(c)), changed_at=now)),
    )


def _left(claim: Claim) -> Claim:
    """A lent address that its pod needs no longer is free at once: others may wait for it.

    What was contested stays so: a call that nobody knows the end of may yet associate it elsewhere.
    """
    if claim.contested:
        return in_doubt(claim, claim.changed_at)
    return without_address(claim) if claim.lent and claim.desired is Desired.RELEASE else claim


def _give_up(job: Job) -> Outcome:
    """EC2 releases no address that has a reverse DNS record; where it may have one, EC2 will say so."""
    named = job.held.claim.domain_state in (DomainState.PENDING, DomainState.SET)
    return withdraw(job) if named else _release(job)


def _release(job: Job) -> Outcome:
    job.token(Action.RELEASE)
    claim, world = job.held.claim, job.world
    confirmed = confirm_for(job, Action.RELEASE)
    after = confirmed(claim)
    if after.desired is not Desired.RELEASE:
        world.budget.refund(Action.RELEASE)
        return Done("the pod still wants its address", confirmed)
    if claim.desired is Desired.UNKNOWN and next_step(after) is Step.ANNOTATE:
        world.budget.refund(Action.RELEASE)
        return Done("the pod still names its address", confirmed)
    try:
        world.ec2.release(claim.allocation_id)
    except Ec2Error as error:
        return _not_released(job, error)
    world.quota.freed()
    return Done(f"released {claim.public_ip}", lambda c: without_address(confirmed(c)))


def _not_released(job: Job, error: Ec2Error) -> Outcome:
    row = verdict(error)
    if row.verdict is Verdict.IN_USE:
        return _read_again(job, error)
    if row.verdict is Verdict.GONE:
        return gone_or_failed(job, error)
    if row.verdict is Verdict.NAMED:
        return still_named(job, error)
    return failed(error, held=job.held)


def _read_again(job: Job, error: Ec2Error) -> Outcome:
    """EC2 knows the association otherwise than the claim does: take EC2's word."""
    job.renew()
    claim, now = job.held.claim, job.held.now
    address = job.world.ec2.address(claim.allocation_id)
    if address is not None and address.association_id not in ("", claim.association_id):
        return moved(job, address)
    if address is not None and address.association_id and claim.association_id:
        return Again(2.0, f"EC2 says {error.code}, and shows the association still")
    if not claim.association_id:
        return Again(2.0, f"EC2 says {error.code}, and shows no association yet")
    young = now - claim.changed_at < SETTLED_MS
    return Done(
        "was disassociated already",
        lambda c: changed(
            in_doubt(without_association(c), now) if young else without_association(c), changed_at=now
        ),
    )
