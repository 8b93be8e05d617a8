"""Look again: EC2 may show late what was done, so that what it does not show counts once two looks agree."""

from eip.claim import changed
from workers.outcome import Again
from workers.world import Job

APART_MS = 5_000
LOOKS = 2


def look_again(job: Job, note: str) -> Again | None:
    """Count a look that was just made in vain; None once there were enough, so far apart."""
    claim, now = job.held.claim, job.held.now
    looks = claim.intent_looks + (now - claim.looked_at >= APART_MS)
    if looks >= LOOKS:
        return None
    return Again(APART_MS / 1000, note, lambda c: changed(c, intent_looks=looks, looked_at=now))
