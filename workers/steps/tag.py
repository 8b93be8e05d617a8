"""Tag: say on an address of ours that it is this pod's, and for how long it stays."""

from eip.claim import Claim, changed
from eip.errors import Ec2Error
from eip.names import Action
from workers.aws.codes import Verdict, verdict
from workers.failure import failed
from workers.outcome import Done, Outcome, unchanged
from workers.ports import Owner
from workers.steps.not_found import gone_or_failed
from workers.world import Job


def tag(job: Job) -> Outcome:
    """CreateTags; done once more it does no harm, so a lost answer needs no look-up."""
    job.token(Action.TAG)
    claim, now = job.held.claim, job.held.now
    try:
        job.world.ec2.tag(claim.allocation_id, Owner(claim.uid, claim.namespace, claim.name), claim.keep)
    except Ec2Error as error:
        means = verdict(error).verdict
        if means is Verdict.GONE:
            return gone_or_failed(job, error)
        unsure = means is Verdict.UNCERTAIN
        return failed(error, _maybe_tagged if unsure else unchanged, job.held)
    return Done(
        f"tagged {claim.public_ip} as this pod's",
        lambda c: changed(c, retag=False, tagged_keep=claim.keep, changed_at=now),
    )


def _maybe_tagged(claim: Claim) -> Claim:
    """It is tagged again while its pod lives; if that ends, EC2 is asked whether it stays."""
    return changed(claim, tagged_keep=claim.keep or claim.tagged_keep, retag=True)
