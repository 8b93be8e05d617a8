"""What a pod is to have: an ordered chain of named pure rules, the first that applies decides.

| rule              | applies to                                   | desired |
|-------------------|----------------------------------------------|---------|
| left-watch        | a DELETED event: gone, or the label was taken | release |
| not-managed       | no label                                     | release |
| out-of-scope      | a namespace that is not served               | release |
| denied            | a namespace that may have no addresses       | release |
| finished          | phase Succeeded or Failed                    | release |
| host-network      | hostNetwork, unless allowed                  | release |
| fargate           | a Fargate pod: its interface is not ours     | release |
| ipv6-only         | IPs, but none of IPv4                        | release |
| network-down      | PodReadyToStartContainers is False           | hold    |
| no-ip             | no pod IP yet, or no longer                  | hold    |
| unusable-request  | annotations that ask for what can't be meant | release |
| pool-not-lent     | a public IPv4 pool that is not for this pod  | release |
| serve             | everything else                              | serve   |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from eip import names
from eip.aliases import Alias, managed_by_alias
from eip.pod import Pod
from eip.request import Unusable, requested

FARGATE_LABEL = "eks.amazonaws.com/fargate-profile"
TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})
NOT_MANAGED = "not-managed"
UNUSABLE_REQUEST = "unusable-request"
POOL_NOT_LENT = "pool-not-lent"


class Desired(StrEnum):
    """What a pod is to have."""

    SERVE = "serve"
    HOLD = "hold"
    RELEASE = "release"
    UNKNOWN = "unknown"


class EventType(StrEnum):
    """How the pod came to our eyes: a watch's event types, or a read."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    READ = "READ"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pods are served; an empty set of namespaces means all.

    `lent_pools` says which public IPv4 pools pods may name, and which pods: `NAMESPACE/NAME`, in which `*`
    stands for anything. `aliases` are the operators whose marks on pods count beside the label. With `nodes`
    nodes are served too, which are in no namespace.
    """

    namespaces: frozenset[str] = field(default_factory=frozenset)
    denied: frozenset[str] = field(default_factory=frozenset)
    allow_host_network: bool = False
    lent_pools: Mapping[str, Sequence[str]] = field(default_factory=dict)
    aliases: frozenset[Alias] = field(default_factory=frozenset)
    nodes: bool = False

    @property
    def selector(self) -> str:
        """The label selector that finds all pods; other operators' marks may be annotations."""
        return "" if self.aliases else names.MANAGE_SELECTOR

    @property
    def sources(self) -> Sequence[tuple[str | None, str]]:
        """What is to be listed: namespaces, None for all of them, or names.NODES; and by which selector."""
        pods: list[tuple[str | None, str]] = [(name, self.selector) for name in sorted(self.namespaces)]
        nodes = [(names.NODES, names.MANAGE_SELECTOR)] if self.nodes else []
        return [*(pods or [(None, self.selector)]), *nodes]

    def serves(self, namespace: str) -> bool:
        """Whether pods of this namespace, or nodes for names.NODES, are this installation's business."""
        if namespace == names.NODES:
            return self.nodes
        return not self.namespaces or namespace in self.namespaces

    def is_managed(self, pod: Pod) -> bool:
        """Whether it asks for an address: by the label, or, a pod, in the words of another operator."""
        if pod.managed or pod.is_node:
            return pod.managed
        return managed_by_alias(pod.metadata.labels, pod.metadata.annotations, self.aliases)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is desired, by which rule, and why in words; `warn` when its author should be told."""

    desired: Desired
    rule: str
    reason: str
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """All that a rule may look at."""

    event: EventType
    pod: Pod
    scope: Scope


Rule = Callable[[Question], Decision | None]


def left_watch(question: Question) -> Decision | None:
    """The object of a DELETED event still carries the label when only the label was taken."""
    if question.event is not EventType.DELETED:
        return None
    return Decision(Desired.RELEASE, "left-watch", "the pod was deleted or its label was removed")


def not_managed(question: Question) -> Decision | None:
    """Without the label there is nothing to do."""
    if question.scope.is_managed(question.pod):
        return None
    return Decision(Desired.RELEASE, NOT_MANAGED, f"the label {names.MANAGE_SELECTOR} is not set")


def out_of_scope(question: Question) -> Decision | None:
    """Only the namespaces that this installation serves, and nodes if it serves them."""
    namespace = question.pod.metadata.namespace
    if question.scope.serves(namespace):
        return None
    nodes = namespace == names.NODES
    reason = "EIP_NODES is not true" if nodes else f"namespace {namespace} is not in EIP_NAMESPACES"
    return Decision(Desired.RELEASE, "out-of-scope", reason)


def denied(question: Question) -> Decision | None:
    """Namespaces whose pods an admin does not want to pay for."""
    namespace = question.pod.metadata.namespace
    if namespace not in question.scope.denied:
        return None
    return Decision(
        Desired.RELEASE,
        "denied",
        f"pods of namespace {namespace} may have no address: it is in EIP_DENIED_NAMESPACES; "
        "ask who runs the operator",
        warn=True,
    )


def finished(question: Question) -> Decision | None:
    """A finished pod has no network, and never gets it back."""
    if question.pod.status.phase not in TERMINAL_PHASES:
        return None
    return Decision(Desired.RELEASE, "finished", f"the pod has ended: phase {question.pod.status.phase}")


def host_network(question: Question) -> Decision | None:
    """A pod on the host's network would take the node's own address."""
    if not question.pod.spec.host_network or question.scope.allow_host_network:
        return None
    return Decision(
        Desired.RELEASE,
        "host-network",
        "the pod uses hostNetwork: an address would be the whole node's; "
        "remove hostNetwork, or set EIP_ALLOW_HOST_NETWORK=true",
        warn=True,
    )


def fargate(question: Question) -> Decision | None:
    """Fargate's interfaces belong to AWS and refuse an association."""
    if FARGATE_LABEL not in (question.pod.metadata.labels or {}):
        return None
    return Decision(
        Desired.RELEASE,
        "fargate",
        "the pod runs on Fargate, whose interfaces take no Elastic IP; run it on EC2 nodes",
        warn=True,
    )


def ipv6_only(question: Question) -> Decision | None:
    """Elastic IPs are IPv4."""
    if not question.pod.status.pod_ip or question.pod.ipv4:
        return None
    return Decision(
        Desired.RELEASE,
        "ipv6-only",
        f"the pod has only the IPv6 address {question.pod.status.pod_ip[:45]}; an Elastic IP needs IPv4",
        warn=True,
    )


def network_down(question: Question) -> Decision | None:
    """The kubelet says so since 1.29; where the condition is absent nothing is known."""
    if question.pod.condition(names.NETWORK_CONDITION) != "False":
        return None
    return Decision(Desired.HOLD, "network-down", f"the pod's condition {names.NETWORK_CONDITION} is False")


def no_ip(question: Question) -> Decision | None:
    """There is nothing to associate with."""
    if question.pod.ipv4:
        return None
    return Decision(Desired.HOLD, "no-ip", "the pod has no IP")


def unusable_request(question: Question) -> Decision | None:
    """An address of another kind than the author meant would be worse than none."""
    try:
        requested(question.pod)
    except Unusable as error:
        return Decision(Desired.RELEASE, UNUSABLE_REQUEST, str(error), warn=True)
    return None


def pool_not_lent(question: Question) -> Decision | None:
    """Addresses of a pool are an admin's to give: by itself an annotation opens none."""
    pod, pool = question.pod, requested(question.pod).public_ipv4_pool
    lent_to = question.scope.lent_pools.get(pool, ())
    if not pool or any(fnmatchcase(pod.key, pods) for pods in lent_to):
        return None
    return Decision(
        Desired.RELEASE,
        POOL_NOT_LENT,
        f"{names.PUBLIC_IPV4_POOL_ANNOTATION}={pool}: pods called {pod.key} may not take addresses from "
        "this pool; ask who runs the operator to add it to EIP_LENT_PUBLIC_IPV4_POOLS, or remove the "
        "annotation",
        warn=True,
    )


def serve(question: Question) -> Decision:
    """The pod wants an address and can have one."""
    return serve_with(question.pod)


def serve_with(pod: Pod) -> Decision:
    """What is decided for a pod that can have an address."""
    return Decision(Desired.SERVE, "serve", f"the pod has the IP {pod.ipv4}")


RULES: Sequence[Rule] = (
    left_watch,
    not_managed,
    out_of_scope,
    denied,
    finished,
    host_network,
    fargate,
    ipv6_only,
    network_down,
    no_ip,
    unusable_request,
    pool_not_lent,
    serve,
)


def decide(event: EventType, pod: Pod, scope: Scope) -> Decision:
    """The first rule that applies decides; `serve` applies always."""
    question = Question(event, pod, scope)
    return next(decision for rule in RULES if (decision := rule(question)))
