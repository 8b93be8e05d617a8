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
| serve             | everything else                              | serve   |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from eip import names
from eip.pod import Pod

FARGATE_LABEL = "eks.amazonaws.com/fargate-profile"
TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})


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
    """Which pods are served; an empty set of namespaces means all."""

    namespaces: frozenset[str] = field(default_factory=frozenset)
    denied: frozenset[str] = field(default_factory=frozenset)
    allow_host_network: bool = False


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
    if question.pod.managed:
        return None
    return Decision(Desired.RELEASE, "not-managed", f"the label {names.MANAGE_SELECTOR} is not set")


def out_of_scope(question: Question) -> Decision | None:
    """Only the namespaces that this installation serves."""
    namespaces = question.scope.namespaces
    if not namespaces or question.pod.metadata.namespace in namespaces:
        return None
    return Decision(
        Desired.RELEASE,
        "out-of-scope",
        f"namespace {question.pod.metadata.namespace} is not in EIP_NAMESPACES",
    )


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


def serve(question: Question) -> Decision:
    """The pod wants an address and can have one."""
    return Decision(Desired.SERVE, "serve", f"the pod has the IP {question.pod.ipv4}")


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
    serve,
)


def decide(event: EventType, pod: Pod, scope: Scope) -> Decision:
    """The first rule that applies decides; `serve` applies always."""
    question = Question(event, pod, scope)
    return next(decision for rule in RULES if (decision := rule(question)))
