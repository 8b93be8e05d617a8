"""Each right of deploy/'s roles, taken away: what it is for does not work, and one line of the log says so.

That nothing beyond them is needed the other journeys show, which have exactly these.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import OK
from typing import Any

import pytest

from eip import names
from sandbox import accounts, processes
from sandbox.kubernetes.client import MERGE
from sandbox.kubernetes.status import JsonObject
from sandbox.ports import free_ports
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.installation import Installation
from tests.journeys.right import written
from tests.journeys.rights import Right, free_lease, lacking, rights

UNSEEN_SECONDS = 2.0
"""Several times as long as a pod waits that is seen."""

ORPHAN_SECONDS = 1.5
"""A little more than the orphan age of SHAPE."""

WHERE_NODES_ARE_SERVED = {"EIP_NODES": "true"}
SHAPE = replace(installed.SHAPE, settings={"sweep_interval": "3600", "orphan_age": "1"})
"""Sweeps would serve the pods that a producer does not see; those that a test sends find orphans at once."""


def nothing_is_written(stack: Installation) -> bool:
    """Nobody says that the pod has an address."""
    return not written(stack.the_pod("web"))


def nothing_is_allocated(stack: Installation) -> bool:
    """EC2 is asked for nothing."""
    return not stack.ec2.addresses()


def nothing_is_associated(stack: Installation) -> bool:
    """There is an address, but not on the pod's IP."""
    return [address.private_ip for address in stack.ec2.addresses()] == [""]


def no_event_is_posted(stack: Installation) -> bool:
    """The pod's author is told nothing."""
    return not stack.events(stack.the_pod("web")["metadata"]["uid"])


def the_sweep_is_put_off(stack: Installation) -> bool:
    """What is not known is not touched."""
    return '"event": "sweep put off' in stack.first_worker.log()


def a_stray_stays(stack: Installation) -> bool:
    """A lent address on an IP of nobody is taken off our own nodes only."""
    return the_sweep_is_put_off(stack) and any(a.private_ip == stray_ip(stack) for a in stack.ec2.addresses())


FAILS: dict[tuple[str, str], Callable[[Installation], bool]] = {
    ("get", "pods"): nothing_is_associated,
    ("list", "pods"): the_sweep_is_put_off,
    ("patch", "pods/status"): nothing_is_written,
    ("get", "nodes"): nothing_is_associated,
    ("list", "nodes"): a_stray_stays,
    ("get", "namespaces"): nothing_is_allocated,
    ("create", "events"): no_event_is_posted,
}


def sweeps(stack: Installation) -> int:
    """How many sweeps the worker has ended."""
    return stack.logs()[stack.first_worker.name].count('"event": "sweep')


def send_a_sweep(stack: Installation) -> None:
    """As a producer does that begins to lead."""
    stack.first_producer.kill()
    free_lease(stack, delete=False)
    stack.first_producer.start()


def stray_ip(stack: Installation) -> str:
    """An IP on an interface of a node that the kubelet gives to no pod."""
    return stack.nodes[0].private_ip


def lend_a_stray(stack: Installation) -> None:
    """A lent address that a pod left on a node, as no claim remembers; one sweep has seen it."""
    tags: Any = [{"ResourceType": "elastic-ip", "Tags": [{"Key": names.LEND_TAG, "Value": "sandbox"}]}]
    lent = stack.aws.allocate_address(TagSpecifications=tags)["AllocationId"]
    interface = stack.nodes[0].interfaces[0]
    stack.aws.associate_address(
        AllocationId=lent, NetworkInterfaceId=interface.id, PrivateIpAddress=stray_ip(stack)
    )
    before = sweeps(stack)
    send_a_sweep(stack)
    stack.until(lambda: sweeps(stack) > before, "it was seen once")
    time.sleep(ORPHAN_SECONDS)


@pytest.fixture
def stack(installation: Installation) -> Iterator[Installation]:
    """What is left of a pod that could not be served is cleaned away by hand."""
    yield installation
    installation.delete_everything()
    installation.redis.flushall()


@clusters.NEAREST
@pytest.mark.parametrize("right", rights("producer"), ids=str)
def test_a_producers_right(stack: Installation, right: Right) -> None:
    """Without it no pod is seen, and the log says in one line which right is missing."""
    stack.until(lambda: sweeps(stack), "the first sweep of all is over")
    before = sweeps(stack)
    stack.first_producer.kill()
    free_lease(stack, delete=right.verb == "create")
    with lacking(stack, right) as producer:
        stack.until_logged(producer, f"cannot {right.verb} resource", right.resource)
        if right.resource == "pods":  # a leader's first sweep sees the pods that are there
            stack.until(lambda: sweeps(stack) > before, "the first sweep is over")

        stack.create_pod("web")
        stack.until(lambda: stack.the_pod("web")["status"].get("podIP"), "the pod runs")

        time.sleep(UNSEEN_SECONDS)
        assert nothing_is_allocated(stack)


@clusters.NEAREST
@pytest.mark.parametrize("right", rights("worker"), ids=str)
def test_a_workers_right(stack: Installation, right: Right) -> None:
    """Without it the step that needs it fails, and the log says in one line which right is missing."""
    with lacking(stack, right) as worker:
        if (right.verb, right.resource) == ("list", "nodes"):
            lend_a_stray(stack)
        if right.verb == "list":
            send_a_sweep(stack)
        stack.create_pod("web")

        stack.until_logged(worker, f"cannot {right.verb} resource", right.resource)

        assert FAILS[right.verb, right.resource](stack)


def label_a_node(stack: Installation, value: str | None) -> JsonObject:
    """Set the label that asks for an address, or with None remove it; answers with the node as it was."""
    path = f"/api/v1/nodes/{stack.networks[0].name}"
    node: JsonObject = stack.api.get(path).body
    assert stack.api.patch(path, {"metadata": {"labels": {names.MANAGE_LABEL: value}}}, MERGE).status == OK
    return node


def the_node_has_an_address(stack: Installation) -> bool:
    """There is one on its primary IP."""
    return any(address.private_ip == stack.nodes[0].private_ip for address in stack.ec2.addresses())


@pytest.fixture
def stack_with_nodes(stack: Installation) -> Iterator[Installation]:
    """Its producer and worker serve nodes, and do not run yet; no node has the label afterwards."""
    accounts.apply(stack.api, accounts.NODE_ROLES)
    of_pods = stack.first_producer, stack.first_worker
    for process in of_pods:
        process.kill()
    producer, worker = (stack.environment(name) | WHERE_NODES_ARE_SERVED for name in accounts.ACCOUNTS)
    port, metrics_port = free_ports(2)
    stack.first_producer = processes.producer(producer, stack.folder, port)
    stack.first_worker = processes.worker(worker, stack.folder, "worker-2", metrics_port)
    try:
        yield stack
    finally:
        stack.first_producer.kill()
        stack.first_worker.kill()
        stack.first_producer, stack.first_worker = of_pods
        label_a_node(stack, None)


@clusters.NEAREST
@pytest.mark.parametrize(
    "right", [right for one in accounts.ACCOUNTS for right in rights(one, accounts.NODE_ROLES)], ids=str
)
def test_a_right_for_nodes(stack_with_nodes: Installation, right: Right) -> None:
    """Without it pods are served, and nodes are not, or don't say so; the log says which right is missing."""
    stack = stack_with_nodes
    free_lease(stack, delete=False)
    with lacking(stack, right) as holder:
        stack.until_logged(stack.first_worker, '"event": "sweep')  # a sweep serves nodes that no watch saw
        label_a_node(stack, "true")
        stack.create_pod("web")
        stack.until_written("web")

        stack.until_logged(holder, f"cannot {right.verb} resource", right.resource)

        assert the_node_has_an_address(stack) is (right.account == "worker")
        assert names.READY_LABEL not in label_a_node(stack, "true")["metadata"]["labels"]
