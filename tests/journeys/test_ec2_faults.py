"""EC2 as it is on a bad day: lost replies, throttling, quota, lag, and other people's hands."""

import uuid

import pytest

from eip import names
from eip.names import Action
from sandbox.stack import CLUSTER_NAME
from tests import clusters
from tests.journeys.installation import Installation
from tests.journeys.right import our_addresses

pytestmark = clusters.NEAREST


@pytest.mark.parametrize("action", [Action.ALLOCATE, Action.ASSOCIATE])
def test_a_lost_reply_on_the_way_up(stack: Installation, action: Action) -> None:
    """What was done is found and adopted; there never is a second address."""
    stack.ec2.lose_replies(action)
    stack.create_pod("web")

    stack.until_served("web")

    assert stack.ec2.calls().count("AllocateAddress") == 1


@pytest.mark.parametrize("action", [Action.DISASSOCIATE, Action.RELEASE])
def test_a_lost_reply_on_the_way_down(stack: Installation, action: Action) -> None:
    """What was done already is done."""
    stack.create_pod("web")
    stack.until_served("web")
    stack.ec2.lose_replies(action)

    stack.delete_pod("web")

    stack.until_gone("web")
    assert our_addresses(stack) == []


def test_throttling_is_borne(stack: Installation) -> None:
    """Ten calls in a row are throttled: everybody is served, and nobody's author is bothered."""
    stack.ec2.throttle(count=10)
    made = stack.create_pods("web", 5)

    stack.until_served(*made)

    assert stack.ec2.calls().count("AllocateAddress", "ok") == len(made)
    for name in made:
        assert "Warning" not in stack.events(stack.the_pod(name)["metadata"]["uid"]).values()


def test_the_quota_is_used_up(stack: Installation) -> None:
    """Two of five pods wait, and are told so; the next is served as soon as an address is released."""
    stack.ec2.configure(quota=3)
    made = [stack.create_pod(f"web-{number}")["metadata"] for number in range(5)]
    told = {"QuotaExceeded": "Warning"}

    def waiting() -> list[str]:
        return [pod["name"] for pod in made if stack.events(pod["uid"]) == told]

    stack.until(lambda: len(waiting()) == 2 and len(our_addresses(stack)) == 3, "two pods wait")
    served = next(pod["name"] for pod in made if pod["name"] not in waiting())
    stack.delete_pod(served)

    stack.until(lambda: len(waiting()) == 1, "one of them is served", 40.0)
    assert len(stack.ec2.addresses()) <= 3


def test_describe_calls_are_behind(stack: Installation) -> None:
    """Three seconds late all the way through: nothing is allocated twice or left."""
    stack.ec2.configure(lag=3.0, young_seconds=3.0, young_not_found=0.5)
    made = stack.create_pods("web", 5)
    stack.until_served(*made)
    assert stack.ec2.calls().count("AllocateAddress") == len(made)

    for name in made:
        stack.delete_pod(name)

    stack.until_gone(*made)


def test_a_strangers_address_is_on_the_pods_ip(stack: Installation) -> None:
    """It is not touched, the pod's author is told, and the pod is served when it is gone."""
    stack.first_worker.terminate()
    pod = stack.create_pod("web")
    stack.until(lambda: stack.the_pod("web")["status"].get("podIP"), "the pod runs")
    ip = stack.the_pod("web")["status"]["podIP"]
    foreign = stack.aws.allocate_address(Domain="vpc")["AllocationId"]
    interface = interface_of(stack, ip)
    association = stack.aws.associate_address(
        AllocationId=foreign, NetworkInterfaceId=interface, PrivateIpAddress=ip
    )["AssociationId"]
    stack.first_worker.start()

    stack.until_told(pod, {"AssociateFailed": "Warning"})
    [there] = [a for a in stack.ec2.addresses() if a.allocation_id == foreign]
    assert (there.association_id, there.tags) == (association, {})

    stack.aws.disassociate_address(AssociationId=association)
    stack.until_served("web")
    stack.aws.release_address(AllocationId=foreign)


def interface_of(stack: Installation, ip: str) -> str:
    """The network interface that has a pod's IP, secondary or in a prefix."""
    filters = [{"Name": "addresses.private-ip-address", "Values": [ip]}]
    found = stack.aws.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    if found:
        return str(found[0]["NetworkInterfaceId"])
    return stack.nodes[-1].interfaces[0].id


def test_an_association_is_removed_by_hand(stack: Installation) -> None:
    """The sweep finds it, and the same address goes back to the pod."""
    stack.create_pod("web")
    stack.until_served("web")
    before = stack.address("web")

    stack.aws.disassociate_address(AssociationId=before.association_id)

    stack.until_right()
    assert stack.address("web").allocation_id == before.allocation_id


def tagged(stack: Installation, cluster_uid: str) -> str:
    """An address of a pod that never was, with our cluster's name; returns its allocation id."""
    tags = {
        names.POD_UID_TAG: str(uuid.uuid4()),
        names.CLUSTER_NAME_TAG: CLUSTER_NAME,
        names.CLUSTER_UID_TAG: cluster_uid,
        names.NAMESPACE_TAG: "default",
        names.POD_NAME_TAG: "never",
    }
    specification = {
        "ResourceType": "elastic-ip",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    made = stack.aws.allocate_address(Domain="vpc", TagSpecifications=[specification])
    return str(made["AllocationId"])


def test_an_orphan_is_released(stack: Installation) -> None:
    """An address of ours whose pod never was goes; another cluster's of the same name stays."""
    ours = stack.api.get("/api/v1/namespaces/kube-system").body["metadata"]["uid"]
    orphan = tagged(stack, ours)
    theirs = tagged(stack, "another-cluster")

    stack.until(lambda: {a.allocation_id for a in stack.ec2.addresses()} == {theirs}, "the orphan is gone")
    stack.until_logged(stack.first_worker, theirs, "another cluster")
    assert orphan not in {a.allocation_id for a in stack.ec2.addresses()}
