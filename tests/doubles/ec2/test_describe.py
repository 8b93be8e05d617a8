"""DescribeAddresses and DescribeNetworkInterfaces: filters, pages, and what is shown."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from sandbox.ec2 import describe_addresses, interfaces
from sandbox.ec2.errors import Ec2Error
from sandbox.ec2.messages import InterfaceShape, Network, Node
from sandbox.ec2.server import Ec2Double

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


@pytest.fixture
def shown(ec2: "EC2Client", node: Node, associate: Any) -> dict[str, Any]:
    """An associated, tagged address as DescribeAddresses shows it, beside one that is free."""
    tags: Any = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "uid", "Value": "abc*def"}]}]
    address = ec2.allocate_address(TagSpecifications=tags)["AllocationId"]
    ec2.allocate_address()
    associate(address, node.interfaces[0].id, node.interfaces[0].secondary_ips[1])
    return dict(ec2.describe_addresses(AllocationIds=[address])["Addresses"][0])


def test_an_association_is_shown_on_its_address(shown: dict[str, Any], node: Node) -> None:
    """The address shows its association, interface, private address and instance."""
    assert shown["AssociationId"].startswith("eipassoc-")
    assert shown["NetworkInterfaceId"] == node.interfaces[0].id
    assert shown["PrivateIpAddress"] == node.interfaces[0].secondary_ips[1]
    assert shown["InstanceId"] == node.instance_id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allocation-id", lambda shown: shown["AllocationId"]),
        ("association-id", lambda shown: shown["AssociationId"]),
        ("instance-id", lambda shown: shown["InstanceId"]),
        ("network-interface-id", lambda shown: shown["NetworkInterfaceId"]),
        ("network-interface-owner-id", lambda shown: shown["NetworkInterfaceOwnerId"]),
        ("private-ip-address", lambda shown: shown["PrivateIpAddress"]),
        ("public-ip", lambda shown: shown["PublicIp"]),
        ("tag-key", lambda _: "uid"),
        ("tag:uid", lambda _: r"abc\*def"),
        ("tag:uid", lambda _: "abc*"),
        ("tag:uid", lambda _: "ab?????"),
    ],
)
def test_addresses_are_found_by_filter(
    name: str, value: Callable[[dict[str, Any]], str], shown: dict[str, Any], ec2: "EC2Client"
) -> None:
    """The filter finds the address and not the free one beside it, also among other values."""
    found = ec2.describe_addresses(Filters=[{"Name": name, "Values": ["other", value(shown)]}])["Addresses"]

    assert [each["AllocationId"] for each in found] == [shown["AllocationId"]]


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param([{"Name": "tag:uid", "Values": ["abc"]}], id="part of a value"),
        pytest.param([{"Name": "tag:uid", "Values": ["ABC*"]}], id="other case"),
        pytest.param([{"Name": "tag:other", "Values": ["*"]}], id="a tag that none has"),
        pytest.param([{"Name": "private-ip-address", "Values": ["10.0.0.4"]}], id="the primary address"),
        pytest.param(
            [{"Name": "tag-key", "Values": ["uid"]}, {"Name": "public-ip", "Values": ["198.18.99.99"]}],
            id="one filter of two",
        ),
    ],
)
def test_addresses_are_not_found_by(wanted: Any, shown: dict[str, Any], ec2: "EC2Client") -> None:
    """All filters must match, each with a whole value."""
    assert ec2.describe_addresses(Filters=wanted)["Addresses"] == []


def test_what_is_asked_for_by_id_must_exist(ec2: "EC2Client", shown: dict[str, Any], refused: Any) -> None:
    """One unknown id or address refuses the call."""
    with refused("InvalidAllocationID.NotFound"):
        ec2.describe_addresses(AllocationIds=[shown["AllocationId"], "eipalloc-0"])
    with refused("InvalidAddress.NotFound"):
        ec2.describe_addresses(PublicIps=["198.18.99.99"])
    with refused("InvalidNetworkInterfaceID.NotFound"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0"])


def test_an_unknown_filter_is_refused(ec2: "EC2Client", refused: Any) -> None:
    """A filter that EC2 does not have is not taken for one that matches nothing."""
    with refused("InvalidParameterValue"):
        ec2.describe_addresses(Filters=[{"Name": "pod-uid", "Values": ["a"]}])
    with refused("InvalidParameterValue"):
        ec2.describe_network_interfaces(Filters=[{"Name": "pod-uid", "Values": ["a"]}])


def test_an_interface_shows_its_addresses_prefixes_and_associations(
    ec2: "EC2Client", shown: dict[str, Any], node: Node
) -> None:
    """The Elastic IP stands beside the private address that it is on, and nowhere else."""
    eni = node.interfaces[0]

    seen = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni.id])["NetworkInterfaces"][0]

    assert [ip["PrivateIpAddress"] for ip in seen["PrivateIpAddresses"]] == eni.ips
    assert [prefix["Ipv4Prefix"] for prefix in seen["Ipv4Prefixes"]] == eni.prefixes
    on = {
        ip["PrivateIpAddress"]: ip["Association"] for ip in seen["PrivateIpAddresses"] if "Association" in ip
    }
    assert list(on) == [shown["PrivateIpAddress"]]
    assert on[shown["PrivateIpAddress"]]["AllocationId"] == shown["AllocationId"]
    assert "Association" not in seen
    assert seen["Attachment"]["InstanceId"] == node.instance_id
    assert seen["Operator"] == {"Managed": False}


def test_an_interface_of_auto_mode_says_who_manages_it(
    ec2: "EC2Client", control: "Control", network: Network
) -> None:
    """Operator shows EKS Auto Mode, and the filter finds it."""
    control.add_node(network)
    managed = control.add_node(network, InterfaceShape(managed=True)).interfaces[0]

    found = ec2.describe_network_interfaces(Filters=[{"Name": "operator.managed", "Values": ["true"]}])

    assert [each["NetworkInterfaceId"] for each in found["NetworkInterfaces"]] == [managed.id]
    assert found["NetworkInterfaces"][0]["Operator"] == {"Managed": True, "Principal": "eks.amazonaws.com"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("addresses.private-ip-address", lambda node: node.interfaces[1].secondary_ips[0]),
        ("addresses.private-ip-address", lambda node: node.interfaces[1].private_ip),
        ("private-ip-address", lambda node: node.interfaces[1].private_ip),
        ("network-interface-id", lambda node: node.interfaces[1].id),
    ],
)
def test_interfaces_are_found_by_filter(
    name: str, value: Callable[[Node], str], ec2: "EC2Client", control: "Control", network: Network
) -> None:
    """The filter finds the second interface, and no other of this node or the next."""
    node, _ = control.add_nodes(network, 2, InterfaceShape(1), InterfaceShape(1))

    found = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value(node)]}])

    assert [each["NetworkInterfaceId"] for each in found["NetworkInterfaces"]] == [node.interfaces[1].id]


def test_private_ip_address_means_the_primary_one(ec2: "EC2Client", node: Node) -> None:
    """A secondary address is found by `addresses.private-ip-address` only."""
    wanted: Any = [{"Name": "private-ip-address", "Values": [node.interfaces[0].secondary_ips[0]]}]

    assert ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"] == []


def test_the_interfaces_of_200_instances_take_one_call(
    ec2: "EC2Client", control: "Control", network: Network, refused: Any
) -> None:
    """200 filter values are taken, one more is FilterLimitExceeded."""
    nodes = control.add_nodes(network, 3)
    ids = [node.instance_id for node in nodes] + [f"i-{number}" for number in range(197)]

    found = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": ids}])

    expected = {node.interfaces[0].id for node in nodes}
    assert {each["NetworkInterfaceId"] for each in found["NetworkInterfaces"]} == expected
    with refused("FilterLimitExceeded"):
        ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [*ids, "one-more"]}])


def test_pages_hold_every_interface_once(ec2: "EC2Client", control: "Control", network: Network) -> None:
    """The paginator sees all, though one is deleted between two pages."""
    nodes = control.add_nodes(network, 12)
    pages = iter(ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5}))
    seen = [each["NetworkInterfaceId"] for each in next(pages)["NetworkInterfaces"]]
    gone = next(node for node in nodes if node.interfaces[0].id == seen[0])
    control.remove_node(gone.instance_id)

    for page in pages:
        assert len(page["NetworkInterfaces"]) <= 5
        seen += [each["NetworkInterfaceId"] for each in page["NetworkInterfaces"]]

    assert sorted(seen) == sorted(node.interfaces[0].id for node in nodes)


@pytest.mark.parametrize("size", ["4", "1001", "many"])
def test_a_page_size_out_of_range_is_refused(size: str, double: Ec2Double) -> None:
    """EC2 takes pages of 5 to 1000; what botocore would not send is refused too."""
    with pytest.raises(Ec2Error, match="InvalidParameterValue"):
        interfaces.describe({"MaxResults": size}, double.account.network, [])


def test_pages_of_named_interfaces_are_refused(ec2: "EC2Client", node: Node, refused: Any) -> None:
    """MaxResults and ids exclude each other."""
    with refused("InvalidParameterCombination"):
        ec2.describe_network_interfaces(MaxResults=5, NetworkInterfaceIds=[node.interfaces[0].id])


def wire_names(shape: Any) -> set[str]:
    """The names that botocore reads for a structure."""
    return {member.serialization.get("name", name) for name, member in shape.members.items()}


def unknown_names(shape: Any, shown: dict[str, Any]) -> set[str]:
    """The names that are shown and that botocore would not read, at any depth."""
    unknown = shown.keys() - wire_names(shape)
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    for name in shown.keys() - unknown:
        values = shown[name] if isinstance(shown[name], list) else [shown[name]]
        inner = members[name].member if members[name].type_name == "list" else members[name]
        unknown |= {
            each for value in values if isinstance(value, dict) for each in unknown_names(inner, value)
        }
    return unknown


def test_every_name_in_an_answer_is_one_that_botocore_reads(
    shown: dict[str, Any], double: Ec2Double, node: Node
) -> None:
    """A misspelt name would silently be missing from what boto3 returns."""
    model = botocore.session.get_session().get_service_model("ec2")
    book, network = double.account.addresses.current, double.account.network

    addresses = describe_addresses.describe({}, book)
    seen = interfaces.describe({"NetworkInterfaceId.1": node.interfaces[0].id}, network, book.values())

    assert unknown_names(model.operation_model("DescribeAddresses").output_shape, addresses) == set()
    assert unknown_names(model.operation_model("DescribeNetworkInterfaces").output_shape, seen) == set()
