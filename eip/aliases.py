"""What users of other operators put on pods that are to have an address; a setting makes it count here.

| alias         | asks for an address of the pod's own                                            |
|---------------|---------------------------------------------------------------------------------|
| `materialize` | labels eip.materialize.cloud/manage, any value, and /autocreate_eip, `true`      |
| `aws-samples` | annotation aws-samples.github.com/aws-pod-eip-controller-type, `auto`            |

What these operators serve with an address that outlives the pod does not count: it is not the pod's own.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from eip import names


class Alias(StrEnum):
    """The operators whose marks may count."""

    MATERIALIZE = "materialize"
    AWS_SAMPLES = "aws-samples"


MATERIALIZE_MANAGE_LABEL = "eip.materialize.cloud/manage"
MATERIALIZE_AUTOCREATE_LABEL = "eip.materialize.cloud/autocreate_eip"
AWS_SAMPLES_TYPE_ANNOTATION = "aws-samples.github.com/aws-pod-eip-controller-type"
AWS_SAMPLES_OWN_ADDRESS = "auto"


def managed_by_alias(
    pod_labels: Mapping[str, str] | None,
    pod_annotations: Mapping[str, str] | None,
    aliases: Collection[Alias],
) -> bool:
    """Whether the pod asks for an address of its own in the words of one of these operators.

    A pod that carries our own label, with whatever value, has said what it wants.
    """
    labels, annotations = pod_labels or {}, pod_annotations or {}
    if names.MANAGE_LABEL in labels:
        return False
    return any(_asks(alias, labels, annotations) for alias in aliases)


def _asks(alias: Alias, labels: Mapping[str, str], annotations: Mapping[str, str]) -> bool:
    if alias is Alias.MATERIALIZE:
        own = labels.get(MATERIALIZE_AUTOCREATE_LABEL, "").lower() == "true"
        return own and MATERIALIZE_MANAGE_LABEL in labels
    return annotations.get(AWS_SAMPLES_TYPE_ANNOTATION) == AWS_SAMPLES_OWN_ADDRESS
