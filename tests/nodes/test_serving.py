"""Nodes go the way of pods: what a worker does for one, on its word alone, and what it leaves alone."""

from typing import Any

import pytest

from eip import names
from eip.decide import EventType, Scope
from eip.names import Action
from tests.fakes.ec2 import CLUSTER
from tests.fakes.kubernetes import UNKNOWN
from tests.nodes.conftest import NODE, NODE_IP
from tests.workers_world import IP, OTHER, UID, Workers

UP = [Action.ALLOCATE, Action.ASSOCIATE]
DOWN = [Action.DISASSOCIATE, Action.RELEASE]


def serve(workers: Workers, **metadata: Any) -> None:
    """The node has its address, and the logs are empty again."""
    workers.serve(UID, NODE, NODE_IP, metadata=metadata)


def unlabelled(workers: Workers) -> None:
    """The label is taken; the event's object still carries it."""
    last = workers.kubernetes.pod(NODE)
    workers.kubernetes.edit(NODE, "metadata", labels={})
    workers.see(last, EventType.DELETED)


def deleted(workers: Workers) -> None:
    """The cloud controller has deleted the node."""
    workers.see(workers.kubernetes.remove(NODE), EventType.DELETED)


def test_a_node_costs_what_a_pod_costs(workers: Workers) -> None:
    """Two calls; it is tagged by its name, and the node says what it has."""
    workers.see(workers.kubernetes.add(UID, NODE, NODE_IP))
    workers.run()

    [address] = workers.ec2.at(NODE_IP)
    assert workers.ec2.mutating == UP
    assert (address.tags[names.NAMESPACE_TAG], address.tags[names.POD_NAME_TAG]) == (names.NODES, NODE)
    assert workers.kubernetes.annotations(NODE)[names.PUBLIC_IP_ANNOTATION] == address.public_ip
    assert workers.kubernetes.ready(NODE) == "True"


@pytest.mark.parametrize("ends", [unlabelled, deleted])
def test_a_node_that_ends_gives_its_address_back(workers: Workers, ends: Any) -> None:
    """Two calls, each after a look at the node itself."""
    serve(workers)
    ends(workers)
    workers.run()

    assert workers.ec2.mutating == DOWN
    assert set(workers.kubernetes.asked("get")) == {f"{names.NODES}/{NODE}"}


def test_a_node_of_the_same_name_gets_its_own(workers: Workers) -> None:
    """Another uid is another node: the address of the one before it is released."""
    serve(workers)
    deleted(workers)
    workers.see(workers.kubernetes.add(OTHER, NODE, NODE_IP))
    workers.run()

    [address] = workers.ec2.addresses
    assert (address.tags[names.POD_UID_TAG], address.private_ip) == (OTHER, NODE_IP)


@pytest.mark.parametrize("code", UNKNOWN)
def test_what_the_api_server_does_not_say_costs_no_address(workers: Workers, code: int) -> None:
    """As for pods, only 404 and another uid mean gone."""
    serve(workers)
    last = workers.kubernetes.pod(NODE)
    workers.kubernetes.breaks(code)
    workers.see(last, EventType.DELETED)
    workers.run_for(120)

    assert workers.ec2.mutating == []


def test_the_event_is_about_the_node(workers: Workers) -> None:
    """It is in the namespace default, as nodes are in none, and does not speak of a pod."""
    workers.kubernetes.add(UID, NODE, NODE_IP, metadata={"annotations": {names.KEEP_ANNOTATION: "often"}})
    workers.see(workers.kubernetes.pod(NODE))
    workers.run()

    [event] = workers.kubernetes.told("AddressRefused")
    assert event["metadata"]["namespace"] == "default"
    assert event["involvedObject"] == {"apiVersion": "v1", "kind": "Node", "name": NODE, "uid": UID}
    assert workers.kubernetes.asked("event") == ["default"]


def test_a_lent_address_is_taken_and_given_back(workers: Workers) -> None:
    """One call up, one down."""
    workers.ec2.lend(CLUSTER[0], "egress")
    serve(workers, annotations={names.POOL_ANNOTATION: "egress"})
    assert workers.ec2.at(NODE_IP)
    deleted(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.DISASSOCIATE]


def test_a_sweep_serves_nodes_and_finds_those_that_went(workers: Workers) -> None:
    """It lists them for itself."""
    workers.kubernetes.add(UID, NODE, NODE_IP)
    workers.sweeper.sweep()
    workers.run()
    assert workers.ec2.mutating == UP

    workers.age()
    workers.forget_calls()
    workers.kubernetes.remove(NODE)
    workers.sweeper.sweep()
    workers.run()
    assert workers.ec2.mutating == DOWN


def test_after_a_lost_redis_the_address_is_the_nodes(workers: Workers) -> None:
    """Its tags say whose it is: nothing moves."""
    serve(workers)
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.sweeper.refill()
    for _ in range(3):
        workers.sweeper.sweep()
        workers.run_for(300)

    assert workers.ec2.mutating == []
    assert workers.claim().serving


def test_with_the_setting_off_a_sweep_touches_no_nodes_address(workers: Workers) -> None:
    """It was on before, or is another installation's: it is left as it is."""
    serve(workers)
    workers.narrow(Scope())
    workers.kubernetes.remove(NODE)
    for _ in range(3):
        workers.sweeper.sweep()
        workers.run_for(300)

    assert workers.ec2.mutating == []


@pytest.mark.parametrize("nodes", [True, False])
def test_what_is_lent_to_a_labelled_node_is_no_stray(workers: Workers, nodes: bool) -> None:  # noqa: FBT001
    """Another installation may serve nodes: it has a Redis of its own."""
    workers.narrow(Scope(nodes=nodes))
    workers.ec2.lend(CLUSTER[0], "egress", NODE_IP)
    workers.kubernetes.add(UID, NODE, NODE_IP, metadata={"annotations": {names.POOL_ANNOTATION: "egress"}})
    for _ in range(3):
        workers.sweeper.sweep()
        workers.run_for(300)

    assert Action.DISASSOCIATE not in workers.ec2.mutating
    assert workers.ec2.at(NODE_IP)


def test_the_pods_on_a_node_are_not_disturbed(workers: Workers) -> None:
    """They have their own IPs, and their own addresses."""
    serve(workers)
    workers.kubernetes.space = "shop"
    workers.serve(OTHER, "web", IP)
    workers.kubernetes.space = names.NODES
    deleted(workers)
    workers.run()

    assert workers.ec2.mutating == DOWN
    assert [address.private_ip for address in workers.ec2.addresses] == [IP]
