"""The Kubernetes rights that the operator's two accounts need.

Those of deploy/roles.yaml, to the letter; where nodes are served, those of deploy/roles-nodes.yaml too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cli.reach.installation import Component
from eip import names
from eip.kubernetes.review import Access
from eip.settings import Settings


class Where(StrEnum):
    """Where a right must be had."""

    SERVED = "served"
    """In every namespace that is served."""
    CLUSTER = "cluster"
    """On something that is in no namespace."""
    LEASE = "lease"
    """In the namespace of the producer's Lease."""


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource, which may be a subresource, and on one name only where it is given."""

    verb: str
    resource: str
    where: Where = Where.SERVED
    group: str = ""
    name: str = ""

    def __str__(self) -> str:
        only = f" {self.name}" if self.name else ""
        return f"{self.verb} {self.resource}{only}"

    def access(self, namespace: str) -> Access:
        """The question whether somebody has it there."""
        resource, _, subresource = self.resource.partition("/")
        return Access(self.verb, resource, self.group, subresource, self.name, namespace)


LEASES = "leases"
COORDINATION = "coordination.k8s.io"

RIGHTS: dict[Component, tuple[Right, ...]] = {
    Component.PRODUCER: (
        Right("list", "pods"),
        Right("watch", "pods"),
        Right("create", LEASES, Where.LEASE, COORDINATION),
        Right("get", LEASES, Where.LEASE, COORDINATION, names.LEASE_NAME),
        Right("update", LEASES, Where.LEASE, COORDINATION, names.LEASE_NAME),
    ),
    Component.WORKER: (
        Right("get", "pods"),
        Right("list", "pods"),
        Right("patch", "pods/status"),
        Right("get", "nodes", Where.CLUSTER),
        Right("list", "nodes", Where.CLUSTER),
        Right("get", "namespaces", Where.CLUSTER, name="kube-system"),
        Right("create", "events"),
    ),
}

NODE_RIGHTS: dict[Component, tuple[Right, ...]] = {
    Component.PRODUCER: (
        Right("list", "nodes", Where.CLUSTER),
        Right("watch", "nodes", Where.CLUSTER),
    ),
    Component.WORKER: (Right("patch", "nodes", Where.CLUSTER),),
}
"""What serving nodes takes beside."""


def needed(component: Component, settings: Settings, lease_namespace: str) -> Iterator[tuple[Right, str]]:
    """The rights that a component needs under these settings, each with the namespace; empty for all."""
    for right in RIGHTS[component] + (NODE_RIGHTS[component] if settings.nodes else ()):
        if _spared(right, settings):
            continue
        if right.where is Where.SERVED:
            yield from ((right, namespace) for namespace in settings.namespaces or ("",))
        else:
            yield right, lease_namespace if right.where is Where.LEASE else ""


def _spared(right: Right, settings: Settings) -> bool:
    """Whether a setting makes the right superfluous, as in the chart's namespaced mode."""
    if right.resource == "nodes":
        return not settings.read_nodes
    return right.resource == "namespaces" and bool(settings.cluster_uid)
