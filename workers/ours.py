"""Whose address is it: only what carries this very cluster's tags may be touched."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from eip import names
from eip.decide import Desired, EventType, Scope, decide
from eip.pod import Pod
from eip.request import requested
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
    if not scope.serves(namespace):
        return f"its namespace {namespace} is not served here"
    return ""


def is_lent(address: Address) -> bool:
    """Whether an admin lends the address to pods; what carries a cluster's uid is an operator's own."""
    return names.LEND_TAG in address.tags and names.CLUSTER_UID_TAG not in address.tags


def asks_for_lent(pod: Pod, scope: Scope) -> bool:
    """Whether a pod is to have an address that an admin lends."""
    return decide(EventType.READ, pod, scope).desired is Desired.SERVE and requested(pod).lent


def asks_for(pod: Pod, address: Address, identity: Identity, scope: Scope) -> bool:
    """Whether a pod is to have a lent address and may have this one, for it asks for it or for its pool."""
    if not asks_for_lent(pod, scope):
        return False
    request = requested(pod)
    asked = {request.address} & {address.allocation_id, address.public_ip}
    pooled = bool(request.pool) and request.pool == address.tags.get(names.POOL_TAG)
    allowed = is_lent_to(address, identity, pod.metadata.namespace, pod.metadata.name)
    return allowed and (pooled or bool(asked))


def is_lent_to(address: Address, identity: Identity, namespace: str, name: str) -> bool:
    """Whether an admin lends the address to this pod.

    The tag holds, separated by spaces or commas: a cluster's name or uid, for all pods of that cluster, or
    `NAMESPACE/NAME`, in which `*` stands for anything, for these pods; `CLUSTER:NAMESPACE/NAME` for these
    pods of one cluster.
    """
    return any(_covers(word, identity, namespace, name) for word in _borrowers(address))


def is_lent_here(address: Address, identity: Identity) -> bool:
    """Whether an admin lends the address to any pods of this cluster."""
    return any(_names_cluster(word, identity) for word in _borrowers(address))


def _borrowers(address: Address) -> list[str]:
    return address.tags[names.LEND_TAG].replace(",", " ").split() if is_lent(address) else []


def _names_cluster(word: str, identity: Identity) -> bool:
    cluster = word.rpartition(":")[0] if "/" in word else word
    return cluster in {"", identity.cluster_name, identity.cluster_uid}


def _covers(word: str, identity: Identity, namespace: str, name: str) -> bool:
    if not _names_cluster(word, identity):
        return False
    if "/" not in word:
        return True
    of_namespace, _, of_name = word.rpartition(":")[2].partition("/")
    return fnmatchcase(namespace, of_namespace) and fnmatchcase(name, of_name)


def is_ours(address: Address, identity: Identity, scope: Scope) -> bool:
    """Whether the address was allocated by this installation."""
    return not whose(address, identity, scope)
