"""How long users waited for what they are promised: an address for each pod, and none on a freed IP.

A claim says since when (Redis' milliseconds) each is owed; the step that gives it takes the time away.
"""

from eip.claim import Claim, changed, writing_is_right
from workers import metrics
from workers.outcome import Change

STILL_THERE = frozenset({"not-managed", "out-of-scope", "denied", "unusable-request"})
"""Rules by which a pod that keeps its IP loses its address: nobody else can get that IP."""


def is_ready(claim: Claim) -> bool:
    """Whether the pod has its address and says so."""
    return claim.serving and writing_is_right(claim)


def is_waiting(claim: Claim) -> bool:
    """Whether a pod is owed its address.

    An association that is older than the wish was there already when the claims were filled again.
    """
    older = bool(claim.association_id) and claim.changed_at < claim.wanted_at
    return bool(claim.wanted_at and claim.pod_ip) and not older and not is_ready(claim)


def is_elsewhere(claim: Claim) -> bool:
    """Whether the address is on another IP than the pod's."""
    return bool(claim.association_id) and claim.associated_ip != claim.pod_ip


def is_left_behind(claim: Claim) -> bool:
    """Whether the address is on an IP that another pod may get."""
    return is_elsewhere(claim) and claim.freed_at > 0 and claim.rule not in STILL_THERE


def settled(change: Change) -> Change:
    """The change that also takes away the times of what is owed no longer."""

    def settling(claim: Claim) -> Claim:
        after = change(claim)
        if after.wanted_at and is_ready(after):
            after = changed(after, wanted_at=0)
        if after.freed_at and not is_elsewhere(after):
            after = changed(after, freed_at=0)
        return after

    return settling


def keep_promises(before: Claim, after: Claim, now: float) -> None:
    """Observe what a step gave, `now` in Redis' milliseconds."""
    if before.wanted_at and is_ready(after) and after.changed_at >= before.wanted_at:
        metrics.POD_ADDRESS_READY.observe((now - before.wanted_at) / 1000)
    if is_left_behind(before) and not is_elsewhere(after) and after.rule not in STILL_THERE:
        metrics.FREED_IP_HELD.observe((now - before.freed_at) / 1000)
