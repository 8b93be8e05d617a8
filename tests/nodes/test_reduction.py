"""A node in the form of a pod: which of its fields count."""

from typing import Any

import msgspec
import pytest

from eip import names
from eip.decide import Desired, EventType, Scope, decide
from eip.node import Node, about_node, as_pod
from eip.pod import Pod
from eip.writing import seen_on

IP = {"type": "InternalIP", "address": "10.0.0.1"}
OTHERS = [{"type": "ExternalIP", "address": "203.0.113.1"}, {"type": "Hostname", "address": "ip-10-0-0-1"}]


def node(*addresses: dict[str, str], managed: str = "true", **status: Any) -> Pod:
    """A node with the label, in the form of a pod."""
    metadata = {"uid": "u", "name": "ip-10-0-0-1", "labels": {names.MANAGE_LABEL: managed}}
    found = {"metadata": metadata, "status": {"addresses": list(addresses), **status}}
    return as_pod(msgspec.convert(found, Node))


def desired(pod: Pod) -> Desired:
    """What is desired for it."""
    return decide(EventType.READ, pod, Scope(nodes=True)).desired


@pytest.mark.parametrize(
    ("addresses", "ip"),
    [
        pytest.param([IP], "10.0.0.1", id="the only one"),
        pytest.param([*OTHERS, IP], "10.0.0.1", id="neither the external one nor names"),
        pytest.param([IP, {**IP, "address": "10.0.9.9"}], "10.0.0.1", id="the first of several"),
        pytest.param([{**IP, "address": "2001:db8::1"}, IP], "10.0.0.1", id="of IPv4"),
        pytest.param(OTHERS, "", id="none"),
    ],
)
def test_the_address_is_for_the_internal_ip(addresses: list[dict[str, str]], ip: str) -> None:
    """The cloud provider names the primary IP of the primary interface first."""
    found = node(*addresses)

    assert (found.ipv4, found.spec.node_name, found.key) == (ip, "ip-10-0-0-1", "Node/ip-10-0-0-1")


def test_an_empty_object_is_no_reason_to_fail() -> None:
    """Every field may be absent."""
    assert as_pod(Node()).ipv4 == ""
    assert as_pod(msgspec.convert({"status": {"addresses": None}}, Node)).ipv4 == ""


def test_a_node_does_not_say_which_interface_is_its_own() -> None:
    """Its kubelet names its IP as well, and could name another node's interface with it."""
    metadata = {"annotations": {names.POD_ENI_ANNOTATION: '[{"eniId": "eni-12345678"}]', "kept": "1"}}

    assert as_pod(msgspec.convert({"metadata": metadata}, Node)).metadata.annotations == {"kept": "1"}


@pytest.mark.parametrize("ready", ["False", "Unknown"])
def test_a_node_that_is_not_ready_keeps_its_address(ready: str) -> None:
    """Its connections may be all that still works; it is gone when its object is."""
    found = node(IP, conditions=[{"type": "Ready", "status": ready}], phase="Terminated")

    assert desired(found) is Desired.SERVE


def test_a_node_without_the_label_gets_none() -> None:
    """Its pods are not asked either."""
    assert desired(node(IP, managed="false")) is Desired.RELEASE


def test_a_node_with_ipv6_alone_gets_none() -> None:
    """It is told why, as a pod is."""
    found = decide(EventType.READ, node({**IP, "address": "2001:db8::1"}), Scope(nodes=True))

    assert (found.desired, found.rule, found.warn) == (Desired.RELEASE, "ipv6-only", True)


@pytest.mark.parametrize(
    ("label", "condition"),
    [(None, ""), ("true", "True"), ("false", "False"), ("maybe", "maybe")],
)
def test_the_label_stands_for_the_condition(label: str | None, condition: str) -> None:
    """What another wrote there is not taken for ours."""
    labels = {} if label is None else {names.READY_LABEL: label}
    found = as_pod(msgspec.convert({"metadata": {"labels": labels}}, Node))

    assert seen_on(found, ()).rpartition("|")[2] == condition


@pytest.mark.parametrize(
    ("said", "of_node"),
    [
        ("The pod waits", "The node waits"),
        ("the pod's IP, as pods have", "the node's IP, as nodes have"),
        ("by vpc.amazonaws.com/pod-eni", "by vpc.amazonaws.com/pod-eni"),
        ("podman", "podman"),
    ],
)
def test_messages_speak_of_the_node(said: str, of_node: str) -> None:
    """Names that the word is a part of stay as they are."""
    assert about_node(said) == of_node
