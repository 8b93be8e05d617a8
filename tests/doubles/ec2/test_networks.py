"""The scenario builder: VPCs, nodes, interfaces and private addresses that come and go."""

from collections.abc import Callable
from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ec2.control import ControlError
from sandbox.ec2.errors import Ec2Error
from sandbox.ec2.messages import Interface, InterfaceShape, Network, Node
from sandbox.ec2.private_ips import free_ips, free_prefixes

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control

SUBNET = IPv4Network("10.0.0.0/24")


def all_ips(interfaces: list[Interface]) -> list[str]:
    """Every address of some interfaces, those inside prefixes too."""
    inside = [str(ip) for each in interfaces for prefix in each.prefixes for ip in IPv4Network(prefix)]
    return [ip for each in interfaces for ip in each.ips] + inside


def test_nodes_have_the_interfaces_that_were_asked_for(control: "Control", network: Network) -> None:
    """Each shape becomes an interface, the first the primary one; no address is given twice."""
    nodes = control.add_nodes(network, 3, InterfaceShape(secondary_ips=4), InterfaceShape(prefixes=2))

    interfaces = [interface for node in nodes for interface in node.interfaces]
    assert [len(each.secondary_ips) for each in interfaces] == [4, 0] * 3
    assert [len(each.prefixes) for each in interfaces] == [0, 2] * 3
    ips = all_ips(interfaces)
    assert len(ips) == len(set(ips)) == 3 * (5 + 1 + 32)
    assert all(ip_address(ip) in IPv4Network("10.0.0.0/16") for ip in ips)


def test_a_node_is_an_instance_that_boto3_sees(ec2: "EC2Client", node: Node, network: Network) -> None:
    """DescribeInstances, which is moto's, shows the same instance, address and subnet."""
    reservation = ec2.describe_instances(InstanceIds=[node.instance_id])["Reservations"][0]

    instance = reservation["Instances"][0]
    assert instance["PrivateIpAddress"] == node.private_ip
    assert instance["SubnetId"] == network.subnet_id
    assert node.provider_id == f"aws:///us-east-1a/{node.instance_id}"


def test_only_the_default_network_is_default(ec2: "EC2Client", control: "Control", network: Network) -> None:
    """EC2 says of both kinds of VPC what they are."""
    default = control.default_network()

    shown = {each["VpcId"]: each["IsDefault"] for each in ec2.describe_vpcs()["Vpcs"]}

    assert shown == {default.vpc_id: True, network.vpc_id: False}
    assert (default.default, network.default) == (True, False)


def test_a_network_leads_to_the_internet(ec2: "EC2Client", network: Network) -> None:
    """An Elastic IP carries nothing in a subnet without a route to an internet gateway."""
    tables = ec2.describe_route_tables()["RouteTables"]

    [main] = [table for table in tables if table["VpcId"] == network.vpc_id]
    ways = {route["DestinationCidrBlock"]: route["GatewayId"] for route in main["Routes"]}
    assert ways.keys() == {"10.0.0.0/16", "0.0.0.0/0"}
    assert ways["0.0.0.0/0"].startswith("igw-")


def test_interfaces_are_added_to_a_node_and_removed(
    ec2: "EC2Client", control: "Control", node: Node, refused: Any
) -> None:
    """A later interface belongs to the instance until it is deleted."""
    added = control.add_interface(node.instance_id, InterfaceShape(secondary_ips=2))
    assert [each.id for each in control.node(node.instance_id).interfaces] == [
        node.interfaces[0].id,
        added.id,
    ]

    control.remove_interface(added.id)

    assert control.node(node.instance_id) == node
    with refused("InvalidNetworkInterfaceID.NotFound"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=[added.id])


def test_an_interface_grows(control: "Control", node: Node) -> None:
    """More secondary addresses and prefixes beside those that are there."""
    before = node.interfaces[0]

    after = control.grow_interface(before.id, secondary_ips=2, prefixes=1)

    assert after.secondary_ips[:3] == before.secondary_ips
    assert len(after.secondary_ips) == 5
    assert after.prefixes[:1] == before.prefixes
    assert len(set(after.prefixes)) == 2


@pytest.mark.parametrize("pick", [lambda eni: eni.secondary_ips[0], lambda eni: eni.prefixes[0]])
def test_a_lost_private_address_loses_its_elastic_ip(
    pick: Callable[[Interface], str],
    control: "Control",
    node: Node,
    allocate: Callable[[], str],
    associate: Any,
) -> None:
    """The one on the address that goes is disassociated, the one that stays is not."""
    eni = node.interfaces[0]
    lost, kept = allocate(), allocate()
    associate(lost, eni.id, pick(eni).replace("/28", ""))
    associate(kept, eni.id, eni.secondary_ips[1])

    control.shrink_interface(eni.id, [pick(eni)])

    assert {each.allocation_id: each.private_ip for each in control.addresses()} == {
        lost: "",
        kept: eni.secondary_ips[1],
    }


def test_a_removed_node_frees_its_addresses_for_the_next(
    control: "Control", network: Network, node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """Its Elastic IPs are disassociated, and a new node gets its private addresses."""
    associate(allocate(), node.interfaces[0].id, node.private_ip)

    control.remove_node(node.instance_id)
    successor = control.add_node(network, InterfaceShape(secondary_ips=3, prefixes=1))

    assert control.addresses()[0].association_id == ""
    assert all_ips(successor.interfaces) == all_ips(node.interfaces)
    assert successor.interfaces[0].id != node.interfaces[0].id


def test_what_does_not_exist_is_named(control: "Control", node: Node) -> None:
    """Unknown instances and interfaces are an error with their id in it."""
    with pytest.raises(ControlError, match="i-0"):
        control.remove_node("i-0")
    with pytest.raises(ControlError, match="eni-0"):
        control.grow_interface("eni-0", secondary_ips=1)
    with pytest.raises(ControlError, match="no operation 'explode'"):
        control._ask("explode", InterfaceShape(), None)


def test_prefixes_asked_of_ec2_itself_are_refused(ec2: "EC2Client", node: Node, refused: Any) -> None:
    """Moto would ignore them; the double says that it has them through its control API only."""
    with refused("UnsupportedOperation"):
        ec2.assign_private_ip_addresses(NetworkInterfaceId=node.interfaces[0].id, Ipv4PrefixCount=1)


def test_other_actions_on_elastic_ips_are_refused(ec2: "EC2Client", refused: Any) -> None:
    """What moto would answer without knowing the addresses is not answered."""
    with refused("UnsupportedOperation"):
        ec2.describe_moving_addresses()


def test_free_addresses_are_neither_reserved_nor_taken_nor_in_prefixes() -> None:
    """AWS keeps the first four and the last address of a subnet."""
    found = free_ips(SUBNET, {"10.0.0.5"}, [IPv4Network("10.0.0.16/28")], 12)

    assert found == [f"10.0.0.{last}" for last in [4, *range(6, 16), 32]]
    assert free_ips(IPv4Network("10.0.0.0/28"), set(), [], 11)[-1] == "10.0.0.14"


def test_free_prefixes_come_from_the_other_end() -> None:
    """Neither the subnet's last block nor one with a taken address in it."""
    found = free_prefixes(SUBNET, {"10.0.0.209"}, [IPv4Network("10.0.0.224/28")], 2)

    assert [str(prefix) for prefix in found] == ["10.0.0.192/28", "10.0.0.176/28"]


def test_a_full_subnet_is_refused() -> None:
    """The error says how much room there is."""
    with pytest.raises(Ec2Error, match="room for 11 more, and 12"):
        free_ips(IPv4Network("10.0.0.0/28"), set(), [], 12)
    with pytest.raises(Ec2Error, match="InsufficientCidrBlocks"):
        free_prefixes(SUBNET, set(), [], 15)
