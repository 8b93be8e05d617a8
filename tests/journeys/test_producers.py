"""The producer stops, dies, is replaced; what happened meanwhile is not lost."""

import pytest

from sandbox.processes import Process
from tests import clusters
from tests.journeys.installation import LEASE, Installation
from tests.journeys.right import our_addresses

pytestmark = clusters.NEAREST

CHURN = 20


def churn(stack: Installation, before: list[str]) -> None:
    """Delete these pods, and create as many others."""
    for name in before:
        stack.delete_pod(name)
    stack.create_pods("new", len(before))


@pytest.mark.parametrize("end", [Process.terminate, Process.kill], ids=["SIGTERM", "SIGKILL"])
def test_pods_come_and_go_without_a_producer(stack: Installation, end: object) -> None:
    """A producer that starts finds what it has not seen: pods that came, and pods that went."""
    old = stack.create_pods("old", CHURN)
    stack.until_served(*old)
    assert callable(end)
    end(stack.first_producer)

    churn(stack, old)
    stack.first_producer.start()

    stack.until_served(*(f"new-{number}" for number in range(CHURN)))
    assert len(our_addresses(stack)) == CHURN


def leads(process: Process) -> bool:
    """Whether it has ever led since its start."""
    return '"leading"' in process.log()


def test_a_standby_takes_over_from_a_dead_leader(stack: Installation) -> None:
    """After a kill -9, and with all that happened in between."""
    old = stack.create_pods("old", CHURN)
    stack.until_served(*old)
    standby = stack.second_producer().start()
    assert not leads(standby)

    stack.first_producer.kill()
    churn(stack, old)

    stack.until(lambda: leads(standby), "the standby leads")
    stack.until_served(*(f"new-{number}" for number in range(CHURN)))


def test_a_standby_takes_over_from_a_leader_that_ends(stack: Installation) -> None:
    """A leader that ends in order gives its Lease back: nobody waits for it to run out."""
    standby = stack.second_producer().start()
    before = stack.api.get(LEASE).body

    assert stack.first_producer.terminate() == 0

    after = stack.api.get(LEASE).body
    assert after["spec"].get("holderIdentity") != before["spec"]["holderIdentity"]
    stack.create_pod("web")
    stack.until(lambda: leads(standby), "the standby leads")
    stack.until_served("web")


def test_two_producers_serve_a_pod_once(stack: Installation) -> None:
    """The standby writes nothing."""
    stack.second_producer().start()

    made = stack.create_pods("web", 5)

    stack.until_served(*made)
    assert stack.ec2.calls().count("AllocateAddress") == len(made)
