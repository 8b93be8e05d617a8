"""The few fields of Kubernetes' objects that are read here; every field may be absent."""

import msgspec

from eip.pod import OwnerMeta


class EnvVar(msgspec.Struct, frozen=True):
    """One of a container's variables; what it takes from elsewhere has no value here."""

    name: str = ""
    value: str = ""


class Container(msgspec.Struct, frozen=True):
    """A container: its image, and what it is told."""

    name: str = ""
    image: str = ""
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[EnvVar] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Its variables."""
        return {variable.name: variable.value for variable in self.env or ()}


class PodTemplateSpec(msgspec.Struct, frozen=True, rename="camel"):
    """spec.template.spec."""

    service_account_name: str = ""
    containers: list[Container] = msgspec.field(default_factory=list)


class PodTemplate(msgspec.Struct, frozen=True):
    """spec.template."""

    spec: PodTemplateSpec = msgspec.field(default_factory=PodTemplateSpec)


class WorkloadSpec(msgspec.Struct, frozen=True):
    """spec."""

    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class Workload(msgspec.Struct, frozen=True):
    """A Deployment or a DaemonSet."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)

    @property
    def containers(self) -> list[Container]:
        """Its pods' containers."""
        return self.spec.template.spec.containers


class NodeSpec(msgspec.Struct, frozen=True):
    """spec."""

    provider_id: str = msgspec.field(name="providerID", default="")


class Node(msgspec.Struct, frozen=True):
    """A node."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)


class Namespace(msgspec.Struct, frozen=True):
    """A namespace."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
