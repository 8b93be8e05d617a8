"""The reverse DNS record of an address against the EC2 double, from none to none."""

from collections.abc import Callable

import pytest

from eip.errors import Ec2Error
from sandbox.ec2.control import Control
from sandbox.ec2.server import Ec2Double
from tests.aws.making import OWNER
from workers.aws.client import Ec2Client
from workers.aws.codes import Verdict, verdict
from workers.ports import Address, ReverseDns

NAME = "mail.example.com"


@pytest.fixture
def ec2(control: Control, double: Ec2Double, connect: Callable[[str], Ec2Client]) -> Ec2Client:
    """A client of the double, once its account is new."""
    return connect(double.url)


@pytest.fixture
def address(ec2: Ec2Client, control: Control) -> Address:
    """An address that the name resolves to."""
    allocated = ec2.allocate(OWNER)
    control.add_forward_record(NAME, allocated.public_ip)
    return allocated


def test_the_life_of_a_record(ec2: Ec2Client, control: Control, address: Address) -> None:
    """Set, seen, taken away; names are without EC2's dot at their end."""
    assert ec2.reverse_dns(address.allocation_id) == ReverseDns()
    assert ec2.set_reverse_dns(address.allocation_id, NAME) == ReverseDns(NAME)
    assert ec2.reverse_dns(address.allocation_id) == ReverseDns(NAME)
    assert control.addresses()[0].ptr_record == NAME

    ec2.reset_reverse_dns(address.allocation_id)
    assert ec2.reverse_dns(address.allocation_id) == ReverseDns()


def test_a_record_that_is_pending_is_none_yet(ec2: Ec2Client, control: Control, address: Address) -> None:
    """What is asked for is not taken for what is."""
    control.configure(ptr_seconds=60)

    assert ec2.set_reverse_dns(address.allocation_id, NAME) == ReverseDns("", "PENDING")
    assert ec2.reverse_dns(address.allocation_id).is_pending


def test_a_named_address_is_not_released(ec2: Ec2Client, address: Address) -> None:
    """EC2's code has a verdict of its own."""
    ec2.set_reverse_dns(address.allocation_id, NAME)

    with pytest.raises(Ec2Error) as refused:
        ec2.release(address.allocation_id)

    assert verdict(refused.value).verdict is Verdict.NAMED
    ec2.reset_reverse_dns(address.allocation_id)
    ec2.release(address.allocation_id)


def test_an_unknown_address_is_gone(ec2: Ec2Client) -> None:
    """For each of the three."""
    for call in (ec2.reverse_dns, ec2.reset_reverse_dns, lambda id_: ec2.set_reverse_dns(id_, NAME)):
        with pytest.raises(Ec2Error) as refused:
            call("eipalloc-1")
        assert verdict(refused.value).verdict is Verdict.GONE
