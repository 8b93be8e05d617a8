"""Addresses that are kept: their pod has ended, and the next pod of its name gets them."""

from eip.claim import Claim
from eip.decide import Desired
from eip.request import FOREVER


def is_kept(claim: Claim) -> bool:
    """Whether the address waits for the next pod, and nothing has failed."""
    aside = bool(claim.allocation_id) and not claim.association_id and not claim.attempts
    return claim.desired is Desired.RELEASE and aside and claim.idle_since > 0


def seconds_left(claim: Claim, now: int) -> float | None:
    """For how long it still stays at the time `now` (ms), zero when that is over; None when it has no end."""
    if claim.tagged_keep == FOREVER:
        return None
    return max(0.0, claim.tagged_keep - (now - claim.idle_since) / 1000)
