"""What is read before anything is decided: addresses, pods, nodes, and the other operator's resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from eip.decide import TERMINAL_PHASES
from eip.kubernetes.objects import object_path


@dataclass(frozen=True, slots=True)
class Address:
    """An Elastic IP as EC2 shows it; empty strings where it says nothing."""

    allocation_id: str
    public_ip: str = ""
    association_id: str = ""
    private_ip: str = ""
    interface_id: str = ""
    instance_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def association(self) -> str:
        """What it is associated with, in words; empty when with nothing."""
        if not self.association_id:
            return ""
        return f"{self.association_id} on {self.private_ip} of {self.interface_id}"


class Meta(msgspec.Struct, frozen=True, rename="camel"):
    """metadata, with what protects an object from deletion."""

    uid: str = ""
    namespace: str = ""
    name: str = ""
    resource_version: str = ""
    deletion_timestamp: str | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    finalizers: list[str] = msgspec.field(default_factory=list)


class Variable(msgspec.Struct, frozen=True):
    """One of a container's environment variables."""

    name: str = ""


class Container(msgspec.Struct, frozen=True):
    """What tells which program a container runs."""

    name: str = ""
    image: str = ""
    env: list[Variable] = msgspec.field(default_factory=list)

    @property
    def program(self) -> str:
        """The image's own name, without registry, tag and digest."""
        return self.image.partition("@")[0].rpartition("/")[2].partition(":")[0]

    def has_variable(self, prefix: str) -> bool:
        """Whether a variable's name begins so."""
        return any(variable.name.startswith(prefix) for variable in self.env)


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Where a pod runs, and what."""

    node_name: str = ""
    host_network: bool = False
    containers: list[Container] = msgspec.field(default_factory=list)


class PodStatus(msgspec.Struct, frozen=True, rename="camel"):
    """How far a pod is."""

    phase: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")


class Pod(msgspec.Struct, frozen=True):
    """A pod, reduced to what a move looks at."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def key(self) -> str:
        """`namespace/name`, as people write it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return object_path("/api/v1", "pods", self.metadata.namespace, self.metadata.name)

    @property
    def ended(self) -> bool:
        """Whether it runs no more; its IP may be another pod's by now."""
        return self.status.phase in TERMINAL_PHASES


class PodChoice(msgspec.Struct, frozen=True, rename="camel"):
    """spec.selector.pod of an Eip."""

    pod_name: str = ""


class Selector(msgspec.Struct, frozen=True):
    """spec.selector of an Eip: a pod's name, or a node's labels."""

    pod: PodChoice | None = None


class EipSpec(msgspec.Struct, frozen=True, rename="camel"):
    """spec of an Eip; v1 had the pod's name right here."""

    selector: Selector = msgspec.field(default_factory=Selector)
    pod_name: str = ""


class Eip(msgspec.Struct, frozen=True):
    """The custom resource of eips.materialize.cloud."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    spec: EipSpec = msgspec.field(default_factory=EipSpec)

    @property
    def key(self) -> str:
        """`namespace/name`, as people write it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def pod_key(self) -> str:
        """The pod that it is for, as `namespace/name`; empty for a node's."""
        pod = self.spec.selector.pod
        name = pod.pod_name if pod else self.spec.pod_name
        return f"{self.metadata.namespace}/{name}" if name else ""

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return object_path("/apis/materialize.cloud/v2", "eips", self.metadata.namespace, self.metadata.name)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was read; `instances` are the nodes' instance ids by node, `denied` the rights that lack."""

    addresses: tuple[Address, ...] = ()
    pods: tuple[Pod, ...] = ()
    eips: tuple[Eip, ...] = ()
    instances: Mapping[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
