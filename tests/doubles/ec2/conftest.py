"""A double with a clock that only a test moves, a boto3 client without retries, and the control client."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.ec2.control import Control
from sandbox.ec2.messages import InterfaceShape, Network, Node, Settings
from sandbox.ec2.server import Ec2Double

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

Refused = Callable[[str], AbstractContextManager[None]]


class HandClock:
    """A clock that goes on only when told to; sleeping moves it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture(scope="session")
def shared_clock() -> HandClock:
    """The clock of the one double that all tests share."""
    return HandClock()


@pytest.fixture(scope="session")
def double(shared_clock: HandClock) -> Iterator[Ec2Double]:
    """One double for all tests; `control` empties it for each."""
    with Ec2Double(clock=shared_clock) as served:
        yield served


@pytest.fixture(scope="session")
def ec2(double: Ec2Double) -> Iterator["EC2Client"]:
    """A boto3 client that tries once and waits 5 seconds at most."""
    client = boto3.client(
        "ec2",
        endpoint_url=double.url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=5),
    )
    yield client
    client.close()


@pytest.fixture(scope="session")
def shared_control(double: Ec2Double) -> Iterator[Control]:
    """The control client that all tests share."""
    client = Control(double.url)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def control(shared_control: Control) -> Control:
    """The control client of an account that is new for every test."""
    shared_control.reset(Settings())
    return shared_control


@pytest.fixture
def clock(shared_clock: HandClock) -> HandClock:
    """The double's clock at a full second."""
    shared_clock.time = float(round(shared_clock.time) + 1000)
    return shared_clock


@pytest.fixture
def network(control: Control) -> Network:
    """A VPC that is not the default one."""
    return control.create_network()


@pytest.fixture
def node(control: Control, network: Network) -> Node:
    """An instance with one interface, three secondary addresses and a prefix."""
    return control.add_node(network, InterfaceShape(secondary_ips=3, prefixes=1))


@pytest.fixture
def allocate(ec2: "EC2Client") -> Callable[[], str]:
    """Allocates an address and says its id."""
    return lambda: ec2.allocate_address(Domain="vpc")["AllocationId"]


@pytest.fixture
def associate(ec2: "EC2Client") -> Callable[..., str]:
    """Associates an address with a private address and says the association's id."""

    def associating(allocation_id: str, interface_id: str, private_ip: str, *, again: bool = False) -> str:
        return ec2.associate_address(
            AllocationId=allocation_id,
            NetworkInterfaceId=interface_id,
            PrivateIpAddress=private_ip,
            AllowReassociation=again,
        )["AssociationId"]

    return associating


@pytest.fixture
def refused() -> Refused:
    """Expects that EC2 refuses with this error code."""

    @contextmanager
    def refusing(code: str) -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        assert caught.value.response["Error"]["Code"] == code

    return refusing
