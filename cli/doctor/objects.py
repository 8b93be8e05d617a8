"""The few fields of Kubernetes' objects that are read here; every field may be absent."""

import msgspec

from cli.migrate import facts as migrate
from cli.reach.installation import COMPONENT_LABEL, Deployment
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
    def program(self) -> migrate.Container:
        """What tells which program it runs."""
        variables = [migrate.Variable(variable.name) for variable in self.env or ()]
        return migrate.Container(self.name, self.image, variables)

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
    """spec; a DaemonSet has no number of replicas."""

    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    replicas: int = 1


class Workload(msgspec.Struct, frozen=True):
    """A Deployment or a DaemonSet."""

    metadata: OwnerMeta = msgspec.field(default_factory=OwnerMeta)
    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)

    @property
    def deployment(self) -> Deployment:
        """Whose it is."""
        return Deployment(self.metadata.namespace, self.metadata.name, self.metadata.labels or {})

    @property
    def component(self) -> str:
        """The label app.kubernetes.io/component, or nothing."""
        return (self.metadata.labels or {}).get(COMPONENT_LABEL, "")

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
