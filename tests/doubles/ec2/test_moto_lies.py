"""What plain moto does otherwise than EC2: one row a lie, run against both.

A row that moto passes is a lie that it no longer tells, and comes off the table.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control

PRIMARY, SECONDARY, THIRD, STRANGE = "10.9.0.10", "10.9.0.11", "10.9.0.12", "10.9.0.99"


class World:
    """An instance in a VPC of its own with three private addresses, made by nothing but the EC2 API."""

    def __init__(self, ec2: "EC2Client") -> None:
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        instance = ec2.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=self.subnet, PrivateIpAddress=PRIMARY
        )["Instances"][0]
        self.instance = instance["InstanceId"]
        self.eni = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
        ec2.assign_private_ip_addresses(NetworkInterfaceId=self.eni, PrivateIpAddresses=[SECONDARY, THIRD])

    def allocate(self, **more: Any) -> str:
        return self.ec2.allocate_address(Domain="vpc", **more)["AllocationId"]

    def associate(self, address: str, private_ip: str, *, again: bool = False) -> str:
        return self.ec2.associate_address(
            AllocationId=address,
            NetworkInterfaceId=self.eni,
            PrivateIpAddress=private_ip,
            AllowReassociation=again,
        )["AssociationId"]

    def address(self, allocation_id: str) -> dict[str, Any]:
        return dict(self.ec2.describe_addresses(AllocationIds=[allocation_id])["Addresses"][0])

    def place(self, allocation_id: str) -> object:
        return self.address(allocation_id).get("PrivateIpAddress")


def strange_private_ip(world: World) -> object:
    """An interface takes no Elastic IP on an address that it does not carry."""
    return bool(world.associate(world.allocate(), STRANGE))


def secondary_private_ip(world: World) -> object:
    """An Elastic IP goes to the private address that was named."""
    address = world.allocate()
    world.associate(address, SECONDARY)
    return world.place(address)


def occupied_private_ip(world: World) -> object:
    """A private address takes one Elastic IP."""
    world.associate(world.allocate(), SECONDARY)
    return bool(world.associate(world.allocate(), SECONDARY))


def the_one_replaced(world: World) -> object:
    """An Elastic IP that another one replaces is no longer associated."""
    first = world.allocate()
    world.associate(first, SECONDARY)
    world.associate(world.allocate(), SECONDARY, again=True)
    return world.place(first)


def moving_within_an_interface(world: World) -> object:
    """Another private address of the same interface is another place."""
    address = world.allocate()
    world.associate(address, SECONDARY)
    return bool(world.associate(address, THIRD))


def associating_twice(world: World) -> object:
    """Repeating an association answers with the one that is there."""
    address = world.allocate()
    return world.associate(address, SECONDARY) == world.associate(address, SECONDARY)


def two_addresses_on_an_interface(world: World) -> object:
    """An interface shows an association beside each private address that has one."""
    world.associate(world.allocate(), SECONDARY)
    world.associate(world.allocate(), THIRD)
    shown = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[world.eni])["NetworkInterfaces"][0]
    return [ip["PrivateIpAddress"] for ip in shown["PrivateIpAddresses"] if "Association" in ip]


def releasing_an_associated_address(world: World) -> object:
    """Outside the default VPC an associated address is in use."""
    address = world.allocate()
    world.associate(address, PRIMARY)
    world.ec2.release_address(AllocationId=address)
    return "released"


def releasing_by_public_ip(world: World) -> object:
    """An address of a VPC is released by its allocation id."""
    address = world.allocate()
    world.ec2.release_address(PublicIp=world.address(address)["PublicIp"])
    return "released"


def addresses_by_secondary_private_ip(world: World) -> object:
    """An address is found by the private address that it is on."""
    address = world.allocate()
    world.associate(address, SECONDARY)
    wanted: Any = [{"Name": "private-ip-address", "Values": [SECONDARY]}]
    return len(world.ec2.describe_addresses(Filters=wanted)["Addresses"])


def interfaces_by_secondary_private_ip(world: World) -> object:
    """An interface is found by any of its private addresses."""
    wanted: Any = [{"Name": "addresses.private-ip-address", "Values": [SECONDARY]}]
    return len(world.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"])


def pages(world: World) -> object:
    """A page has no more entries than were asked for."""
    for _ in range(5):
        world.ec2.create_network_interface(SubnetId=world.subnet)
    return len(world.ec2.describe_network_interfaces(MaxResults=5)["NetworkInterfaces"])


def too_many_filter_values(world: World) -> object:
    """A call takes 200 filter values at most."""
    wanted: Any = [{"Name": "attachment.instance-id", "Values": [f"i-{number}" for number in range(201)]}]
    return len(world.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"])


def more_calls_than_the_burst(world: World) -> object:
    """The 51st allocation at once is throttled."""
    return len([world.allocate() for _ in range(51)])


def tags_of_another_resource_type(world: World) -> object:
    """An allocation takes tags for Elastic IPs only."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    return bool(world.allocate(TagSpecifications=tags))


def reserved_tag(world: World) -> object:
    """Tag keys of AWS are reserved."""
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "aws:a", "Value": "b"}]}]
    return bool(world.allocate(TagSpecifications=tags))


def pool_and_border_group(world: World) -> object:
    """An address shows the pool and the border group that it was asked from."""
    more = {"PublicIpv4Pool": "ipv4pool-ec2-1", "NetworkBorderGroup": "us-east-1-bos-1"}
    address = world.address(world.allocate(**more))
    return address.get("PublicIpv4Pool"), address.get("NetworkBorderGroup")


def terminating_the_instance(world: World) -> object:
    """Elastic IPs leave the interface of a terminated instance."""
    address = world.allocate()
    world.associate(address, PRIMARY)
    world.ec2.terminate_instances(InstanceIds=[world.instance])
    return world.place(address)


def deleting_the_interface(world: World) -> object:
    """Elastic IPs leave a deleted interface."""
    eni = world.ec2.create_network_interface(SubnetId=world.subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = world.allocate()
    world.ec2.associate_address(AllocationId=address, NetworkInterfaceId=eni)
    world.ec2.delete_network_interface(NetworkInterfaceId=eni)
    return world.address(address).get("AssociationId")


def unassigning_the_private_ip(world: World) -> object:
    """Elastic IPs leave a private address that is unassigned."""
    address = world.allocate()
    world.associate(address, SECONDARY)
    world.ec2.unassign_private_ip_addresses(NetworkInterfaceId=world.eni, PrivateIpAddresses=[SECONDARY])
    return world.place(address)


LIES: list[tuple[Callable[[World], object], object]] = [
    (strange_private_ip, "InvalidParameterValue"),
    (secondary_private_ip, SECONDARY),
    (occupied_private_ip, "Resource.AlreadyAssociated"),
    (the_one_replaced, None),
    (moving_within_an_interface, "Resource.AlreadyAssociated"),
    (associating_twice, True),
    (two_addresses_on_an_interface, [SECONDARY, THIRD]),
    (releasing_an_associated_address, "InvalidIPAddress.InUse"),
    (releasing_by_public_ip, "InvalidParameterValue"),
    (addresses_by_secondary_private_ip, 1),
    (interfaces_by_secondary_private_ip, 1),
    (pages, 5),
    (too_many_filter_values, "FilterLimitExceeded"),
    (more_calls_than_the_burst, "RequestLimitExceeded"),
    (tags_of_another_resource_type, "InvalidParameterValue"),
    (reserved_tag, "InvalidParameterValue"),
    (pool_and_border_group, ("ipv4pool-ec2-1", "us-east-1-bos-1")),
    (terminating_the_instance, None),
    (deleting_the_interface, None),
    (unassigning_the_private_ip, None),
]


def observed(deed: Callable[[World], object], ec2: "EC2Client") -> object:
    """What the deed brings, or the code of the refusal."""
    world = World(ec2)
    try:
        return deed(world)
    except ClientError as error:
        return error.response["Error"]["Code"]


def named(value: object) -> str:
    """The row's name is its deed's."""
    return str(getattr(value, "__name__", ""))


@pytest.mark.parametrize(("deed", "truth"), LIES, ids=named)
def test_the_double_does_as_ec2(
    deed: Callable[[World], object], truth: object, ec2: "EC2Client", control: "Control"
) -> None:
    """The double does what EC2 does."""
    control.add_pool("ipv4pool-ec2-1", "203.0.113.0/24")

    assert observed(deed, ec2) == truth


@pytest.fixture(scope="module")
def moto() -> Iterator["EC2Client"]:
    """Plain moto in this process; every row makes a VPC of its own in it."""
    with mock_aws():
        client = boto3.client(
            "ec2", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
        yield client
        client.close()


@pytest.mark.parametrize(("deed", "truth"), LIES, ids=named)
def test_plain_moto_does_not(deed: Callable[[World], object], truth: object, moto: "EC2Client") -> None:
    """Plain moto does something else."""
    assert observed(deed, moto) != truth
