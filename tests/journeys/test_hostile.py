"""Forged messages in every queue, and what a pod's author may write: refused, and nobody is cut off."""

import json
import uuid
from collections.abc import Iterator
from http.client import CONFLICT, CREATED, OK

import pytest

from eip import names
from eip.names import Action, EventReason, Queue, Step
from sandbox.kubernetes.client import MERGE
from tests import clusters
from tests.forged_messages import LONG, NO_UID, REFUSED, message
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

MANY = 50
LONGEST_LINE = 600
READY = {EventReason.READY.value: "Normal"}
LIVE = ["live-0", "live-1", "live-2"]


@pytest.fixture
def live(stack: Installation) -> Iterator[Installation]:
    """Pods that are served: neither their addresses nor the worker may be gone at the end."""
    stack.create_pods("live", len(LIVE))
    stack.until_served(*LIVE)
    before = {name: stack.address(name) for name in LIVE}
    stack.ec2.reset_calls()
    pid = stack.first_worker.pid
    yield stack
    stack.create_pod("next")
    stack.until_served("next")
    assert {name: stack.address(name) for name in LIVE} == before
    assert cut_off(stack, {address.allocation_id for address in before.values()}) == []
    assert stack.first_worker.running
    assert stack.first_worker.pid == pid
    stack.until(lambda: held_by_workers(stack) == 0, "no message is in a worker's hands")


def cut_off(stack: Installation, allocation_ids: set[str]) -> list[str]:
    """The calls that took one of these addresses away."""
    taking = (Action.DISASSOCIATE, Action.RELEASE)
    calls = [call for call in stack.ec2.calls().calls if call.action in taking]
    return [call.action for call in calls if allocation_ids & set(call.ids.values())]


def held_by_workers(stack: Installation) -> int:
    """Messages that were taken and are not acknowledged."""
    with stack.redis_client() as client:
        return int(client.hlen("unacked"))


def put(stack: Installation, queue: str, *messages: bytes) -> None:
    """Somebody reaches Redis."""
    with stack.redis_client() as client:
        client.lpush(queue, *messages)


def lines_since(stack: Installation, start: int) -> list[dict[str, str]]:
    """What the worker logged since; every line is one entry."""
    return [json.loads(line) for line in stack.first_worker.log()[start:].splitlines()]


@pytest.mark.parametrize("queue", list(Queue))
def test_forged_messages(live: Installation, queue: Queue) -> None:
    """One line for each, of a bounded length and without a traceback."""
    start = len(live.first_worker.log())
    forged = [*REFUSED.values(), *NO_UID.values()]

    put(live, queue.value, *forged)

    def refusals() -> list[dict[str, str]]:
        return [line for line in lines_since(live, start) if " refused: " in line["event"]]

    live.until(lambda: len(refusals()) >= len(forged), "each is refused")
    logged = lines_since(live, start)
    assert len(refusals()) == len(forged)
    assert [line for line in logged if "exception" in line or line["level"] in ("error", "critical")] == []
    assert max(len(json.dumps(line)) for line in logged) < LONGEST_LINE
    assert live.queue_lengths()[queue] == 0


def test_wake_ups_without_reason(live: Installation) -> None:
    """Of pods that live, under others' names, in others' queues; and of pods that nobody knows."""
    uids = [live.the_pod(name)["metadata"]["uid"] for name in LIVE]
    forged = [
        message(uid, "kube-system/coredns", task=step.task)
        for uid in [*uids, *(str(uuid.uuid4()) for _ in range(MANY))]
        for step in Step
    ]

    for queue in Queue:
        put(live, queue.value, *forged)

    live.until(lambda: not any(live.queue_lengths().values()), "all are taken")


@pytest.mark.parametrize("queue", [Queue.RELEASE, Queue.ALLOCATE])
def test_a_deletion_among_forged_messages(live: Installation, queue: Queue) -> None:
    """They keep no slot: what is genuine is served as if they were not there."""
    live.create_pod("leaving")
    live.until_served("leaving")
    refused = list(REFUSED.values())
    later = message(str(uuid.uuid4()), eta="2099-01-01T00:00:00+00:00")

    put(live, queue.value, *(refused[number % len(refused)] for number in range(MANY)), *[later] * MANY)
    live.delete_pod("leaving")

    live.until_gone("leaving")


FORGED_HINTS = {
    "another interface": '[{"eniId": "eni-00000000000000000", "privateIp": "10.0.0.1"}]',
    "an interface that is no word": '[{"eniId": ["*"], "privateIp": {}}]',
    "not JSON": "]]>",
    "deep": "[" * 10_000,
    "long": LONG,
}


@pytest.mark.parametrize("hint", FORGED_HINTS.values(), ids=FORGED_HINTS)
def test_a_forged_interface(stack: Installation, hint: str) -> None:
    """The annotation of security groups for pods, written by the pod's author: EC2's word counts."""
    made = create(stack, "forger", annotations={names.POD_ENI_ANNOTATION: hint})

    stack.until_served("forger")
    stack.until_told(made, READY)


def test_the_interface_of_another_pod(stack: Installation) -> None:
    """Whoever names another's interface and IP gets an address on his own, and the other keeps his."""
    stack.create_pod("victim")
    stack.until_served("victim")
    before = stack.address("victim")
    victim = [{"eniId": before.interface_id, "privateIp": before.private_ip}]

    create(stack, "forger", annotations={names.POD_ENI_ANNOTATION: json.dumps(victim)})

    stack.until_served("forger")
    assert stack.address("victim") == before


def test_our_annotations_written_beforehand(stack: Installation) -> None:
    """A pod that says it has the victim's address: it gets one of its own, and says so."""
    stack.create_pod("victim")
    stack.until_served("victim")
    before = stack.address("victim")
    claimed = {
        names.PUBLIC_IP_ANNOTATION: before.public_ip,
        names.ALLOCATION_ID_ANNOTATION: before.allocation_id,
    }

    create(stack, "forger", annotations=claimed)
    stack.until_served("forger")
    stack.delete_pod("forger")
    stack.until_gone("forger")

    assert stack.address("victim") == before


def test_the_longest_names_and_large_annotations(stack: Installation) -> None:
    """A pod's name of 253 characters in a namespace of 63, with as many annotations as Kubernetes takes."""
    namespace, name = "n" * 63, ".".join(["p" * 63] * 3 + ["p" * 61])
    body = {"metadata": {"name": namespace}}
    assert stack.api.post("/api/v1/namespaces", body).status in (CREATED, CONFLICT)

    made = create(stack, name, namespace, annotations={"example.com/long": "x" * 250_000})
    stack.until(lambda: stack.addresses_of(made["metadata"]["uid"]), "it has an address")

    stack.until_right()
    stack.until_told(made, READY)
    stack.delete_pod(name, namespace)
    stack.until(lambda: not stack.pod(name, namespace), "it is gone")
    stack.until_right()


def create(
    stack: Installation, name: str, namespace: str = "default", *, annotations: dict[str, str]
) -> dict[str, dict[str, str]]:
    """Create a labelled pod with annotations that are there from the first."""
    made = stack.create_pod(name, labelled=False, namespace=namespace)
    labels = {names.MANAGE_LABEL: "true"}
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    reply = stack.api.patch(path, {"metadata": {"annotations": annotations, "labels": labels}}, MERGE)
    assert reply.status == OK, reply.body
    return made
