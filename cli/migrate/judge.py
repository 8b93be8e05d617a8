"""Whether an address may be taken over: an ordered chain of named pure rules, the first that applies decides.

| rule            | applies to                                                    | verdict |
|-----------------|---------------------------------------------------------------|---------|
| another_cluster | the other operator's tag names another cluster                | leave   |
| already_ours    | our tags, and on the IP of the pod that they name             | moved   |
| ours_otherwise  | our tags, but the pod is gone or has another IP               | leave   |
| of_a_stranger   | our tags, of another cluster of ours                          | problem |
| of_a_node       | it is for nodes, whose addresses are not moved                | leave   |
| not_associated  | no association                                                | problem |
| of_no_pod       | no running pod of this cluster has the IP on that instance    | problem |
| of_two_pods     | two of them say that they have it                             | problem |
| of_another_pod  | the other operator's tags name another pod                    | problem |
| without_its_eip | no Eip resource of this cluster has the uid of its tag        | problem |
| not_asked_for   | the pod does not ask for an address (any more)                | problem |
| not_served      | the pod's namespace is not served by this operator            | leave   |
| kept            | it outlives its pod, and was not asked for (`--adopt-kept`)   | problem |
| movable         | everything else                                               | move    |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cli.migrate.facts import Address, Facts, Pod
from cli.migrate.origin import Origin
from eip import names
from workers.aws.hint import hinted_interface
from workers.ours import Identity


class Verdict(StrEnum):
    """What becomes of an address."""

    MOVE = "move"
    MOVED = "moved"
    LEAVE = "leave"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; `old_cluster` is this cluster's name for the other operator."""

    origin: Origin
    identity: Identity
    old_cluster: str
    now: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()
    adopt_kept: bool = False
    remove_old: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """An address, what becomes of it, why in words, and the pod that has it."""

    address: Address
    verdict: Verdict
    why: str
    pod: Pod | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """All that a rule may look at; `pods` are the running ones that have the address' IP on its instance."""

    address: Address
    pods: tuple[Pod, ...]
    eip_uids: frozenset[str]
    request: Request

    @property
    def tags(self) -> Mapping[str, str]:
        """The address' tags."""
        return self.address.tags

    @property
    def ours(self) -> bool:
        """Whether it carries the tags of our installation in this cluster."""
        identity = self.request.identity
        return (self.tags.get(names.CLUSTER_NAME_TAG), self.tags.get(names.CLUSTER_UID_TAG)) == (
            identity.cluster_name,
            identity.cluster_uid,
        )

    @property
    def pod(self) -> Pod:
        """The one pod; only where the rules before have made sure of it."""
        return self.pods[0]


Answer = tuple[Verdict, str] | None
Rule = Callable[[Question], Answer]


def judge(facts: Facts, request: Request) -> list[Judged]:
    """Every address that carries the other operator's tags."""
    by_ip: dict[str, list[Pod]] = {}
    for pod in facts.pods:
        if pod.status.pod_ip and not pod.ended and not pod.spec.host_network:
            by_ip.setdefault(pod.status.pod_ip, []).append(pod)
    eip_uids = frozenset(eip.metadata.uid for eip in facts.eips)
    marked = [a for a in facts.addresses if request.origin.marker_tag in a.tags]
    return [
        _judged(Question(address, _at(address, by_ip, facts), eip_uids, request))
        for address in sorted(marked, key=lambda a: (request.origin.pod_key(a.tags), a.allocation_id))
    ]


def _at(address: Address, by_ip: Mapping[str, Sequence[Pod]], facts: Facts) -> tuple[Pod, ...]:
    """VPCs may use the same IPs: only the instance, or the pod's own interface, says that it is this pod."""
    if not address.association_id:
        return ()
    return tuple(pod for pod in by_ip.get(address.private_ip, ()) if _on(address, pod, facts.instances))


def _on(address: Address, pod: Pod, instances: Mapping[str, str]) -> bool:
    instance = instances.get(pod.spec.node_name, "")
    hint = hinted_interface(pod.metadata.annotations.get(names.POD_ENI_ANNOTATION, ""), address.private_ip)
    return (bool(instance) and instance == address.instance_id) or (
        bool(hint) and hint == address.interface_id
    )


def _judged(question: Question) -> Judged:
    verdict, why = next(answer for rule in RULES if (answer := rule(question)))
    pod = question.pods[0] if len(question.pods) == 1 else None
    return Judged(question.address, verdict, why, pod)


def another_cluster(question: Question) -> Answer:
    """Its pods are not to be seen here."""
    name = question.tags.get(question.request.origin.cluster_tag, "")
    if name == question.request.old_cluster:
        return None
    return Verdict.LEAVE, f"of the cluster {name!r}"


def already_ours(question: Question) -> Answer:
    """An earlier run has done this."""
    uids = {pod.metadata.uid for pod in question.pods}
    if not question.ours or question.tags.get(names.POD_UID_TAG) not in uids or len(uids) > 1:
        return None
    return Verdict.MOVED, "is this operator's"


def ours_otherwise(question: Question) -> Answer:
    """It is for this operator's sweep."""
    return (Verdict.LEAVE, "is this operator's already, and its pod has changed") if question.ours else None


def of_a_stranger(question: Question) -> Answer:
    """Two clusters can't have the same address."""
    uid = question.tags.get(names.CLUSTER_UID_TAG)
    if not uid:
        return None
    name = question.tags.get(names.CLUSTER_NAME_TAG, "")
    return Verdict.PROBLEM, f"this operator has it already in the cluster {name!r} with the uid {uid}"


def of_a_node(question: Question) -> Answer:
    """What serves nodes must go on."""
    node_tag = question.request.origin.node_tag
    if not node_tag or node_tag not in question.tags:
        return None
    return Verdict.LEAVE, "is for nodes, whose addresses are not moved"


def not_associated(question: Question) -> Answer:
    """Nobody uses it at the moment."""
    if question.address.association_id:
        return None
    return Verdict.PROBLEM, "is associated with nothing; if nobody needs it, release it by hand"


def of_no_pod(question: Question) -> Answer:
    """A pod that ended, one of another VPC, or a node itself."""
    if question.pods:
        return None
    address = question.address
    where = address.instance_id or address.interface_id
    return Verdict.PROBLEM, f"no running pod of this cluster has {address.private_ip} on {where}"


def of_two_pods(question: Question) -> Answer:
    """One of them is about to go, and nobody can say which."""
    if len(question.pods) == 1:
        return None
    two = " and ".join(pod.key for pod in question.pods)
    return Verdict.PROBLEM, f"{two} both say that they have {question.address.private_ip}"


def of_another_pod(question: Question) -> Answer:
    """The IP went to the next pod while the address stayed."""
    key = question.request.origin.pod_key(question.tags)
    if key == question.pod.key:
        return None
    return Verdict.PROBLEM, f"is tagged for {key}, and on the IP of {question.pod.key}"


def without_its_eip(question: Question) -> Answer:
    """Another cluster of the same name has it, or the other operator would release it."""
    tag = question.request.origin.eip_uid_tag
    if not tag or question.tags.get(tag) in question.eip_uids:
        return None
    return Verdict.PROBLEM, f"no Eip of this cluster has the uid {question.tags.get(tag)}"


def not_asked_for(question: Question) -> Answer:
    """The other operator would take it away, and so would this one."""
    if question.request.origin.asks(question.pod):
        return None
    return Verdict.PROBLEM, f"{question.pod.key} asks for no address"


def not_served(question: Question) -> Answer:
    """This operator would never see the pod."""
    namespaces = question.request.namespaces
    if not namespaces or question.pod.metadata.namespace in namespaces:
        return None
    return Verdict.LEAVE, f"the namespace {question.pod.metadata.namespace} is not in EIP_NAMESPACES"


def kept(question: Question) -> Answer:
    """This operator gives addresses back with their pods."""
    why = question.request.origin.kept(question.pod, question.tags)
    if not why or question.request.adopt_kept:
        return None
    return Verdict.PROBLEM, f"{why}; --adopt-kept moves it, and marks it to be kept"


def movable(question: Question) -> Answer:  # noqa: ARG001 - as every rule
    """The address of one running pod of this cluster."""
    return Verdict.MOVE, ""


RULES: Sequence[Rule] = (
    another_cluster,
    already_ours,
    ours_otherwise,
    of_a_stranger,
    of_a_node,
    not_associated,
    of_no_pod,
    of_two_pods,
    of_another_pod,
    without_its_eip,
    not_asked_for,
    not_served,
    kept,
    movable,
)
