"""What kind of address a pod asks for, in one word; docs/addresses.md has a part for each."""

from eip.claim import Claim
from eip.decide import UNUSABLE_REQUEST
from eip.pod import Pod
from eip.request import Request, Unusable, requested

OWN = "own"
KEPT = "kept"


def mode(claim: Claim, pod: Pod | None) -> str:
    """`own`, `kept`, `fixed`, `pool` or `range`; empty where it is not known.

    The pod's own words come first; a claim has them from when its pod was last seen.
    """
    if pod is not None:
        try:
            return _word(requested(pod))
        except Unusable:
            return ""
    asked = _word(claim.request)
    if asked != OWN:
        return asked
    if claim.tagged_keep:
        return KEPT
    never_seen = not claim.resource_version
    return "" if never_seen or claim.lent or claim.rule == UNUSABLE_REQUEST else OWN


def _word(request: Request) -> str:
    if request.public_ipv4_pool:
        return "range"
    if request.pool:
        return "pool"
    if request.address:
        return "fixed"
    return KEPT if request.keep else OWN
