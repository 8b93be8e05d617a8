"""A node in the form of a pod, so that all that is done for pods is done for nodes without knowing of it.

| field of the pod   | what it is of the node                                                           |
|--------------------|----------------------------------------------------------------------------------|
| metadata           | its own, with `names.NODES` in the place of the namespace                        |
| spec.nodeName      | its own name: the interface is looked for on its own instance                    |
| status.podIP       | its InternalIP: the primary IP of the instance's primary interface comes first   |
| condition of ours  | the label of the same name                                                       |

There is nothing of a node's that stands for a pod's phase or its network: a node that is NotReady keeps its
address until the Node object is deleted.
"""

import re

import msgspec

from eip import names
from eip.pod import OwnerMeta, Pod, PodCondition, PodIP, PodSpec, PodStatus

_CONDITION_OF_LABEL = {"true": "True", "false": "False"}
_POD = re.compile(r"(?<![\w/-])pod(?=(?:s|'s)?(?![\w/-]))")


class NodeAddress(msgspec.Struct, frozen=True):
    """One of status.addresses."""

    type: str = ""
    address: str = ""


class NodeStatus(msgspec.Struct, frozen=True):
    """status: the addresses."""

    addresses: list[NodeAddress] | None = None


class Node(msgspec.Struct, frozen=True):
    """A node as the API server tells of it, reduced to what is read."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


def as_pod(node: Node) -> Pod:
    """The node in the form of a pod."""
    annotations = dict(node.metadata.annotations or {})
    # A kubelet writes its Node's addresses too: with both it could name another node's interface.
    annotations.pop(names.POD_ENI_ANNOTATION, None)
    metadata = msgspec.structs.replace(node.metadata, namespace=names.NODES, annotations=annotations)
    ips = [entry.address for entry in node.status.addresses or [] if entry.type == "InternalIP"]
    first = next(iter(ips), "")
    return Pod(
        metadata=metadata,
        spec=PodSpec(node_name=metadata.name),
        status=PodStatus(
            pod_ip=first,
            pod_ips=[PodIP(ip) for ip in ips],
            host_ip=first,
            conditions=_conditions(metadata.labels or {}),
        ),
    )


def label_of(status: str) -> str:
    """The value of the label that stands for our condition: `true` or `false`."""
    return status.lower()


def about_node(message: str) -> str:
    """What was said of a pod, said of a node; names that the word is a part of stay."""
    return _POD.sub("node", message)


def _conditions(labels: dict[str, str]) -> list[PodCondition]:
    said = labels.get(names.READY_LABEL)
    if said is None:
        return []
    return [PodCondition(names.READY_CONDITION, _CONDITION_OF_LABEL.get(said, said))]
