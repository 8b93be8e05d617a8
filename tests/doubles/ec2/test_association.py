"""AssociateAddress and DisassociateAddress: where an address may go, and what has to leave."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ec2.messages import InterfaceShape, Network, Node

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control

Associate = Callable[..., str]
Allocate = Callable[[], str]


def places(control: "Control") -> dict[str, str]:
    """Where every associated address is."""
    return {each.allocation_id: each.private_ip for each in control.addresses() if each.association_id}


@pytest.mark.parametrize(
    "pick",
    [
        pytest.param(lambda node: node.private_ip, id="primary"),
        pytest.param(lambda node: node.interfaces[0].secondary_ips[2], id="secondary"),
        pytest.param(lambda node: node.interfaces[0].prefixes[0].replace("/28", ""), id="first of a prefix"),
    ],
)
def test_an_interface_takes_an_address_on_each_of_its_own(
    pick: Callable[[Node], str], node: Node, allocate: Allocate, associate: Associate, control: "Control"
) -> None:
    """Primary, secondary, and any address inside a delegated prefix."""
    address = allocate()

    association = associate(address, node.interfaces[0].id, pick(node))

    snapshot = control.addresses()[0]
    assert (snapshot.association_id, snapshot.private_ip) == (association, pick(node))
    assert snapshot.interface_id == node.interfaces[0].id


def test_without_a_private_ip_the_primary_one_is_taken(
    ec2: "EC2Client", node: Node, allocate: Allocate, control: "Control"
) -> None:
    """NetworkInterfaceId or InstanceId alone means the primary address of the (first) interface."""
    first, second = allocate(), allocate()

    ec2.associate_address(AllocationId=first, NetworkInterfaceId=node.interfaces[0].id)
    ec2.associate_address(AllocationId=second, InstanceId=node.instance_id, AllowReassociation=True)

    assert places(control) == {second: node.private_ip}


@pytest.mark.parametrize("stranger", ["10.0.200.200", "192.168.0.1", "10.0.0.0/28", "no address"])
def test_a_private_ip_of_no_interface_is_refused(
    stranger: str, node: Node, allocate: Allocate, associate: Associate, control: "Control", refused: Any
) -> None:
    """An address that the interface does not carry is InvalidParameterValue."""
    with refused("InvalidParameterValue"):
        associate(allocate(), node.interfaces[0].id, stranger)

    assert places(control) == {}


def test_a_private_ip_of_another_interface_is_refused(
    control: "Control", network: Network, node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """The interface and the private address must belong together."""
    other = control.add_node(network)

    with refused("InvalidParameterValue"):
        associate(allocate(), node.interfaces[0].id, other.private_ip)


def test_a_prefix_that_was_taken_away_takes_no_address(
    control: "Control", node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """An address inside a prefix goes with the prefix."""
    eni = node.interfaces[0]
    control.shrink_interface(eni.id, eni.prefixes)

    with refused("InvalidParameterValue"):
        associate(allocate(), eni.id, eni.prefixes[0].replace("/28", ""))


def test_unknown_ids_are_not_found(
    ec2: "EC2Client", node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """Every kind of id has its own NotFound."""
    with refused("InvalidAllocationID.NotFound"):
        associate("eipalloc-0", node.interfaces[0].id, node.private_ip)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        associate(allocate(), "eni-0", node.private_ip)
    with refused("InvalidInstanceID.NotFound"):
        ec2.associate_address(AllocationId=allocate(), InstanceId="i-0")
    with refused("InvalidAssociationID.NotFound"):
        ec2.disassociate_address(AssociationId="eipassoc-0")


@pytest.mark.parametrize("again", [False, True])
def test_repeating_an_association_changes_nothing(
    again: bool,  # noqa: FBT001
    node: Node,
    allocate: Allocate,
    associate: Associate,
) -> None:
    """The same address on the same private address answers with the association that is there."""
    address = allocate()
    first = associate(address, node.interfaces[0].id, node.private_ip)

    assert associate(address, node.interfaces[0].id, node.private_ip, again=again) == first


def test_without_reassociation_nothing_moves(
    control: "Control", node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """An address that sits elsewhere, or an occupied private address, is Resource.AlreadyAssociated."""
    eni, other = node.interfaces[0], node.interfaces[0].secondary_ips[0]
    sitting, free = allocate(), allocate()
    associate(sitting, eni.id, node.private_ip)

    with refused("Resource.AlreadyAssociated"):
        associate(sitting, eni.id, other)
    with refused("Resource.AlreadyAssociated"):
        associate(free, eni.id, node.private_ip)

    assert places(control) == {sitting: node.private_ip}


def test_reassociation_moves_an_address_and_unseats_the_other(
    control: "Control", node: Node, allocate: Allocate, associate: Associate
) -> None:
    """With AllowReassociation the address leaves its place, and who sat on the new one loses it."""
    eni, other = node.interfaces[0], node.interfaces[0].secondary_ips[0]
    moving, sitting = allocate(), allocate()
    old = associate(moving, eni.id, node.private_ip)
    associate(sitting, eni.id, other)

    new = associate(moving, eni.id, other, again=True)

    assert new != old
    assert places(control) == {moving: other}


def test_leaving_reassociation_out_is_strict_unless_set_otherwise(
    ec2: "EC2Client", control: "Control", node: Node, allocate: Allocate, refused: Any
) -> None:
    """By default a client that does not say it is refused; the setting makes it automatic, as documented."""
    eni, address = node.interfaces[0], allocate()
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=eni.id)
    move: Any = {
        "AllocationId": address,
        "NetworkInterfaceId": eni.id,
        "PrivateIpAddress": eni.secondary_ips[0],
    }
    with refused("Resource.AlreadyAssociated"):
        ec2.associate_address(**move)

    control.configure(reassociation_by_default=True)
    ec2.associate_address(**move)

    assert places(control) == {address: eni.secondary_ips[0]}


def test_a_disassociated_address_is_free_and_its_association_unknown(
    ec2: "EC2Client", control: "Control", node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """The address stays allocated; the same association can't be taken off twice."""
    association = associate(allocate(), node.interfaces[0].id, node.private_ip)

    ec2.disassociate_address(AssociationId=association)

    assert [each.association_id for each in control.addresses()] == [""]
    with refused("InvalidAssociationID.NotFound"):
        ec2.disassociate_address(AssociationId=association)


def test_an_interface_of_auto_mode_is_not_ours_to_touch(
    control: "Control", network: Network, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """A managed interface takes no address."""
    node = control.add_node(network, InterfaceShape(managed=True))

    with refused("OperationNotPermitted"):
        associate(allocate(), node.interfaces[0].id, node.private_ip)


def test_a_call_without_ids_is_refused(
    ec2: "EC2Client", node: Node, allocate: Allocate, refused: Any
) -> None:
    """Ids that are needed and missing, or that exclude each other, are named."""
    with refused("MissingParameter"):
        ec2.associate_address(AllocationId=allocate())
    with refused("MissingParameter"):
        ec2.associate_address(NetworkInterfaceId=node.interfaces[0].id)
    with refused("InvalidParameterValue"):
        ec2.disassociate_address(PublicIp="198.18.0.1")
    with refused("InvalidParameterCombination"):
        ec2.associate_address(
            AllocationId=allocate(), InstanceId=node.instance_id, NetworkInterfaceId=node.interfaces[0].id
        )


def test_a_dry_run_moves_nothing(
    ec2: "EC2Client", control: "Control", node: Node, allocate: Allocate, associate: Associate, refused: Any
) -> None:
    """DryRun neither associates nor disassociates."""
    association = associate(allocate(), node.interfaces[0].id, node.private_ip)
    before = control.addresses()

    with refused("DryRunOperation"):
        ec2.disassociate_address(AssociationId=association, DryRun=True)
    with refused("DryRunOperation"):
        ec2.associate_address(AllocationId=allocate(), NetworkInterfaceId=node.interfaces[0].id, DryRun=True)

    assert control.addresses()[0] == before[0]
