"""Withdraw: take the reverse DNS record off an address that is to be released.

EC2 refuses to release an address with a record, and goes on to refuse for minutes after it was taken away.
"""

from dataclasses import replace

from eip.claim import changed, without_name
from eip.decide import Desired
from eip.errors import Ec2Error
from eip.names import Action
from eip.reverse_dns import DomainState
from workers.aws.codes import Verdict, verdict
from workers.confirm import confirm_for
from workers.failure import failed
from workers.outcome import Done, Failed, Outcome, unchanged
from workers.steps.not_found import gone_or_failed
from workers.world import Job

ASK_AGAIN = 8
"""Refusals after which EC2 is asked once more, and the pod is told: a few minutes."""

QUICK = 2
"""Refusals until there are half minutes between the tries."""


def withdraw(job: Job) -> Outcome:
    """ResetAddressAttribute; where EC2 refuses, the release is tried, and tells whether there is a record."""
    job.token(Action.RESET_ATTRIBUTE)
    claim, world = job.held.claim, job.world
    confirmed = confirm_for(job, Action.RESET_ATTRIBUTE)
    if confirmed(claim).desired is not Desired.RELEASE:
        world.budget.refund(Action.RESET_ATTRIBUTE)
        return Done("the pod still wants its address", confirmed)
    try:
        world.ec2.reset_reverse_dns(claim.allocation_id)
    except Ec2Error as error:
        return _not_reset(job, error)
    return Done(
        f"took the reverse DNS record off {claim.public_ip}",
        lambda c: without_name(confirmed(c), DomainState.WITHDRAWN),
    )


def _not_reset(job: Job, error: Ec2Error) -> Outcome:
    match verdict(error).verdict:
        case Verdict.GONE:
            return gone_or_failed(job, error)
        case Verdict.REFUSED:
            return failed(error, lambda c: changed(c, domain_state=DomainState.ASKED))
        case _:
            return failed(error, held=job.held)


def still_named(job: Job, error: Ec2Error) -> Failed:
    """What follows when the release was refused: the record is taken away, or was and EC2 takes its time."""
    claim = job.held.claim
    known = claim.domain_state is DomainState.WITHDRAWN and not _asks_again(claim.attempts)
    outcome = failed(error, unchanged if known else lambda c: changed(c, domain_state=DomainState.SET))
    remedy = verdict(error).remedy if _asks_again(claim.attempts) else ""
    return replace(outcome, remedy=remedy, slow=claim.attempts >= QUICK)


def _asks_again(attempts: int) -> bool:
    return attempts > 0 and attempts % ASK_AGAIN == 0


def withdraw_name(job: Job, allocation_id: str) -> None:
    """Take the record off an address that a pod has beside its own, and of whose record no claim knows.

    A release that was refused changed nothing, so that this is the only call of its task.

    Raises:
        TryLater: the wait for a token would be too long.
        Ec2Error: EC2 refused it.

    """
    job.token(Action.RESET_ATTRIBUTE)
    job.world.ec2.reset_reverse_dns(allocation_id)
