"""Keep: an address whose pod has ended stays for the next pod of its name, one for each name."""

from eip.claim import Claim, changed, without_doubt
from eip.decide import Desired
from eip.request import FOREVER
from workers.confirm import confirm
from workers.outcome import Again, Change, Done, Outcome, unchanged
from workers.steps.locate import locate
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
        hidden = locate(job)
        if hidden:
            return hidden
        confirmed = confirm(job.world, claim)
        after = confirmed(claim)
        if after.desired is not Desired.RELEASE:
            return Done("the pod still wants its address", confirmed)
        if after.rule not in ENDED:
            return None
        return _kept(job, _left(claim, 0), lambda c: changed(without_doubt(confirmed(c)), idle_since=now))
    left = _left(claim, now - claim.idle_since)
    return _kept(job, left, unchanged) if left > 0 else None


def _left(claim: Claim, idle_ms: int) -> float:
    """Seconds for which it still stays, when it has been kept for so many milliseconds."""
    return LONGEST_LOOK if claim.tagged_keep == FOREVER else claim.tagged_keep - idle_ms / 1000


def _kept(job: Job, left: float, change: Change) -> Again:
    """What stays need not hurry: a pod that could not be written on is tried again, and not in 24 hours."""
    claim = job.held.claim
    return Again(
        min(left, LONGEST_LOOK),
        f"keeps {claim.public_ip} for the next pod {claim.key}",
        lambda c: changed(change(c), attempts=0),
    )
