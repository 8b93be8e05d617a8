"""How a claim came to its address, in one word."""

from eip.claim import Claim


def mode(claim: Claim) -> str:
    """`lent`: an admin's address; `kept`: stays for the next pod; `own`: comes and goes with the pod."""
    if claim.lent:
        return "lent"
    return "kept" if claim.keep else "own"
