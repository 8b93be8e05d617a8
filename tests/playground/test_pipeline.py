"""The main journey with producer, worker and Redis as they are, on LocalStack's EC2: `make localstack`.

LocalStack is what users try the operator on, and an EC2 that is none of ours. It lets pass what EC2 does not:
it ignores PrivateIpAddress, so that every pod IP here is the first of an interface of its own; it puts two
addresses on one IP, releases an associated one, finds first IPs only, takes two tag keys of a filter for both
at once, and knows neither rate, quota, lag, lost reply nor IAM. So this shows that the calls are well-formed
and that their answers are understood, and nothing of what the operator does when EC2 refuses: tests/journeys
does, on the project's double.
"""

import pytest

from eip import names
from tests.journeys.right import condition, written
from tests.playground.pipeline import LocalStackInstallation

pytestmark = pytest.mark.journey

MANY = 20


def test_an_address_comes_and_goes(stack: LocalStackInstallation) -> None:
    """On the pod's own IP, and written on it; a pod without the label gets none; nothing is left."""
    stack.create_pod("web")
    stack.create_pod("plain", labelled=False)
    stack.until_served("web", "plain")

    pod, address = stack.the_pod("web"), stack.address("web")
    assert address.private_ip == pod["status"]["podIP"]
    assert set(written(pod).values()) == {address.public_ip, address.allocation_id}
    assert condition(pod, names.READY_CONDITION) == "True"
    assert not written(stack.the_pod("plain"))
    assert len(stack.ec2.addresses()) == 1

    stack.delete_pod("web")
    stack.until_gone("web")
    stack.until(lambda: not stack.ec2.addresses(), "no address left")


def test_a_pod_comes_again_under_its_name(stack: LocalStackInstallation) -> None:
    """As of a StatefulSet: another address for another pod, and the first one's is gone."""
    stack.create_pod("web-0")
    stack.until_served("web-0")
    first = stack.address("web-0")

    stack.delete_pod("web-0")
    stack.until(lambda: stack.pod("web-0") is None, "the first is gone")
    stack.create_pod("web-0")
    stack.until_served("web-0")

    second = stack.address("web-0")
    assert second.allocation_id != first.allocation_id
    assert [each.allocation_id for each in stack.ec2.addresses()] == [second.allocation_id]


def test_the_label_is_taken_away(stack: LocalStackInstallation) -> None:
    """The pod goes on without an address, and does not say that it has one."""
    stack.create_pod("web")
    stack.until_served("web")

    stack.label_pod("web", managed=False)

    stack.until(lambda: not stack.ec2.addresses() and not written(stack.the_pod("web")), "no address")
    assert stack.the_pod("web")["status"]["phase"] == "Running"


def test_the_network_is_lost_and_comes_back(stack: LocalStackInstallation) -> None:
    """The address leaves the IP, stays the pod's, and goes to its new IP."""
    stack.create_pod("web")
    stack.until_served("web")
    before = stack.address("web")

    stack.kubelet.lose_network("default", "web")
    stack.until(lambda: not stack.address("web").association_id, "the address is off")
    ip = stack.kubelet.restore_network("default", "web")
    stack.until_served("web")

    after = stack.address("web")
    assert (after.allocation_id, after.private_ip) == (before.allocation_id, ip)
    assert ip != before.private_ip


def test_redis_loses_its_data(stack: LocalStackInstallation) -> None:
    """The sweep finds the addresses by their tags: no pod gets a second one."""
    stack.create_pod("web")
    stack.until_served("web")
    before = stack.address("web")

    stack.redis.flushall()
    stack.create_pod("next")
    stack.until_served("web", "next")

    assert stack.address("web") == before
    assert len(stack.ec2.addresses()) == len(("web", "next"))


def test_many_come_while_the_worker_dies(stack: LocalStackInstallation) -> None:
    """A kill -9 in the middle costs nobody an address and leaves none over."""
    pods = stack.create_pods("many", MANY)
    stack.until(stack.ec2.addresses, "the first address")
    stack.first_worker.kill()
    stack.first_worker.start()

    stack.until_served(*pods)

    assert len({stack.address(name).private_ip for name in pods}) == MANY
    assert len(stack.ec2.addresses()) == MANY
