"""What is written on a pod: annotations and a condition; and how what is there is read back.

Annotations are written and compared, never believed.
"""

from collections.abc import Sequence

from eip import names
from eip.claim import Claim
from eip.decide import Desired
from eip.pod import Pod


def seen_on(pod: Pod, external_dns: Sequence[str]) -> str:
    """What the pod says, in the form of `claim.expected_writing`."""
    public_ip = pod.annotation(names.PUBLIC_IP_ANNOTATION)
    targets = {pod.annotation(key) for key in external_dns} or {public_ip}
    target = targets.pop() if len(targets) == 1 else "?"
    allocation_id = pod.annotation(names.ALLOCATION_ID_ANNOTATION)
    parts = (public_ip, allocation_id, target, pod.condition(names.READY_CONDITION))
    return "|".join(part.replace("|", "?")[:64] for part in parts)


def annotations_of(claim: Claim, external_dns: Sequence[str]) -> dict[str, str | None]:
    """The annotations to set, or to remove where the value is None."""
    public_ip = claim.public_ip if claim.serving else None
    written: dict[str, str | None] = dict.fromkeys(external_dns, public_ip)
    written[names.PUBLIC_IP_ANNOTATION] = public_ip
    written[names.ALLOCATION_ID_ANNOTATION] = claim.allocation_id if claim.serving else None
    return written


def condition_of(claim: Claim) -> dict[str, str]:
    """The condition `ready` as it should be."""
    if claim.serving:
        return {
            "type": names.READY_CONDITION,
            "status": "True",
            "reason": "Associated",
            "message": f"{claim.public_ip} is associated with {claim.pod_ip}",
        }
    reason = {Desired.HOLD: "NoNetwork", Desired.SERVE: "NotAssociated"}.get(claim.desired, "NotServed")
    return {
        "type": names.READY_CONDITION,
        "status": "False",
        "reason": reason,
        "message": claim.reason,
    }
