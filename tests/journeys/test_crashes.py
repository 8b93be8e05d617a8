"""Each process dies once, or the API behind it does, while pods come and go."""

import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest
import urllib3

from eip.names import Action
from sandbox.accounts import ApiRefusedError
from sandbox.ec2.messages import Fault, FaultKind
from tests import clusters
from tests.journeys import installation
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

PODS = 12
AWAY_SECONDS = 3.0
PAUSE_SECONDS = 0.15


SHAPE = replace(installation.SHAPE, ips_per_node=128, cool_down=90.0)
"""While EC2, the API server or Redis is away no address can be taken off an IP: freed IPs rest for longer."""


class Churn:
    """Creates pods and deletes the oldest of them, until it is stopped; an API server may be away."""

    def __init__(self, stack: Installation) -> None:
        self.living: list[str] = []
        self.created = 0
        self._stack = stack
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="churn", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE_SECONDS):
            with suppress(urllib3.exceptions.HTTPError, ApiRefusedError):
                self._replace_one(f"churn-{self.created}")

    def _replace_one(self, name: str) -> None:
        """One more, and the oldest goes; what is done already is not done again after a failure."""
        if self._stack.pod(name) is None:
            self._stack.create_pod(name)
        if len(self.living) >= PODS and self._stack.pod(self.living[0]):
            self._stack.delete_pod(self.living[0])
        self.living = [*self.living[-PODS + 1 :], name]
        self.created += 1


def kill_producer(stack: Installation) -> None:
    """Kill -9, and another one at once."""
    stack.first_producer.kill()
    stack.first_producer.start()


def kill_worker(stack: Installation) -> None:
    """Kill -9, with steps under way, and another one at once."""
    stack.first_worker.kill()
    stack.first_worker.start()


def kill_redis(stack: Installation) -> None:
    """Kill -9: nothing was saved."""
    stack.redis.stop(signal.SIGKILL)
    time.sleep(AWAY_SECONDS)
    stack.redis.start()


def stop_kubernetes(stack: Installation) -> None:
    """The API server is away for a while, and has its data when it is back."""
    with stack.without_kubernetes():
        time.sleep(AWAY_SECONDS)


def refuse_in_ec2(stack: Installation) -> None:
    """EC2 refuses everything for a while."""
    stack.ec2.refuse("*", "ServiceUnavailable", 503, count=None)
    time.sleep(AWAY_SECONDS)
    stack.ec2.clear_faults()


def hang_in_ec2(stack: Installation) -> None:
    """EC2 performs what it is asked, and answers later than anybody waits."""
    for action in (Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE):
        stack.ec2.add_fault(Fault(FaultKind.HANG_AFTER, action, count=2, seconds=8.0))


def lose_replies_of_kubernetes(stack: Installation) -> None:
    """Patches are carried out, but nobody hears of it: on the double alone."""
    if stack.kubernetes:
        stack.kubernetes.lose_reply(count=5, resources=("pods/status",))
        stack.kubernetes.drop_watches()


CRASHES = (
    kill_redis,
    stop_kubernetes,
    lose_replies_of_kubernetes,
    hang_in_ec2,
    refuse_in_ec2,
    kill_producer,
    kill_worker,
)
"""Redis first: what else is lost would be found again after it."""


@pytest.mark.timeout(300)
def test_nothing_is_leaked_or_doubled(stack: Installation) -> None:
    """Each dies once, and pods come and go all the while: in the end everything is right."""
    churn = Churn(stack)
    churn.start()
    try:
        for number, crash in enumerate(CRASHES):
            crash(stack)
            stack.create_pod(f"after-{number}")
            stack.until_written(f"after-{number}")
    finally:
        churn.stop()

    stack.until_served(*churn.living)
