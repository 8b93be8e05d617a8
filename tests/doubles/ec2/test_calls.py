"""The call log: counts by action and outcome, and every call with what it was about."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.ec2.calls import NEWEST, CallLog
from sandbox.ec2.messages import Call, Node

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def test_a_pods_two_calls_are_logged_with_their_ids(
    control: "Control", clock: Any, node: Node, allocate: Callable[[], str], associate: Any
) -> None:
    """Allocation and association, when they began and which ids they made."""
    began = clock.now()
    address = allocate()
    clock.sleep(2)
    association = associate(address, node.interfaces[0].id, node.private_ip)

    first, second = control.calls().calls

    assert (first.time, first.action, first.outcome) == (began, "AllocateAddress", "ok")
    assert first.ids["AllocationId"] == address
    assert (second.time, second.action) == (began + 2, "AssociateAddress")
    assert second.ids == {
        "AllocationId": address,
        "AssociationId": association,
        "NetworkInterfaceId": node.interfaces[0].id,
        "PrivateIpAddress": node.private_ip,
    }


def test_refusals_are_counted_by_their_code(ec2: "EC2Client", control: "Control", refused: Any) -> None:
    """An outcome is `ok` or EC2's error code."""
    ec2.describe_addresses()
    for _ in range(2):
        with refused("InvalidAllocationID.NotFound"):
            ec2.release_address(AllocationId="eipalloc-0")

    calls = control.calls()

    assert calls.counts == {
        "DescribeAddresses": {"ok": 1},
        "ReleaseAddress": {"InvalidAllocationID.NotFound": 2},
    }
    assert calls.count("ReleaseAddress") == 2
    assert calls.count("ReleaseAddress", "ok") == 0
    assert calls.count("AllocateAddress") == 0


def test_a_filter_is_logged_by_how_many_values_it_has(ec2: "EC2Client", control: "Control") -> None:
    """So that a test can see whether look-ups were batched."""
    ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": ["i-1", "i-2"]}])

    assert control.calls().calls[0].ids == {"filter:attachment.instance-id": "2"}


def test_what_moto_answers_is_logged_too(ec2: "EC2Client", control: "Control", refused: Any) -> None:
    """Actions that are not the double's own have outcomes as well."""
    ec2.describe_vpcs()
    with refused("InvalidVpcID.NotFound"):
        ec2.describe_vpcs(VpcIds=["vpc-0"])

    assert control.calls().counts["DescribeVpcs"] == {"ok": 1, "InvalidVpcID.NotFound": 1}


def test_the_log_is_emptied(ec2: "EC2Client", control: "Control", allocate: Callable[[], str]) -> None:
    """After a reset of the log only newer calls are in it, and the addresses are still there."""
    allocate()
    control.reset_calls()
    ec2.describe_addresses()

    assert control.calls().counts == {"DescribeAddresses": {"ok": 1}}
    assert len(control.addresses()) == 1


def test_control_calls_are_not_calls(control: "Control") -> None:
    """Reading the log leaves it empty."""
    control.addresses()

    assert control.calls().calls == []


def test_the_log_keeps_the_newest_and_counts_all() -> None:
    """A long run does not fill the memory."""
    log = CallLog()
    for number in range(NEWEST + 5):
        log.add(Call(float(number), "AllocateAddress", "ok", {}, 0.0))

    read = log.read()

    assert read.count("AllocateAddress") == NEWEST + 5
    assert read.calls[0].time == 5.0
