"""Facts for the pure tests: one address of Materialize's operator on one pod, and what a test changes."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from cli.migrate.facts import (
    Address,
    Container,
    Eip,
    Facts,
    Meta,
    Pod,
    PodChoice,
    PodSpec,
    PodStatus,
    Selector,
    Variable,
)
from cli.migrate.facts import EipSpec as Spec
from cli.migrate.judge import Request
from cli.migrate.origin import MATERIALIZE
from eip import names
from workers.ours import Identity

Part = TypeVar("Part", bound=msgspec.Struct)

NAME = "eip.materialize.cloud"
IDENTITY = Identity("blue", "uid-of-blue")
NODES = {"node-1": "i-1", "node-2": "i-2"}

OLD_TAGS = {
    f"{NAME}/eip_uid": "eip-of-web",
    f"{NAME}/eip_name": "web",
    f"{NAME}/namespace": "games",
    f"{NAME}/cluster_name": "blue",
    f"{NAME}/pod_name": "web",
    "Name": "eip-operator:blue:games:web",
}
OUR_TAGS = {
    names.POD_UID_TAG: "pod-web",
    names.CLUSTER_NAME_TAG: "blue",
    names.CLUSTER_UID_TAG: "uid-of-blue",
    names.NAMESPACE_TAG: "games",
    names.POD_NAME_TAG: "web",
    names.ALLOCATED_AT_TAG: "2026-11-24T12:00:00Z",
}
ASKS = {f"{NAME}/manage": "true", f"{NAME}/autocreate_eip": "true"}


def request(**changed: Any) -> Request:
    """A move of the cluster blue from Materialize's operator."""
    asked: dict[str, Any] = {
        "origin": MATERIALIZE,
        "identity": IDENTITY,
        "old_cluster": "blue",
        "now": datetime(2026, 11, 24, 12, tzinfo=UTC),
    }
    return Request(**asked | changed)


def address(**changed: Any) -> Address:
    """The address of the pod web."""
    made: dict[str, Any] = {
        "allocation_id": "eipalloc-web",
        "public_ip": "198.51.100.1",
        "association_id": "eipassoc-web",
        "private_ip": "10.0.0.7",
        "interface_id": "eni-00000001",
        "instance_id": "i-1",
        "tags": OLD_TAGS,
    }
    return Address(**made | changed)


def pod(name: str = "web", ip: str = "10.0.0.7", **changed: Any) -> Pod:
    """A pod that runs and asks, with the other operator's finalizer; `changed` goes to any of its parts."""
    values: dict[str, Any] = {
        "uid": f"pod-{name}",
        "namespace": "games",
        "name": name,
        "resource_version": "7",
        "labels": ASKS,
        "finalizers": ["example.com/theirs", f"{NAME}/disassociate"],
        "node_name": "node-1",
        "phase": "Running",
        "pod_ip": ip,
    } | changed
    return Pod(_part(Meta, values), _part(PodSpec, values), _part(PodStatus, values))


def _part(kind: type[Part], values: dict[str, Any]) -> Part:
    return kind(**{key: value for key, value in values.items() if key in kind.__struct_fields__})


def operator(image: str, *variables: str, name: str = "operator") -> Pod:
    """A pod that runs one program with these environment variables."""
    container = Container(name, image, [Variable(variable) for variable in variables])
    return pod(name, "10.0.0.99", labels={}, finalizers=[], containers=[container])


def eip(name: str = "web", **changed: Any) -> Eip:
    """The Eip of a pod, with the finalizer that releases the address."""
    metadata = {
        "uid": f"eip-of-{name}",
        "namespace": "games",
        "name": name,
        "resource_version": "3",
        "finalizers": [f"{NAME}/destroy"],
    }
    return Eip(Meta(**metadata | changed), Spec(Selector(PodChoice(name))))


def facts(**changed: Any) -> Facts:
    """One address on one pod, and its Eip."""
    read: dict[str, Any] = {
        "addresses": (address(),),
        "pods": (pod(),),
        "eips": (eip(),),
        "instances": NODES,
    }
    return Facts(**read | changed)
