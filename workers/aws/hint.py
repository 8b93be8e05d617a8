"""The annotation vpc.amazonaws.com/pod-eni, read without trust: a pod's author can write it.

Source of its form: https://github.com/aws/amazon-vpc-resource-controller-k8s
"""

import re

import msgspec

LONGEST = 4096  # characters; one branch interface takes about 200

_INTERFACE_ID = re.compile(r"eni-[0-9a-f]{8,17}")


class _Branch(msgspec.Struct, frozen=True, rename="camel"):
    eni_id: str = ""
    private_ip: str = ""


def hinted_interface(annotation: str, ip: str) -> str:
    """The id of the interface that the annotation names for the IP, or nothing when it names none."""
    if not annotation or len(annotation) > LONGEST:
        return ""
    try:
        read = msgspec.json.decode(annotation, type=list[_Branch] | _Branch)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    branches = [read] if isinstance(read, _Branch) else read
    named = next((branch.eni_id for branch in branches if branch.private_ip in {ip, ""}), "")
    return named if _INTERFACE_ID.fullmatch(named) else ""
