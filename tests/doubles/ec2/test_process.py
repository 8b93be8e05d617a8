"""The double as a process, as a server of many clients, and as a neighbour of another double."""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from sandbox.ec2.control import Control
from sandbox.ec2.messages import Settings
from sandbox.ec2.server import Ec2Double

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

ROOT = Path(__file__).parents[3]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """`python -m sandbox.ec2` on a free port."""
    command = [sys.executable, "-m", "sandbox.ec2", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as started:
        yield started
        started.kill()


def ask(connection: HTTPConnection) -> None:
    """One request and its answer."""
    connection.request("POST", "/_sandbox/settings")
    connection.getresponse().read()


def test_a_process_says_where_it_listens_and_ends_on_sigterm(process: subprocess.Popen[bytes]) -> None:
    """One line of JSON when it is ready, exit code 0 after SIGTERM."""
    assert process.stdout
    url = msgspec.json.decode(process.stdout.readline(), type=dict[str, str])["url"]
    client = Control(url)
    node = client.add_node(client.create_network())
    client.close()
    assert node.private_ip == "10.0.0.4"

    os.kill(process.pid, signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert process.stdout.read() == b""


def test_many_threads_get_each_their_own_address(
    control: Control, ec2: "EC2Client", allocate: Callable[[], str]
) -> None:
    """Nothing is lost or doubled when calls come at once."""
    control.configure(throttle=False)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: allocate(), range(200)))

    assert len(set(ids)) == 200
    assert {each.allocation_id for each in control.addresses()} == set(ids)


def test_a_burst_of_threads_passes_exactly_the_bucket(control: Control, double: Ec2Double) -> None:
    """At a standing clock 60 calls at once get 50 tokens."""
    body = b"Action=AllocateAddress&Version=2016-11-15"
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: double.account.call(body).status, range(60)))

    assert statuses.count(200) == 50
    assert statuses.count(503) == 10


def test_a_connection_carries_many_calls(double: Ec2Double) -> None:
    """Answers do not close the connection, unless the reply is lost."""
    connection = HTTPConnection(str(urlsplit(double.url).netloc))
    for _ in range(3):
        connection.request("POST", "/", body="Action=DescribeAddresses")
        response = connection.getresponse()
        assert response.read().startswith(b"<DescribeAddressesResponse")
        assert not response.will_close
    connection.close()


def test_a_client_that_hangs_up_disturbs_nobody(double: Ec2Double, capfd: pytest.CaptureFixture[str]) -> None:
    """Resets in the middle of a call leave no traceback, and the next client is served."""
    host, port = str(urlsplit(double.url).netloc).split(":")
    for _ in range(5):
        rude = socket.create_connection((host, int(port)))
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.sendall(b"POST / HTTP/1.1\r\nContent-Length: 24\r\n\r\nAction=DescribeAddresses")
        rude.close()
    connection = HTTPConnection(host, int(port))
    ask(connection)
    connection.close()

    assert capfd.readouterr().err == ""


def test_an_action_that_nobody_knows_is_refused(double: Ec2Double) -> None:
    """Neither the double's own nor moto's: InvalidAction, not a traceback."""
    reply = double.account.call(b"Action=ExplodeInstances")

    assert reply.status == 400
    assert b"<Code>InvalidAction</Code>" in reply.body


def test_two_doubles_share_nothing(control: Control, ec2: "EC2Client") -> None:
    """Addresses, networks and settings are each double's own."""
    with Ec2Double(settings=Settings(quota=3)) as other:
        client = Control(other.url)
        client.create_network()
        assert client.settings().quota == 3
        client.close()

        assert len(other.account.network.backend.vpcs) == 2
        assert len(ec2.describe_vpcs()["Vpcs"]) == 1
        assert control.settings() == Settings()


def test_a_stopped_double_answers_nobody() -> None:
    """Connections that were open are closed, and new ones refused."""
    with Ec2Double() as stopped:
        connection = HTTPConnection(str(urlsplit(stopped.url).netloc))
        ask(connection)

    with pytest.raises(ConnectionError):
        ask(connection)
    connection.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "MissingAction", id="nothing"),
        pytest.param(b"Action=RunInstances&MinCount=many", "InternalError", id="what moto trips over"),
        pytest.param(
            b"Action=CreateTags&ResourceId.1=eipalloc-0", "InvalidAllocationID.NotFound", id="no tags"
        ),
    ],
)
def test_a_malformed_call_is_answered(body: bytes, code: str, double: Ec2Double) -> None:
    """What botocore would not send gets an error code as well."""
    assert f"<Code>{code}</Code>".encode() in double.account.call(body).body
