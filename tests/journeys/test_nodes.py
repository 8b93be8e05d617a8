"""Nodes with the label: an address on the primary IP, for as long as the Node object is there."""

from collections.abc import Iterator
from dataclasses import replace
from http.client import OK
from typing import Any

import pytest

from eip import names
from eip.names import Action
from sandbox import processes
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.status import JsonObject
from sandbox.node_report import register_node
from sandbox.ports import free_ports
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.installation import Installation
from tests.journeys.right import expected, written

pytestmark = clusters.NEAREST

SHAPE = replace(installed.SHAPE, settings={**installed.SHAPE.settings, "nodes": "true"})
MUTATING = (Action.ALLOCATE, Action.TAG, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)
UP = {"AllocateAddress": 1, "AssociateAddress": 1}
DOWN = {"DisassociateAddress": 1, "ReleaseAddress": 1}


@pytest.fixture
def stack(stack: Installation) -> Iterator[Installation]:
    """The module's installation; every node is there again, and none has the label."""
    yield stack
    for network in stack.networks:
        register_node(stack.api, network)
        label(stack, network.name, managed=False)


def label(stack: Installation, name: str, *, managed: bool) -> None:
    """Set or remove the label that asks for an address."""
    patch = {"metadata": {"labels": {names.MANAGE_LABEL: "true" if managed else None}}}
    assert stack.api.patch(f"/api/v1/nodes/{name}", patch).status == OK


def node(stack: Installation, name: str) -> JsonObject:
    """A node as it is."""
    found: JsonObject = stack.api.get(f"/api/v1/nodes/{name}").body
    return found


def ready(stack: Installation, name: str) -> str | None:
    """What the label says."""
    value: str | None = node(stack, name)["metadata"].get("labels", {}).get(names.READY_LABEL)
    return value


def on(stack: Installation, ip: str) -> list[AddressSnapshot]:
    """The addresses on a private IP."""
    return [address for address in stack.ec2.addresses() if address.private_ip == ip]


def calls(stack: Installation) -> dict[str, int]:
    """The mutating calls since the log was emptied."""
    log = stack.ec2.calls()
    return {action.value: count for action in MUTATING if (count := log.count(action))}


def until_called(stack: Installation, counts: dict[str, int]) -> None:
    """Wait for exactly these mutating calls, and empty the log."""
    stack.until(lambda: calls(stack) == counts, f"the calls {counts}, not {calls(stack)}")
    stack.ec2.reset_calls()


def until_served(stack: Installation, name: str, ip: str) -> AddressSnapshot:
    """Wait until the node has an address and says so."""
    stack.until(lambda: ready(stack, name) == "true" and on(stack, ip), f"{name} is served")
    [address] = on(stack, ip)
    assert written(node(stack, name)) == expected(address)
    return address


def served_pod(stack: Installation, name: str, host: str) -> AddressSnapshot:
    """A pod on this node that has its address."""
    stack.create_pod(name, nodeName=host)
    stack.until_written(name)
    [address] = stack.addresses_of(stack.the_pod(name)["metadata"]["uid"])
    stack.ec2.reset_calls()
    return address


def test_a_node_has_an_address_while_it_has_the_label(stack: Installation) -> None:
    """Two calls up and two down; the pod on it keeps its own, and nothing else is called."""
    name, ip = stack.networks[0].name, stack.nodes[0].private_ip
    of_pod = served_pod(stack, "web", name)

    label(stack, name, managed=True)
    address = until_served(stack, name, ip)
    until_called(stack, UP)
    uid = node(stack, name)["metadata"]["uid"]
    assert (address.tags[names.POD_UID_TAG], address.tags[names.NAMESPACE_TAG]) == (uid, names.NODES)
    stack.until(lambda: stack.events(uid).get("AddressReady") == "Normal", "the node's Event")

    label(stack, name, managed=False)
    until_called(stack, DOWN)
    stack.until(lambda: ready(stack, name) == "false", "the node says so")
    assert written(node(stack, name)) == {}
    assert [one.allocation_id for one in stack.ec2.addresses()] == [of_pod.allocation_id]
    assert on(stack, of_pod.private_ip) == [of_pod]


def test_a_deleted_nodes_address_is_released(stack: Installation) -> None:
    """Its pods are still there: theirs are not touched, nor is the address of another node."""
    gone, other = stack.networks[0], stack.networks[1]
    of_pod = served_pod(stack, "web", gone.name)
    for network in (gone, other):
        label(stack, network.name, managed=True)
    until_served(stack, gone.name, gone.host_ip)
    kept = until_served(stack, other.name, other.host_ip)
    stack.ec2.reset_calls()

    assert stack.api.delete(f"/api/v1/nodes/{gone.name}").status == OK

    until_called(stack, DOWN)
    ids = {one.allocation_id for one in stack.ec2.addresses() if one.association_id}
    assert ids == {of_pod.allocation_id, kept.allocation_id}


def test_a_node_that_comes_again_is_another(stack: Installation) -> None:
    """Deleted and registered anew while nobody looked: its address is its own, and one is released."""
    network = stack.networks[0]
    label(stack, network.name, managed=True)
    first = until_served(stack, network.name, network.host_ip)
    stack.first_producer.terminate()
    stack.first_worker.terminate()
    stack.api.delete(f"/api/v1/nodes/{network.name}")
    register_node(stack.api, network)
    label(stack, network.name, managed=True)

    stack.run()
    second = until_served(stack, network.name, network.host_ip)
    stack.until(lambda: len(stack.ec2.addresses()) == 1, "one address")

    assert second.allocation_id != first.allocation_id
    assert second.tags[names.POD_UID_TAG] == node(stack, network.name)["metadata"]["uid"]


def test_without_the_setting_nodes_are_left_alone(stack: Installation) -> None:
    """Pods are served, sweeps take place, and the label does nothing; it counts once the setting is on."""
    network, off = stack.networks[0], {"EIP_NODES": "false"}
    stack.first_producer.terminate()
    stack.first_worker.terminate()
    parts: list[Any] = [
        processes.producer(stack.environment("producer") | off, stack.folder, free_ports(1)[0]),
        processes.worker(stack.environment("worker") | off, stack.folder, "worker-2", free_ports(1)[0]),
    ]
    for part in parts:
        part.start(wait=False)
    label(stack, network.name, managed=True)
    stack.create_pod("web")
    stack.until_written("web")
    seen = parts[1].log().count('"event": "sweep"')
    stack.until(lambda: parts[1].log().count('"event": "sweep"') >= seen + 2, "two sweeps")

    assert calls(stack) == UP
    assert on(stack, network.host_ip) == []
    assert ready(stack, network.name) != "true"

    for part in parts:
        part.terminate()
    stack.run()
    until_served(stack, network.name, network.host_ip)
