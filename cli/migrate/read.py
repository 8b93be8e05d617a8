"""Read the facts of a move: EC2 first, then the API server, and which rights lack."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from cli.migrate.facts import Address, Eip, Facts, Pod
from cli.migrate.judge import Request

PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
EIPS = "/apis/materialize.cloud/v2/eips"
EIP_GROUP = "materialize.cloud"

T = TypeVar("T")


class _NodeSpec(msgspec.Struct, frozen=True):
    provider_id: str = msgspec.field(name="providerID", default="")


class _NodeMeta(msgspec.Struct, frozen=True):
    name: str = ""


class _Node(msgspec.Struct, frozen=True):
    metadata: _NodeMeta = msgspec.field(default_factory=_NodeMeta)
    spec: _NodeSpec = msgspec.field(default_factory=_NodeSpec)


class Objects(Protocol):
    """The API server's collections."""

    def list(self, path: str, kind: type[T]) -> Iterator[T] | None:
        """All objects of one; None when it is not known."""
        ...


class Addresses(Protocol):
    """EC2's addresses."""

    def addresses(self, marker_tag: str, cluster_name: str) -> tuple[Address, ...]:
        """Those with a tag of this key, and those of our cluster of this name."""
        ...

    def may_tag(self, allocation_id: str) -> bool:
        """Whether CreateTags is allowed on one."""
        ...


class Allowed(Protocol):
    """Asks the API server for what we may do."""

    def __call__(self, verb: str, resource: str, *, group: str = "") -> bool:
        """Whether we may."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads everything anew each time it is asked."""

    ec2: Addresses
    objects: Objects
    allowed: Allowed

    def read(self, request: Request) -> Facts:
        """The facts; without the right to read pods and nodes there are none but that."""
        denied = list(self._denied(request))
        if any(right.startswith("list") for right in denied):
            return Facts(denied=tuple(denied))
        addresses = self.ec2.addresses(request.origin.marker_tag, request.identity.cluster_name)
        marked = next((a for a in addresses if request.origin.marker_tag in a.tags), None)
        if marked and not self.ec2.may_tag(marked.allocation_id):
            denied.append("ec2:CreateTags on addresses that the other operator allocated")
        eips = (self.objects.list(EIPS, Eip) or ()) if request.origin.eip_uid_tag else ()
        nodes = self.objects.list(NODES, _Node) or ()
        return Facts(
            addresses,
            tuple(self.objects.list(PODS, Pod) or ()),
            tuple(eips),
            {node.metadata.name: node.spec.provider_id.rpartition("/")[2] for node in nodes},
            tuple(denied),
        )

    def _denied(self, request: Request) -> Iterator[str]:
        rights = [("list", "pods", ""), ("list", "nodes", ""), ("patch", "pods", "")]
        if request.origin.eip_uid_tag:
            rights += [("list", "eips", EIP_GROUP), ("patch", "eips", EIP_GROUP)]
            rights += [("delete", "eips", EIP_GROUP)] if request.remove_old else []
        for verb, resource, group in rights:
            if not self.allowed(verb, resource, group=group):
                yield f"{verb} {resource}{f'.{group}' if group else ''} in all namespaces"
