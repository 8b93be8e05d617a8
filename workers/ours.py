"""Whose address is it: only what carries this very cluster's tags may be touched."""

from dataclasses import dataclass

from eip import names
from eip.decide import Scope
from workers.ports import Address


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells our addresses from others'."""

    cluster_name: str
    cluster_uid: str


def whose(address: Address, identity: Identity, scope: Scope) -> str:
    """Why the address is not ours, in words; empty when it is."""
    tags = address.tags
    if tags.get(names.CLUSTER_NAME_TAG) != identity.cluster_name:
        return "it does not carry this cluster's name"
    if tags.get(names.CLUSTER_UID_TAG) != identity.cluster_uid:
        return f"it belongs to another cluster that is called {identity.cluster_name} too"
    if not tags.get(names.POD_UID_TAG):
        return "it carries no pod uid"
    if not tags.get(names.NAMESPACE_TAG) or not tags.get(names.POD_NAME_TAG):
        return "it does not name its pod, so nobody can be asked about it"
    namespace = tags[names.NAMESPACE_TAG]
    if scope.namespaces and namespace not in scope.namespaces:
        return f"its namespace {namespace} is not served here"
    return ""


def is_ours(address: Address, identity: Identity, scope: Scope) -> bool:
    """Whether the address was allocated by this installation."""
    return not whose(address, identity, scope)
