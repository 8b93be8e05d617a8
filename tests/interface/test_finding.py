"""Which interface is found, by which calls; what a hint is worth is in test_hint."""

from dataclasses import replace
from functools import partial

import pytest

from eip.errors import Ec2Error, KubernetesError
from tests.interface.world import World, at_once, eni, instance_id, place, provider_id, small
from workers.aws.interface import AGAIN_SECONDS, HOST_SECONDS, Found, NotServable, NotYet, PodPlace
from workers.ports import Interface

ENI_1, ENI_2 = Found("eni-00000001"), Found("eni-00000002")


@pytest.mark.parametrize(
    "interface",
    [
        pytest.param(eni(1, 1, "10.0.0.9"), id="primary-ip"),
        pytest.param(eni(1, 1, "10.0.0.1", "10.0.0.9"), id="secondary-ip"),
        pytest.param(eni(1, 1, "10.0.0.1", prefixes=("10.0.0.32/28", "10.0.0.0/28")), id="in-a-prefix"),
    ],
)
def test_finds_the_interface_that_has_the_ip(interface: Interface) -> None:
    """EC2's word decides, whichever way the interface has the IP."""
    other = eni(2, 1, "10.0.0.2", prefixes=("10.0.0.16/28",))

    assert ENI_1 == small(interfaces=[other, interface]).finder().find(place())


def test_a_hundred_pods_on_ten_new_nodes_cost_one_describe_and_then_none() -> None:
    """What many pods ask for at once is one request, and is remembered."""
    world = World(
        nodes={f"node-{n}": provider_id(n) for n in range(10)},
        interfaces=[eni(n, n, *(f"10.0.{n}.{p}" for p in range(10))) for n in range(10)],
    )
    finder = world.finder()
    pods = [place(f"10.0.{n}.{p}", f"node-{n}") for n in range(10) for p in range(10)]
    for pod in pods[::10]:
        finder._hosts.host(pod, again=False)
    calls = [partial(finder.find, pod) for pod in pods]

    assert [Found(f"eni-{n:08x}") for n in range(10) for _ in range(10)] == at_once(
        world.clock, lambda: finder._look_ups.waiting, calls
    )
    assert 1 == world.asked("instances")
    assert 10 == world.asked("node")

    again = [finder.find(pod) for pod in pods]

    assert 100 == len(again)
    assert 1 == world.asked("instances")


def test_looks_again_when_the_ip_is_on_a_new_interface() -> None:
    """The CNI adds interfaces: an IP that is missing from what is remembered is worth one more call."""
    world = small()
    finder = world.finder()
    finder.find(place())
    world.interfaces.append(eni(2, 1, "10.0.0.77"))
    world.clock.seconds += AGAIN_SECONDS

    assert ENI_2 == finder.find(place("10.0.0.77"))
    assert 2 == world.asked("instances")


def test_does_not_look_again_within_two_seconds() -> None:
    """A pod whose IP EC2 does not show yet waits; it does not spend the account's rate."""
    world = small()
    finder = world.finder()
    found = [finder.find(place("10.0.0.77")) for _ in range(5)]

    assert all(isinstance(answer, NotYet) and "10.0.0.77" in answer.reason for answer in found)
    assert 1 == world.asked("instances")


def test_does_not_remember_for_ever() -> None:
    """After ten minutes EC2 is asked once more."""
    world = small()
    finder = world.finder()
    finder.find(place())
    world.clock.seconds += HOST_SECONDS

    finder.find(place())

    assert 2 == world.asked("instances")


def test_notices_that_a_node_name_has_another_instance() -> None:
    """Node names are made of IPs and come back: the providerID is read again before EC2 is asked again."""
    world = small()
    finder = world.finder()
    finder.find(place())
    world.nodes["node-1"] = provider_id(2)
    world.interfaces[:] = [eni(2, 2, "10.0.0.77")]
    world.clock.seconds += AGAIN_SECONDS

    assert ENI_2 == finder.find(place("10.0.0.77"))
    assert (("instances", (instance_id(2),))) == world.calls[-1]


def test_what_ec2_did_not_accept_is_forgotten() -> None:
    """When associate says that the interface is gone, the node and its interfaces are read anew."""
    world = small()
    finder = world.finder()
    finder.find(place())
    world.nodes["node-1"] = provider_id(2)
    world.interfaces[:] = [eni(2, 2, "10.0.0.9")]
    finder.forget(place())

    assert ENI_2 == finder.find(place())


def test_a_failure_is_not_remembered() -> None:
    """The next pod asks again after a throttled call."""
    world = small()
    finder = world.finder()
    finder.find(place(node="gone"))
    world.errors.append(KubernetesError(503, "ServiceUnavailable", "wait"))
    with pytest.raises(KubernetesError):
        finder.find(place())
    finder._hosts.host(place(), again=False)
    world.errors.append(Ec2Error("RequestLimitExceeded", "slow down"))
    with pytest.raises(Ec2Error):
        finder.find(place())

    assert ENI_1 == finder.find(place())


def test_a_throttled_batch_is_not_asked_again_in_pieces() -> None:
    """Throttling would only grow by more calls."""
    world = World(nodes={f"node-{n}": provider_id(n) for n in range(4)})
    finder = world.finder()
    pods = [place(f"10.0.0.{n}", f"node-{n}") for n in range(4)]
    for pod in pods:
        finder._hosts.host(pod, again=False)
    world.errors.append(Ec2Error("RequestLimitExceeded", "slow down"))

    def attempt(pod: PodPlace) -> None:
        with pytest.raises(Ec2Error, match="RequestLimitExceeded"):
            finder.find(pod)

    at_once(world.clock, lambda: finder._look_ups.waiting, [partial(attempt, pod) for pod in pods])

    assert 1 == world.asked("instances")


def test_without_rights_on_nodes_the_host_ip_and_the_vpc_name_the_host() -> None:
    """A namespaced installation reads no node."""
    world = small(hosts={"10.0.0.1": instance_id(1)})
    finder = world.finder("vpc-0a", rights_on_nodes=False)

    assert [ENI_1, ENI_1] == [finder.find(place()) for _ in range(2)]
    assert [("host", ("10.0.0.1", "vpc-0a"))] == world.calls

    finder.forget(place())
    finder.find(place())

    assert 2 == world.asked("host")


def test_interfaces_in_another_vpc_do_not_count() -> None:
    """An instance may have interfaces in two VPCs with the same addresses."""
    foreign = eni(2, 1, "10.0.0.9", vpc_id="vpc-0b")
    world = small(interfaces=[foreign, eni(1, 1, "10.0.0.9")])

    assert ENI_1 == world.finder("vpc-0a").find(place())
    answer = world.finder().find(place())
    assert isinstance(answer, NotServable)
    assert "eni-00000001 and eni-00000002" in answer.reason


@pytest.mark.parametrize(
    ("node", "provider", "said"),
    [
        pytest.param("fargate-ip-10-0-0-9.ec2.internal", None, "Fargate", id="fargate-by-name"),
        pytest.param(
            "n", "aws:///us-west-2a/4f/fargate-ip-10-0-0-9.ec2.internal", "Fargate", id="fargate-by-id"
        ),
        pytest.param("n", "eks-hybrid:///us-west-2/prod/mi-0123456789abcdef0", "hybrid node", id="hybrid"),
        pytest.param("n", "gce://project/zone/name", "gce://", id="google"),
        pytest.param("n", "aws:///us-west-2a/i-nonsense", "i-nonsense", id="not-an-instance-id"),
    ],
)
def test_refuses_nodes_that_ec2_has_no_interface_of(node: str, provider: str | None, said: str) -> None:
    """The reason says what the node is, the remedy what to do; EC2 is not called."""
    world = World(nodes={node: provider} if provider else {})
    answer = world.finder().find(place(node=node))

    assert isinstance(answer, NotServable)
    assert said in answer.reason
    assert answer.remedy
    assert 0 == world.asked("instances")


def test_refuses_interfaces_that_aws_manages() -> None:
    """EKS Auto Mode's interfaces take no address from anybody else."""
    world = small(interfaces=[eni(1, 1, "10.0.0.9", managed_by="eks.amazonaws.com")])
    answer = world.finder().find(place())

    assert isinstance(answer, NotServable)
    assert "eks.amazonaws.com" in answer.reason


@pytest.mark.parametrize(
    ("where", "nodes", "said"),
    [
        pytest.param(place(ip=""), {}, "IPv4", id="no-ip"),
        pytest.param(place(node=""), {}, "no node yet", id="no-node"),
        pytest.param(place(), {}, "there is no node node-1", id="node-gone"),
        pytest.param(place(), {"node-1": ""}, "no providerID yet", id="no-provider-id"),
    ],
)
def test_waits_for_what_is_not_there_yet(where: PodPlace, nodes: dict[str, str], said: str) -> None:
    """It is neither an error nor a refusal, and is asked about again next time."""
    world = small(nodes=nodes)
    finder = world.finder()

    answer = finder.find(where)
    assert isinstance(answer, NotYet)
    assert said in answer.reason
    world.nodes["node-1"] = provider_id(1)
    assert ENI_1 == finder.find(replace(where, ip="10.0.0.9", node="node-1"))
