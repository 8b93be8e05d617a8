"""CreateTags and DeleteTags on addresses, and on what moto keeps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ec2.messages import Node

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def test_tags_are_added_and_replaced(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str]
) -> None:
    """CreateTags keeps the tags that it does not name."""
    address = allocate()

    ec2.create_tags(Resources=[address], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    ec2.create_tags(Resources=[address], Tags=[{"Key": "b", "Value": "2"}])

    assert control.addresses()[0].tags == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("unwanted", "left"),
    [
        pytest.param({"Key": "a"}, {"b": "2"}, id="by key"),
        pytest.param({"Key": "a", "Value": "1"}, {"b": "2"}, id="by key and value"),
        pytest.param({"Key": "a", "Value": "other"}, {"a": "1", "b": "2"}, id="not with another value"),
        pytest.param({"Key": "c"}, {"a": "1", "b": "2"}, id="not what is not there"),
    ],
)
def test_tags_are_deleted(
    unwanted: Any, left: dict[str, str], ec2: "EC2Client", control: "Control", allocate: Callable[[], str]
) -> None:
    """DeleteTags takes a key away, and with a value only if it has that value."""
    address = allocate()
    ec2.create_tags(Resources=[address], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])

    ec2.delete_tags(Resources=[address], Tags=[unwanted])

    assert control.addresses()[0].tags == left


def test_a_51st_tag_is_refused_and_none_is_set(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """TagLimitExceeded leaves all resources of the call as they were."""
    full, empty = allocate(), allocate()
    ec2.create_tags(Resources=[full], Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])

    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[empty, full], Tags=[{"Key": "one-more", "Value": ""}])

    assert [len(each.tags) for each in control.addresses()] == [50, 0]


def test_interfaces_and_addresses_are_tagged_in_one_call(
    ec2: "EC2Client", node: Node, control: "Control", allocate: Callable[[], str]
) -> None:
    """Both kinds of resource take the tag, and an interface can be found by it."""
    eni = node.interfaces[0].id

    ec2.create_tags(Resources=[allocate(), eni], Tags=[{"Key": "team", "Value": "a"}])

    wanted: Any = [{"Name": "tag:team", "Values": ["a"]}]
    found = ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
    assert [each["NetworkInterfaceId"] for each in found] == [eni]
    assert control.addresses()[0].tags == {"team": "a"}


def test_unknown_resources_are_not_tagged(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """One unknown resource refuses the call for all."""
    with refused("InvalidAllocationID.NotFound"):
        ec2.create_tags(Resources=[allocate(), "eipalloc-0"], Tags=[{"Key": "a", "Value": ""}])

    assert control.addresses()[0].tags == {}
