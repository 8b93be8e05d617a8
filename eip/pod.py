"""The few fields of a pod that are read, decoded from the API server's JSON.

Every field may be absent: what a watch brings is decoded without trust in its author.
"""

from ipaddress import AddressValueError, IPv4Address
from typing import Any

import msgspec

from eip import names


class OwnerMeta(msgspec.Struct, frozen=True, rename="camel"):
    """metadata: identity, labels and annotations."""

    uid: str = ""
    namespace: str = ""
    name: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """spec: where the pod runs, and whether it has a network of its own."""

    node_name: str = ""
    host_network: bool = False


class PodIP(msgspec.Struct, frozen=True):
    """One of status.podIPs."""

    ip: str = ""


class PodCondition(msgspec.Struct, frozen=True):
    """One of status.conditions."""

    type: str = ""
    status: str = ""


class PodStatus(msgspec.Struct, frozen=True, rename="camel"):
    """status: phase, addresses and conditions."""

    phase: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    pod_ips: list[PodIP] | None = msgspec.field(name="podIPs", default=None)
    host_ip: str = msgspec.field(name="hostIP", default="")
    conditions: list[PodCondition] | None = None


class Pod(msgspec.Struct, frozen=True):
    """A pod as the API server tells of it, reduced to what is read."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def uid(self) -> str:
        """The pod's uid, the key of everything that is done for it."""
        return self.metadata.uid

    @property
    def key(self) -> str:
        """`namespace/name`, as people write it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def is_node(self) -> bool:
        """Whether this is a node in the form of a pod, as eip.node makes it."""
        return self.metadata.namespace == names.NODES

    @property
    def managed(self) -> bool:
        """Whether the pod carries the label that asks for an address."""
        return (self.metadata.labels or {}).get(names.MANAGE_LABEL) == "true"

    @property
    def ipv4(self) -> str:
        """The pod's IPv4 address, or nothing: EC2's Elastic IPs are IPv4 only."""
        ips = [self.status.pod_ip, *(entry.ip for entry in self.status.pod_ips or [])]
        return next((ip for ip in ips if _is_ipv4(ip)), "")

    def annotation(self, key: str) -> str:
        """One annotation, or nothing."""
        return (self.metadata.annotations or {}).get(key, "")

    def condition(self, kind: str) -> str:
        """The status of one condition: True, False, Unknown, or nothing when it is not there."""
        return next((c.status for c in self.status.conditions or [] if c.type == kind), "")


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    """metadata of a list: where a watch may begin, and the token of the next page."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class PodList(msgspec.Struct, frozen=True):
    """One page of a list of pods."""

    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[Pod] = msgspec.field(default_factory=list)


class WatchEvent(msgspec.Struct, frozen=True):
    """One line of a watch; `object` stays raw until `type` says what it is."""

    type: str
    object: msgspec.Raw


class Status(msgspec.Struct, frozen=True):
    """metav1.Status: how the API server says no."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: dict[str, Any] | None = None


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
