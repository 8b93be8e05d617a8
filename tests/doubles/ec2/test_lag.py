"""Late visibility, young ids, and late tag authorization."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ec2.control import ControlError
from sandbox.ec2.messages import Node
from sandbox.ec2.visibility import LONGEST_LAG, History

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def seen(ec2: "EC2Client") -> dict[str, str]:
    """The private address of every address that is shown."""
    addresses = ec2.describe_addresses()["Addresses"]
    return {each["AllocationId"]: each.get("PrivateIpAddress", "") for each in addresses}


def test_every_change_is_shown_late(
    ec2: "EC2Client", control: "Control", clock: Any, node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """Allocation, association, disassociation and release each show after the lag, in their order."""
    control.configure(lag=3.0)
    address = allocate()
    steps: list[tuple[Callable[[], object], dict[str, str]]] = [
        (lambda: associate(address, node.interfaces[0].id, node.private_ip), {address: ""}),
        (
            lambda: ec2.disassociate_address(AssociationId=control.addresses()[0].association_id),
            {address: node.private_ip},
        ),
        (lambda: ec2.release_address(AllocationId=address), {address: ""}),
    ]
    assert seen(ec2) == {}
    for step, shown in steps:
        clock.sleep(3)
        step()
        assert seen(ec2) == shown
        clock.sleep(2.9)
        assert seen(ec2) == shown
        clock.sleep(0.1)
    assert seen(ec2) == {}


def test_an_id_that_is_not_yet_visible_is_not_found_by_describe(
    ec2: "EC2Client", control: "Control", clock: Any, allocate: Callable[[], str], refused: Any
) -> None:
    """Describe by id refuses it; the other actions know it already."""
    control.configure(lag=3.0)
    address = allocate()

    with refused("InvalidAllocationID.NotFound"):
        ec2.describe_addresses(AllocationIds=[address])
    ec2.release_address(AllocationId=address)


def test_interfaces_show_associations_late(
    ec2: "EC2Client", control: "Control", clock: Any, node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """DescribeNetworkInterfaces lags like DescribeAddresses."""
    control.configure(lag=3.0)
    associate(allocate(), node.interfaces[0].id, node.private_ip)
    ids = [node.interfaces[0].id]

    early = ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"][0]
    clock.sleep(3)
    late = ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"][0]

    assert "Association" not in early
    assert "Association" in late


def test_without_lag_every_change_shows_at_once(
    ec2: "EC2Client", node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """No lag is the default."""
    address = allocate()
    associate(address, node.interfaces[0].id, node.private_ip)

    assert seen(ec2) == {address: node.private_ip}


@pytest.mark.parametrize("lag", [-1.0, LONGEST_LAG + 1])
def test_a_lag_out_of_range_is_refused(lag: float, control: "Control") -> None:
    """What is further back than the history reaches can't be shown."""
    with pytest.raises(ControlError, match="lag"):
        control.configure(lag=lag)


def test_a_history_forgets_what_nobody_may_ask_for() -> None:
    """Changes older than the longest lag are not kept."""
    now = [0.0]
    history: History[int] = History(lambda: now[0])
    for second in range(2 * int(LONGEST_LAG)):
        now[0] = float(second)
        history.put("key", second)

    assert history.before(LONGEST_LAG)["key"] == now[0] - LONGEST_LAG
    assert len(history._undo) <= LONGEST_LAG + 2


def test_a_young_id_is_unknown_with_the_probability_given(
    ec2: "EC2Client", control: "Control", clock: Any, node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """About half of the tries fail while it is young, none after."""
    control.configure(young_seconds=10.0, young_not_found=0.5, throttle=False)
    address = allocate()
    codes = []
    for _ in range(40):
        try:
            associate(address, node.interfaces[0].id, node.private_ip)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    clock.sleep(10)

    assert set(codes) == {"InvalidAllocationID.NotFound"}
    assert 10 <= len(codes) <= 30
    for _ in range(10):
        associate(address, node.interfaces[0].id, node.private_ip)


def test_tag_authorization_lags(
    ec2: "EC2Client", control: "Control", clock: Any, allocate: Callable[[], str], refused: Any
) -> None:
    """UnauthorizedOperation until the address is old enough; describing it is allowed."""
    control.configure(unauthorized_seconds=5.0)
    address = allocate()
    with refused("UnauthorizedOperation"):
        ec2.create_tags(Resources=[address], Tags=[{"Key": "a", "Value": ""}])
    with refused("UnauthorizedOperation"):
        ec2.release_address(AllocationId=address)
    assert seen(ec2) == {address: ""}

    clock.sleep(5)
    ec2.release_address(AllocationId=address)

    assert control.addresses() == []
