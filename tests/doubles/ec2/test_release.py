"""ReleaseAddress, in both kinds of VPC."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.ec2.messages import Node

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def test_an_address_that_is_free_is_released_once(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """A second release is InvalidAllocationID.NotFound."""
    address = allocate()

    ec2.release_address(AllocationId=address)

    assert control.addresses() == []
    with refused("InvalidAllocationID.NotFound"):
        ec2.release_address(AllocationId=address)


def test_an_associated_address_is_in_use_outside_the_default_vpc(
    ec2: "EC2Client",
    control: "Control",
    node: Node,
    allocate: Callable[[], str],
    associate: Any,
    refused: Any,
) -> None:
    """It is neither released nor disassociated."""
    address = allocate()
    association = associate(address, node.interfaces[0].id, node.private_ip)

    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=address)

    assert control.addresses()[0].association_id == association


def test_a_release_in_the_default_vpc_disassociates_by_itself(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], associate: Any, refused: Any
) -> None:
    """The address is gone, its association unknown, and its private address free for the next."""
    node = control.add_node(control.default_network())
    address = allocate()
    association = associate(address, node.interfaces[0].id, node.private_ip)

    ec2.release_address(AllocationId=address)

    assert control.addresses() == []
    with refused("InvalidAssociationID.NotFound"):
        ec2.disassociate_address(AssociationId=association)
    assert associate(allocate(), node.interfaces[0].id, node.private_ip)


def test_a_dry_run_releases_nothing(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """DryRun keeps the address."""
    address = allocate()

    with refused("DryRunOperation"):
        ec2.release_address(AllocationId=address, DryRun=True)

    assert control.addresses()[0].allocation_id == address
