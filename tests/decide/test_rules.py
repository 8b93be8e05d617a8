"""What a pod is to have: one row a rule, and what wins when several apply."""

from typing import Any

import msgspec
import pytest

from eip.claim import Claim
from eip.decide import RULES, Decision, Desired, EventType, Scope, decide
from eip.observe import observe
from eip.pod import Pod

LABEL = {"eip.aws.materialize.com/manage": "true"}
FARGATE = {"eks.amazonaws.com/fargate-profile": "fp-default"}
NETWORK_DOWN = [{"type": "PodReadyToStartContainers", "status": "False"}]


def pod(
    labels: Any = LABEL, spec: Any = None, namespace: str = "shop", metadata: Any = None, **status: Any
) -> Pod:
    """A pod as the API server's JSON says it; a running one with the IP 10.0.0.7 unless told otherwise."""
    seen = {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}], **status}
    meta = {"uid": "u", "namespace": namespace, "name": "web-0", "labels": labels, **(metadata or {})}
    raw = msgspec.json.encode({"metadata": meta, "spec": spec or {}, "status": seen})
    return msgspec.json.decode(raw, type=Pod)


def ask(given: Pod, event: EventType = EventType.MODIFIED, scope: Scope | None = None) -> Decision:
    """What is decided for a pod."""
    return decide(event, given, scope or Scope())


NO_IP: dict[str, Any] = {"podIP": "", "podIPs": []}
IPV6: dict[str, Any] = {"podIP": "2001:db8::7", "podIPs": [{"ip": "2001:db8::7"}]}


@pytest.mark.parametrize(
    ("given", "desired", "rule"),
    [
        pytest.param(pod(), Desired.SERVE, "serve", id="a labelled pod with an IP is served"),
        pytest.param(
            pod(phase="Pending"), Desired.SERVE, "serve", id="an init container may wait for the address"
        ),
        pytest.param(
            pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            Desired.SERVE,
            "serve",
            id="a terminating pod is served until its network is gone",
        ),
        pytest.param(pod(labels={}), Desired.RELEASE, "not-managed", id="a pod without the label is not"),
        pytest.param(pod(labels=None), Desired.RELEASE, "not-managed", id="nor one without labels"),
        pytest.param(pod(phase="Succeeded"), Desired.RELEASE, "finished", id="a succeeded pod gives it back"),
        pytest.param(pod(phase="Failed"), Desired.RELEASE, "finished", id="a failed pod gives it back"),
        pytest.param(
            pod(spec={"hostNetwork": True}), Desired.RELEASE, "host-network", id="hostNetwork is refused"
        ),
        pytest.param(pod(labels={**LABEL, **FARGATE}), Desired.RELEASE, "fargate", id="Fargate is refused"),
        pytest.param(pod(**IPV6), Desired.RELEASE, "ipv6-only", id="a pod with only IPv6 is refused"),
        pytest.param(
            pod(conditions=NETWORK_DOWN), Desired.HOLD, "network-down", id="a lost network keeps the address"
        ),
        pytest.param(pod(**NO_IP), Desired.HOLD, "no-ip", id="without an IP there is nothing to associate"),
        pytest.param(
            pod(conditions=[{"type": "PodReadyToStartContainers", "status": "True"}]),
            Desired.SERVE,
            "serve",
            id="a network that is up is served",
        ),
        pytest.param(
            pod(conditions=[{"type": "PodReadyToStartContainers", "status": "Unknown"}]),
            Desired.SERVE,
            "serve",
            id="a network of which nothing is known is served",
        ),
    ],
)
def test_rule(given: Pod, desired: Desired, rule: str) -> None:
    """The named rule decides."""
    decision = ask(given)

    assert (decision.desired, decision.rule) == (desired, rule)
    assert decision.reason


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        pytest.param(pod(labels={}, phase="Failed"), "not-managed", id="no label before finished"),
        pytest.param(
            pod(phase="Failed", spec={"hostNetwork": True}), "finished", id="finished before hostNetwork"
        ),
        pytest.param(
            pod(labels={**LABEL, **FARGATE}, spec={"hostNetwork": True}),
            "host-network",
            id="hostNetwork before Fargate",
        ),
        pytest.param(pod(labels={**LABEL, **FARGATE}, **IPV6), "fargate", id="Fargate before IPv6"),
        pytest.param(pod(**IPV6, conditions=NETWORK_DOWN), "ipv6-only", id="IPv6 before a lost network"),
        pytest.param(pod(**NO_IP, conditions=NETWORK_DOWN), "network-down", id="a lost network before no IP"),
        pytest.param(
            pod(spec={"hostNetwork": True}, **NO_IP), "host-network", id="a refusal does not wait for an IP"
        ),
    ],
)
def test_order(given: Pod, rule: str) -> None:
    """Where two rules apply the earlier one decides."""
    assert ask(given).rule == rule


def test_serve_is_the_last_rule() -> None:
    """A rule behind the one that always applies would never be asked."""
    assert [rule.__name__ for rule in RULES].index("serve") == len(RULES) - 1


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(pod(), id="with its label"),
        pytest.param(pod(labels={}), id="without it"),
        pytest.param(pod(spec={"hostNetwork": True}), id="one that is refused"),
        pytest.param(pod(conditions=NETWORK_DOWN), id="without network"),
    ],
)
def test_deleted_event_wins_over_everything(given: Pod) -> None:
    """After the label was removed the watch's DELETED object still carries it; and nobody is left to warn."""
    decision = ask(given, EventType.DELETED)

    assert (decision.desired, decision.rule, decision.warn) == (Desired.RELEASE, "left-watch", False)


@pytest.mark.parametrize("event", [EventType.ADDED, EventType.MODIFIED, EventType.READ])
def test_other_events_do_not_release(event: EventType) -> None:
    """Only DELETED says that the pod has left the watch."""
    assert ask(pod(), event).desired is Desired.SERVE


def test_out_of_scope_namespace() -> None:
    """A namespace that is not served is released, and the reason names the setting."""
    decision = ask(pod(namespace="other"), scope=Scope(frozenset({"shop"})))

    assert (decision.desired, decision.rule) == (Desired.RELEASE, "out-of-scope")
    assert "EIP_NAMESPACES" in decision.reason
    assert "other" in decision.reason


def test_scope_in_and_empty() -> None:
    """A named namespace is served, and an empty scope means all."""
    assert ask(pod(namespace="shop"), scope=Scope(frozenset({"shop"}))).desired is Desired.SERVE
    assert ask(pod(namespace="anything")).desired is Desired.SERVE


def test_host_network_when_allowed() -> None:
    """An administrator may allow that a pod takes its node's address."""
    decision = ask(pod(spec={"hostNetwork": True}), scope=Scope(allow_host_network=True))

    assert decision.desired is Desired.SERVE


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        pytest.param(pod(spec={"hostNetwork": True}), "EIP_ALLOW_HOST_NETWORK", id="hostNetwork"),
        pytest.param(pod(labels={**LABEL, **FARGATE}), "run it on EC2 nodes", id="Fargate"),
        pytest.param(pod(**IPV6), "needs IPv4", id="IPv6 only"),
    ],
)
def test_refusal_is_told(given: Pod, remedy: str) -> None:
    """The author of a pod that can't be served is told why."""
    decision = ask(given)

    assert decision.warn
    assert remedy in decision.reason


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(pod(), id="served"),
        pytest.param(pod(labels={}), id="not managed"),
        pytest.param(pod(phase="Failed"), id="finished"),
        pytest.param(pod(**NO_IP), id="no IP yet"),
        pytest.param(pod(conditions=NETWORK_DOWN), id="network lost"),
    ],
)
def test_everyday_life_is_not_told(given: Pod) -> None:
    """What needs nobody to act should not post a warning."""
    assert not ask(given).warn


@pytest.mark.parametrize("value", ["True", "TRUE", "yes", "1", "", " true", "true ", "false"])
def test_label_means_exactly_true(value: str) -> None:
    """The watch's selector is `=true`, so nothing else may ask for a paid address."""
    assert ask(pod(labels={"eip.aws.materialize.com/manage": value})).rule == "not-managed"


def test_annotation_is_no_label() -> None:
    """Saying it in an annotation does not ask for an address."""
    given = pod(labels={}, metadata={"annotations": LABEL})

    assert ask(given).rule == "not-managed"


def test_dual_stack_with_ipv6_first() -> None:
    """A dual-stack pod whose first IP is IPv6 is served on its IPv4."""
    given = pod(podIP="2001:db8::7", podIPs=[{"ip": "2001:db8::7"}, {"ip": "10.0.0.9"}])

    assert ask(given).desired is Desired.SERVE
    assert given.ipv4 == "10.0.0.9"


@pytest.mark.parametrize("ip", ["10.0.0", "10.0.0.256", "ten.0.0.9", "010.0.0.9", "."])
def test_what_is_no_address_is_not_served(ip: str) -> None:
    """Whatever the API server says: no worker falls over it."""
    given = pod(podIP=ip, podIPs=[])

    assert given.ipv4 == ""
    assert ask(given).desired is not Desired.SERVE


def test_mapped_address_is_not_ipv4() -> None:
    """An IPv4 address inside an IPv6 one is none that EC2 could associate with."""
    assert ask(pod(podIP="::ffff:10.0.0.7", podIPs=[])).rule == "ipv6-only"


def test_ipv6_in_the_reason_is_short() -> None:
    """What a reason quotes is bounded, whatever the field holds."""
    assert len(ask(pod(podIP="f:" * 5000, podIPs=[])).reason) < 200


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"metadata":{},"spec":{},"status":{}}',
        b'{"metadata":{"labels":null,"annotations":null},"status":{"podIPs":null,"conditions":null}}',
        b'{"metadata":{"labels":{"eip.aws.materialize.com/manage":"true"}},"unknown":[1,{"a":2}]}',
    ],
)
@pytest.mark.parametrize("event", list(EventType))
def test_absent_fields(raw: bytes, event: EventType) -> None:
    """Whatever is absent, something is decided, and it is never to serve."""
    decision = decide(event, msgspec.json.decode(raw, type=Pod), Scope())

    assert decision.desired is not Desired.SERVE


def test_absent_annotations_read_as_nothing() -> None:
    """A pod without annotations or conditions has nothing to say."""
    given = pod(metadata={"annotations": None}, conditions=None)

    assert given.annotation("any") == ""
    assert given.condition("Ready") == ""


@pytest.mark.parametrize(
    ("given", "key"), [(pod(), "shop/web-0"), (Pod(), "/")], ids=["named", "without a name"]
)
def test_key(given: Pod, key: str) -> None:
    """A pod is called by namespace and name."""
    assert given.key == key


def test_a_denied_namespace_is_told_so() -> None:
    """Its pods get no address, and an Event that names the setting."""
    decision = ask(pod(namespace="shop"), scope=Scope(denied=frozenset({"shop"})))

    assert (decision.desired, decision.rule, decision.warn) == (Desired.RELEASE, "denied", True)
    assert "EIP_DENIED_NAMESPACES" in decision.reason


def test_a_namespace_that_is_not_denied_is_served() -> None:
    """A denial of one namespace is none of another."""
    assert ask(pod(namespace="bank"), scope=Scope(denied=frozenset({"shop"}))).desired is Desired.SERVE


def asks(**annotations: str) -> dict[str, Any]:
    """The metadata of a pod with annotations of ours."""
    return {"annotations": {f"eip.aws.materialize.com/{key}": value for key, value in annotations.items()}}


@pytest.mark.parametrize(
    "annotations",
    [{"keep": "soon"}, {"pool": "blue", "keep": "1h"}, {"request-address": "10.0.0"}],
    ids=["no duration", "two that exclude each other", "no address"],
)
def test_what_cannot_be_meant_is_refused_and_told(annotations: dict[str, str]) -> None:
    """An address of another kind would be worse than none; the Event names the annotation."""
    decision = ask(pod(metadata=asks(**annotations)))

    assert (decision.desired, decision.rule, decision.warn) == (Desired.RELEASE, "unusable-request", True)
    assert "eip.aws.materialize.com/" in decision.reason


@pytest.mark.parametrize(
    "annotations",
    [{"keep": "7d"}, {"pool": "blue"}, {"request-address": "198.18.0.1"}, {"Keep": "soon"}],
    ids=["kept", "of a pool", "by its IP", "another annotation"],
)
def test_what_can_be_meant_is_served(annotations: dict[str, str]) -> None:
    """Whether it is there is for a step to find out."""
    assert ask(pod(metadata=asks(**annotations))).desired is Desired.SERVE


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        pytest.param(pod(labels={}, metadata=asks(keep="soon")), "not-managed", id="no label"),
        pytest.param(pod(phase="Failed", metadata=asks(keep="soon")), "finished", id="finished"),
        pytest.param(
            pod(conditions=NETWORK_DOWN, metadata=asks(keep="soon")), "network-down", id="no network"
        ),
        pytest.param(pod(**NO_IP, metadata=asks(keep="soon")), "no-ip", id="no IP"),
    ],
)
def test_what_it_asks_for_is_read_last(given: Pod, rule: str) -> None:
    """A pod that can't have an address, or not yet, is not told how to ask for one."""
    assert ask(given).rule == rule


def test_an_edit_that_means_nothing_takes_no_address_from_a_live_pod() -> None:
    """What held before holds on; without an address the pod is refused."""
    garbled = pod(metadata=asks(keep="soon"))
    served = Claim(uid="u", allocation_id="eipalloc-1", keep=3600)

    kept = observe(served, EventType.MODIFIED, garbled, ask(garbled), "")
    refused = observe(Claim(uid="u"), EventType.MODIFIED, garbled, ask(garbled), "")

    assert kept is not None
    assert (kept.desired, kept.keep) == (Desired.SERVE, 3600)
    assert refused is not None
    assert refused.desired is Desired.RELEASE


def test_what_is_asked_for_later_is_not_looked_for() -> None:
    """Once there is an address, or may be one, only how long it stays can change."""
    edited = pod(metadata=asks(pool="red"))
    for has in ({"allocation_id": "eipalloc-1"}, {"intent_at": 5}):
        claim = observe(Claim(uid="u", keep=60, **has), EventType.MODIFIED, edited, ask(edited), "")
        assert claim is not None
        assert (claim.pool, claim.keep) == ("", 0)
