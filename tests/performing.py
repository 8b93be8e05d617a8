"""What each step makes true when all goes well, without EC2 or Kubernetes."""

from eip.claim import Claim, changed, expected_writing, writing_is_right
from eip.names import Step
from eip.reverse_dns import DomainState


def performed(step: Step, claim: Claim) -> Claim:
    """The claim after a step."""
    match step:
        case Step.ALLOCATE if claim.terminating and not claim.allocation_id:
            return changed(claim, look_up=False)
        case Step.ALLOCATE:
            return changed(claim, allocation_id="eipalloc-1", public_ip="203.0.113.1", intent_at=0)
        case Step.ASSOCIATE:
            return changed(claim, association_id="eipassoc-1", associated_ip=claim.pod_ip, contested=False)
        case Step.ANNOTATE:
            if claim.owes_name and writing_is_right(claim):
                return _named(claim)
            return changed(claim, written=expected_writing(claim))
        case Step.RELEASE:
            return _released(claim)


def _named(claim: Claim) -> Claim:
    state = DomainState.SET if claim.reverse_dns else DomainState.WITHDRAWN
    return changed(claim, domain_name=claim.reverse_dns, domain_state=state)


def _released(claim: Claim) -> Claim:
    if claim.owes_double:
        return changed(claim, doubles=",".join(claim.extra[1:]))
    if claim.association_id:
        return changed(claim, association_id="", associated_ip="", contested=False)
    if claim.is_in_doubt:
        return changed(claim, contested=False)
    if claim.allocation_id:
        return changed(claim, allocation_id="", public_ip="", lent=False)
    return changed(claim, intent_at=0, look_up=False)
