"""What each step makes true when all goes well, without EC2 or Kubernetes."""

from eip.claim import Claim, changed, expected_writing
from eip.names import Step


def performed(step: Step, claim: Claim) -> Claim:
    """The claim after a step."""
    match step:
        case Step.ALLOCATE:
            return changed(claim, allocation_id="eipalloc-1", public_ip="203.0.113.1", intent_at=0)
        case Step.ASSOCIATE:
            return changed(claim, association_id="eipassoc-1", associated_ip=claim.pod_ip, contested=False)
        case Step.ANNOTATE:
            return changed(claim, written=expected_writing(claim))
        case Step.RELEASE:
            return _released(claim)


def _released(claim: Claim) -> Claim:
    if claim.doubles:
        return changed(claim, doubles=",".join(claim.extra[1:]))
    if claim.association_id:
        return changed(claim, association_id="", associated_ip="", contested=False)
    if claim.allocation_id:
        return changed(claim, allocation_id="", public_ip="")
    return changed(claim, intent_at=0, look_up=False)
