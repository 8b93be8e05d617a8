"""Each right of deploy/roles.yaml, taken away: what it is for does not work, and one line of the log says so.

That nothing beyond them is needed the other journeys show, which have exactly these.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import CREATED, NOT_FOUND, OK
from typing import Any

import pytest
import yaml

from eip import names
from sandbox import accounts
from sandbox.kubernetes.client import MERGE
from sandbox.kubernetes.status import JsonObject
from sandbox.processes import Process
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.installation import LEASE, Installation
from tests.journeys.right import written

UNSEEN_SECONDS = 2.0
"""Several times as long as a pod waits that is seen."""

ORPHAN_SECONDS = 1.5
"""A little more than the orphan age of SHAPE."""

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = [one for one in yaml.safe_load_all(accounts.ROLES.read_text()) if "rules" in one]
SHAPE = replace(installed.SHAPE, settings={"sweep_interval": "3600", "orphan_age": "1"})
"""Sweeps would serve the pods that a producer does not see; those that a test sends find orphans at once."""


@dataclass(frozen=True)
class Right:
    """One verb on one resource, in the role at this path."""

    role: str
    verb: str
    resource: str

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.role.rpartition("-")[2]

    def __str__(self) -> str:
        return f"{self.account} {self.verb} {self.resource}"


def path_of(role: JsonObject) -> str:
    """Where the API server has a role."""
    where = f"/namespaces/{accounts.NAMESPACE}" if role["kind"] == "Role" else ""
    return f"{RBAC}{where}/{role['kind'].lower()}s/{role['metadata']['name']}"


def rights(account: str) -> list[Right]:
    """All rights of an account."""
    granted = [
        Right(path_of(role), verb, resource)
        for role in ROLES
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    return [right for right in granted if right.account == account]


def without(rules: list[JsonObject], right: Right) -> list[JsonObject]:
    """The rules less one right."""
    left = [
        rule | {"verbs": [verb for verb in rule["verbs"] if verb != right.verb]}
        if right.resource in rule["resources"]
        else rule
        for rule in rules
    ]
    return [rule for rule in left if rule["verbs"]]


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


@contextmanager
def lacking(stack: Installation, right: Right) -> Iterator[Process]:
    """The right's holder, started anew without it; the other process runs."""
    holder, other = stack.first_producer, stack.first_worker
    if right.account == "worker":
        holder, other = other, holder
    holder.kill()
    if not other.running:
        other.start()
    role = stack.api.get(right.role).body
    assert stack.api.put(right.role, role | {"rules": without(role["rules"], right)}).status == OK
    try:
        yield holder.start(wait=False)
    finally:
        holder.kill()
        path = right.role
        assert stack.api.put(path, stack.api.get(path).body | {"rules": role["rules"]}).status == OK


def free_lease(stack: Installation, *, delete: bool) -> None:
    """Nobody leads: the Lease is not there, or it is nobody's."""
    if delete:
        stack.api.delete(LEASE)
    elif stack.api.patch(LEASE, {"spec": {"holderIdentity": None}}, MERGE).status == NOT_FOUND:
        folder, _, name = LEASE.rpartition("/")
        assert stack.api.post(folder, {"metadata": {"name": name}, "spec": {}}).status == CREATED


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
