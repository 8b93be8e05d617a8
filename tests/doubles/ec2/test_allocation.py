"""AllocateAddress: what an address is, the quota, the tags, and the dry run."""

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def specification(*pairs: tuple[str, str]) -> list[Any]:
    """TagSpecifications for an address."""
    return [{"ResourceType": "elastic-ip", "Tags": [{"Key": key, "Value": value} for key, value in pairs]}]


def test_an_address_is_shown_as_it_was_allocated(ec2: "EC2Client") -> None:
    """DescribeAddresses shows id, address, pool, border group and tags, and no association."""
    allocated = ec2.allocate_address(Domain="vpc", TagSpecifications=specification(("Name", "a <b> & c")))

    shown = ec2.describe_addresses(AllocationIds=[allocated["AllocationId"]])["Addresses"][0]

    assert shown["PublicIp"] == allocated["PublicIp"]
    assert shown["PublicIpv4Pool"] == allocated["PublicIpv4Pool"] == "amazon"
    assert shown["NetworkBorderGroup"] == allocated["NetworkBorderGroup"] == "us-east-1"
    assert shown["Domain"] == "vpc"
    assert shown["Tags"] == [{"Key": "Name", "Value": "a <b> & c"}]
    assert "AssociationId" not in shown
    assert "PrivateIpAddress" not in shown


def test_no_two_addresses_are_alike(ec2: "EC2Client", control: "Control") -> None:
    """Every allocation has its own id and its own public IP, out of a block that nobody routes."""
    for _ in range(20):
        ec2.allocate_address()

    addresses = control.addresses()

    assert len({address.allocation_id for address in addresses}) == 20
    assert len({address.public_ip for address in addresses}) == 20
    assert all(
        IPv4Network(address.public_ip).subnet_of(IPv4Network("198.18.0.0/15")) for address in addresses
    )


def test_the_quota_refuses_one_more_and_a_release_makes_room(
    ec2: "EC2Client", control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """At the quota AddressLimitExceeded; after a release an address can be had again."""
    control.configure(quota=2)
    first, _ = allocate(), allocate()
    with refused("AddressLimitExceeded"):
        allocate()

    ec2.release_address(AllocationId=first)

    assert allocate()


def test_a_dry_run_allocates_nothing(ec2: "EC2Client", control: "Control", refused: Any) -> None:
    """DryRun answers DryRunOperation and leaves no address."""
    with refused("DryRunOperation"):
        ec2.allocate_address(DryRun=True)

    assert control.addresses() == []


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        pytest.param([("a", "1"), ("a", "2")], "InvalidParameterValue", id="a key twice"),
        pytest.param([("AWS:a", "1")], "InvalidParameterValue", id="a reserved key in capitals"),
        pytest.param([("k" * 129, "1")], "InvalidParameterValue", id="a key too long"),
        pytest.param([("", "1")], "InvalidParameterValue", id="an empty key"),
        pytest.param([("a", "v" * 257)], "InvalidParameterValue", id="a value too long"),
        pytest.param([(f"k{n}", "") for n in range(51)], "TagLimitExceeded", id="51 tags"),
    ],
)
def test_bad_tags_are_refused_and_cost_no_address(
    pairs: list[tuple[str, str]], code: str, ec2: "EC2Client", control: "Control", refused: Any
) -> None:
    """Tags that EC2 does not take refuse the whole allocation."""
    with refused(code):
        ec2.allocate_address(TagSpecifications=specification(*pairs))

    assert control.addresses() == []


def test_the_longest_tags_are_taken(ec2: "EC2Client", control: "Control") -> None:
    """50 tags, keys of 128 and values of 256 characters are not too much."""
    pairs = [(f"{number:02}".ljust(128, "k"), "v" * 256) for number in range(50)]

    ec2.allocate_address(TagSpecifications=specification(*pairs))

    assert control.addresses()[0].tags == dict(pairs)
