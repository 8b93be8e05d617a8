"""The real `eip` against a real producer, worker and Redis, and the doubles over HTTP."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from sandbox.stack import Shape, Stack
from tests.cli.conftest import Ran

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PATIENCE = 90.0
NOBODY = "redis://:secret@127.0.0.1:1/0"


@dataclass(frozen=True)
class Person:
    """Somebody with the admin's kubeconfig, and with what the workers have in their environment."""

    stack: Stack

    def runs(self, *arguments: str, **environment: str) -> Ran:
        """`eip` in a process of its own."""
        ran = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr
        assert "\x1b" not in ran.stdout + ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    @property
    def environment(self) -> Mapping[str, str]:
        """As in a worker, but for the rights."""
        return self.stack.environment("worker") | {"KUBECONFIG": str(self.stack.kubeconfig)}

    def waits(self, done: Callable[[], bool]) -> None:
        """Until it is done."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """The operator is installed."""
    with Stack(Shape(nodes=2, settings={"sweep_interval": "3600"})) as stack:
        producer, worker = stack.producer().start(wait=False), stack.worker().start(wait=False)
        producer.wait_until_ready()
        worker.wait_until_ready()
        yield Person(stack)


def test_from_the_first_look_to_the_uninstallation(person: Person) -> None:
    """A person looks, asks why, mends by hand, and gives everything back."""
    stack = person.stack
    stack.create_pod("web")
    stack.create_pod("host", hostNetwork=True)
    person.waits(lambda: len(_associated(stack)) == 1)

    row = _json(person.runs("status", "default/web", "-o", "json"))
    [address] = stack.ec2.addresses()
    assert (row["publicIp"], row["desired"]) == (address.public_ip, "serve")
    assert "The rule host-network decides" in person.runs("explain", "host").out
    assert "Quota breaker: closed." in person.runs("queues").out
    assert f"{address.public_ip}   default/web" in person.runs("addresses").out

    stack.ec2.refuse("AssociateAddress", "UnauthorizedOperation", count=None, status=403)
    stack.create_pod("late")
    person.waits(lambda: "UnauthorizedOperation" in person.runs("status", "late").out)
    stack.ec2.clear_faults()
    assert person.runs("retry", "late").code == 0
    person.waits(lambda: len(_associated(stack)) == 2)
    assert "sweep sent" in person.runs("sweep").out
    person.waits(lambda: '"event": "sweep"' in stack.logs()["worker-1"])

    refused = person.runs("release", "--all", "--yes")
    assert (refused.code, len(_associated(stack))) == (1, 2)
    assert "--replicas=0" in refused.err
    for process in ("producer", "worker-1"):
        stack._processes[process].terminate()
    assert person.runs("release", "--all", "--yes").code == 0
    assert stack.ec2.addresses() == []
    pod = stack.pod("web")
    assert pod is not None
    assert pod["metadata"].get("annotations", {}) == {}


def test_what_cannot_be_reached_is_said(person: Person) -> None:
    """No Redis, no EC2, wrong arguments, wrong settings: each its code, and no password anywhere."""
    without_redis = person.runs("status", EIP_REDIS_URL=NOBODY)
    assert without_redis.code == 3
    assert "Redis could not be seen" in without_redis.err
    assert "secret" not in without_redis.err

    no_plan = person.runs("plan", KUBECONFIG="/nowhere", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert (no_plan.code, no_plan.out) == (3, "")
    assert "Kubernetes could not be seen" in no_plan.err
    assert "EC2 could not be seen" in no_plan.err

    assert person.runs("status", "--bogus").code == 2
    wrong = person.runs("queues", EIP_REDIS_URL="secret", EIP_ALLOCATE_RATE="fast")
    assert (wrong.code, "secret" in wrong.err) == (2, False)
    assert "EIP_ALLOCATE_RATE='fast'" in wrong.err


def _associated(stack: Stack) -> list[str]:
    return [address.allocation_id for address in stack.ec2.addresses() if address.association_id]


def _json(ran: Ran) -> dict[str, str]:
    assert ran.code == 0, ran.err
    read: dict[str, str] = json.loads(ran.out)
    return read
