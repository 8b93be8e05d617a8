"""ModifyAddressAttribute and its like, which moto does not know: what EC2 refuses, and how long it takes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control

NAME = "mail.example.com"


@pytest.fixture
def address(control: "Control", allocate: Callable[[], str]) -> str:
    """The id of an address that the name resolves to."""
    allocation_id = allocate()
    control.add_forward_record(NAME, control.addresses()[0].public_ip)
    return allocation_id


def shown(ec2: "EC2Client", allocation_id: str) -> Any:
    """What DescribeAddressesAttribute shows of one address."""
    said = ec2.describe_addresses_attribute(AllocationIds=[allocation_id], Attribute="domain-name")
    return {key: said["Addresses"][0].get(key) for key in ("PtrRecord", "PtrRecordUpdate")}


def test_a_record_takes_its_time(ec2: "EC2Client", control: "Control", clock: Any, address: str) -> None:
    """It is pending first; the old one stays until then."""
    ec2.modify_address_attribute(AllocationId=address, DomainName=NAME)
    control.configure(ptr_seconds=60)
    control.add_forward_record("mx.example.com", control.addresses()[0].public_ip)
    ec2.modify_address_attribute(AllocationId=address, DomainName="mx.example.com")

    assert shown(ec2, address) == {
        "PtrRecord": f"{NAME}.",
        "PtrRecordUpdate": {"Value": "mx.example.com.", "Status": "PENDING"},
    }
    clock.sleep(60)
    assert shown(ec2, address) == {"PtrRecord": "mx.example.com.", "PtrRecordUpdate": None}


def test_a_name_that_does_not_resolve_is_refused(
    ec2: "EC2Client", control: "Control", address: str, refused: Any
) -> None:
    """To another address, or to none; nothing changes."""
    control.add_forward_record("other.example.com", "198.18.99.99")

    for name in ("other.example.com", "nowhere.example.com", ""):
        with refused("InvalidParameterValue"):
            ec2.modify_address_attribute(AllocationId=address, DomainName=name)
    assert shown(ec2, address) == {"PtrRecord": None, "PtrRecordUpdate": None}


def test_or_its_update_fails(ec2: "EC2Client", control: "Control", clock: Any, address: str) -> None:
    """Where it is looked at later, with the reason; the record is what it was."""
    control.configure(ptr_refused_at_once=False, ptr_seconds=60)
    ec2.modify_address_attribute(AllocationId=address, DomainName="nowhere.example.com")
    clock.sleep(60)

    update = shown(ec2, address)["PtrRecordUpdate"]
    assert update["Status"] == "FAILED"
    assert "does not resolve" in update["Reason"]
    ec2.release_address(AllocationId=address)


@pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["set", "pending"])
def test_an_address_with_a_record_is_not_released(
    ec2: "EC2Client", control: "Control", clock: Any, address: str, refused: Any, seconds: float
) -> None:
    """Nor for a while after the record was taken away."""
    control.configure(ptr_seconds=seconds, ptr_release_seconds=30)
    ec2.modify_address_attribute(AllocationId=address, DomainName=NAME)
    with refused("InvalidAddress.PtrSet"):
        ec2.release_address(AllocationId=address)

    ec2.reset_address_attribute(AllocationId=address, Attribute="domain-name")
    with refused("InvalidAddress.PtrSet"):
        ec2.release_address(AllocationId=address)
    clock.sleep(30)
    ec2.release_address(AllocationId=address)
    assert control.addresses() == []


def test_an_address_without_a_record_is_reset_and_released(
    ec2: "EC2Client", control: "Control", address: str
) -> None:
    """Nothing was there to wait for."""
    control.configure(ptr_release_seconds=30)
    ec2.reset_address_attribute(AllocationId=address, Attribute="domain-name")

    ec2.release_address(AllocationId=address)


def test_a_dry_run_changes_nothing(ec2: "EC2Client", control: "Control", address: str, refused: Any) -> None:
    """DryRun says whether it would have been done."""
    with refused("DryRunOperation"):
        ec2.modify_address_attribute(AllocationId=address, DomainName=NAME, DryRun=True)
    ec2.modify_address_attribute(AllocationId=address, DomainName=NAME)
    with refused("DryRunOperation"):
        ec2.reset_address_attribute(AllocationId=address, Attribute="domain-name", DryRun=True)

    assert control.addresses()[0].ptr_record == NAME


def test_all_are_shown_where_none_is_named(
    ec2: "EC2Client", allocate: Callable[[], str], address: str
) -> None:
    """As many as the account has."""
    other = allocate()
    said = ec2.describe_addresses_attribute(Attribute="domain-name")["Addresses"]

    assert {each["AllocationId"] for each in said} == {address, other}
