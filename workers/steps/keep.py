"""Keep: an address whose pod has ended stays for the next pod of its name, one for each name."""

from eip.claim import changed, without_doubt
from eip.decide import Desired
from eip.request import FOREVER
from workers.confirm import confirm
from workers.outcome import Again, Change, Done, Outcome, unchanged
from workers.shown import kept_by_tag
from workers.steps.look_again import look_again
from workers.world import Job

LONGEST_LOOK = 3600.0
"""Seconds between two looks at an address that stays for longer."""

ENDED = frozenset({"gone", "finished"})
"""Whose address is kept; who takes the label away, or may have no address, gives it back."""


def keep(job: Job) -> Outcome | None:
    """Wait for the next pod of the name; None when the address is to be released after all."""
    claim, now = job.held.claim, job.held.now
    job.served()
    if job.world.handover.kept(claim):
        # Two are left when a look-up came too late: the next pod of the name would get the other one.
        return None
    if not claim.idle_since:
        return _begin(job)
    left = _left(claim.tagged_keep, now - claim.idle_since)
    return _kept(job, left, unchanged) if left > 0 else None


def _begin(job: Job) -> Outcome | None:
    """Keep it from now on, if its pod has ended and EC2 says that it stays."""
    claim, now = job.held.claim, job.held.now
    confirmed = confirm(job.world, claim)
    after = confirmed(claim)
    if after.desired is not Desired.RELEASE:
        return Done("the pod still wants its address", confirmed)
    if after.rule not in ENDED:
        return None
    stays = _tagged(job) if claim.retag else claim.tagged_keep
    if not stays:
        return look_again(job, "looks once more whether it is tagged to stay")
    return _kept(
        job,
        _left(stays, 0),
        lambda c: changed(without_doubt(confirmed(c)), idle_since=now, tagged_keep=stays),
    )


def _tagged(job: Job) -> int:
    """For how long EC2 says that it stays: CreateTags was called, and nobody knows how that ended."""
    job.renew()
    address = job.world.ec2.address(job.held.claim.allocation_id)
    return kept_by_tag(address) if address else 0


def _left(stays: int, idle_ms: int) -> float:
    """Seconds for which it still stays, when it has been kept for so many milliseconds."""
    return LONGEST_LOOK if stays == FOREVER else stays - idle_ms / 1000


def _kept(job: Job, left: float, change: Change) -> Again:
    """What stays need not hurry: a pod that could not be written on is tried again, and not in 24 hours."""
    claim = job.held.claim
    return Again(
        min(left, LONGEST_LOOK),
        f"keeps {claim.public_ip} for the next pod {claim.key}",
        lambda c: changed(change(c), attempts=0),
    )
