"""Wait: what passes by itself is looked at less and less often, and told on the pod once it takes long."""

from eip.names import EventReason
from workers.outcome import TryLater
from workers.world import Job

LONGEST = 30.0
"""Seconds between two looks at most; otherwise a tenth of the time that was waited."""

LONG_MS = 60_000
"""Nothing takes so long that goes well: from then on the pod is told what it waits for."""


def wait(job: Job, shortest: float, note: str, remedy: str, reason: EventReason) -> TryLater:
    """What to raise; `shortest` is in seconds, `reason` names the Event in which `remedy` is told."""
    claim = job.held.claim
    since = claim.wanted_at or claim.changed_at
    waited = job.held.now - since if since else 0
    if waited > LONG_MS:
        job.world.teller.tell(claim, reason, remedy, warning=True)
    return TryLater(min(max(waited / 10_000, shortest), LONGEST), note)


def wait_for_interface(job: Job, shortest: float, note: str, reason: EventReason) -> TryLater:
    """The same for the pod's place in the network, which is not what an association needs."""
    remedy = f"{note[0].upper()}{note[1:]}. The pod is served as soon as that has changed."
    return wait(job, shortest, note, remedy, reason)
