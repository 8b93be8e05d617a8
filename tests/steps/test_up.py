"""A pod comes up: what it costs, and what it gets."""

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from tests.workers_world import ENI, IP, IP2, OTHER, UID, Workers


def test_a_pod_costs_two_mutating_calls(workers: Workers) -> None:
    """Allocate and associate, beside one look-up of interfaces, one confirming read and one PATCH."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()

    assert workers.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert len(workers.ec2.made(Action.DESCRIBE_INTERFACES)) == 1
    assert workers.ec2.made(Action.DESCRIBE_ADDRESSES) == []
    assert workers.kubernetes.asked("get") == ["shop/web"]
    assert workers.kubernetes.asked("patch") == ["shop/web"]


def test_the_address_sits_on_the_pods_ip_and_the_pod_says_so(workers: Workers) -> None:
    """The annotations, those of external-dns, and the condition name the associated address."""
    claim = workers.serve()
    [address] = workers.ec2.at(IP)

    assert address.interface_id == ENI
    assert workers.kubernetes.annotations("web") == {
        names.PUBLIC_IP_ANNOTATION: address.public_ip,
        names.ALLOCATION_ID_ANNOTATION: address.allocation_id,
        "external-dns.kubernetes.io/target": address.public_ip,
        "external-dns.alpha.kubernetes.io/target": address.public_ip,
    }
    assert workers.kubernetes.ready("web") == "True"
    assert claim.written == claim.last_written


def test_the_address_is_tagged_with_its_pod(workers: Workers) -> None:
    """Uid, namespace and name are what a later look-up and a confirming read go by."""
    workers.serve()
    [address] = workers.ec2.addresses

    assert address.tags[names.POD_UID_TAG] == UID
    assert (address.tags[names.NAMESPACE_TAG], address.tags[names.POD_NAME_TAG]) == ("shop", "web")


def test_a_pod_of_the_same_node_costs_no_look_up(workers: Workers) -> None:
    """The node's interfaces are remembered."""
    workers.serve()
    workers.time.seconds -= 600.0
    workers.see(workers.kubernetes.add(OTHER, "db", IP2))
    workers.run()

    assert workers.ec2.made(Action.DESCRIBE_INTERFACES) == []
    assert len(workers.ec2.at(IP2)) == 1


def test_an_event_is_told_once(workers: Workers) -> None:
    """The pod's author reads that it has an address, and which."""
    workers.serve()
    [event] = workers.kubernetes.events

    assert (event["reason"], event["type"]) == ("AddressReady", "Normal")
    assert IP in str(event["message"])


@pytest.mark.parametrize("step", list(Step))
def test_a_served_pod_costs_nothing_more(workers: Workers, step: Step) -> None:
    """A message too many, of whatever step, finds nothing to do."""
    workers.serve()

    workers.step(step)

    assert workers.ec2.calls == []
    assert workers.kubernetes.calls == []


def test_an_event_without_news_wakes_nobody(workers: Workers) -> None:
    """The watch repeats itself, and no message is sent for it."""
    workers.serve()

    workers.see(workers.kubernetes.touched("web"))

    assert workers.messages == []


def test_a_pod_without_the_label_gets_nothing(workers: Workers) -> None:
    """Who does not ask for an address has none."""
    workers.see(workers.kubernetes.add(UID, "web", IP, labelled=False), EventType.ADDED)
    workers.run()

    assert workers.ec2.calls == []
    assert workers.ledger.uids() == set()


def test_a_pod_without_an_ip_gets_nothing_yet(workers: Workers) -> None:
    """There is nothing to associate with; the address is allocated once there is."""
    workers.see(workers.kubernetes.add(UID, "web"))
    workers.run()
    assert workers.ec2.calls == []

    workers.see(workers.kubernetes.edit("web", "status", podIP=IP))
    workers.run()

    assert workers.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]


def test_a_pod_that_is_ending_gets_nothing(workers: Workers) -> None:
    """An address for its last seconds is not worth two calls."""
    workers.see(
        workers.kubernetes.add(UID, "web", IP, metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    )
    workers.run()

    assert workers.ec2.calls == []
