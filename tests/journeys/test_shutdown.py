"""SIGTERM: what a worker holds it finishes or hands back within its grace period; nothing twice."""

from dataclasses import replace

import yaml

from eip.names import Action
from sandbox.ec2.messages import Fault, FaultKind
from sandbox.processes import ROOT
from tests import clusters
from tests.journeys import installation
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

WAITING = 6
SOME = 3
SHAPE = replace(
    installation.SHAPE,
    settings={**installation.SHAPE.settings, "allocate_burst": "1", "allocate_rate": "0.5"},
)
"""The third that waits for its token waits for 6 s."""

NEXT_LOOK = 8.0
"""Less than the 10 s for which a Lease is held; a standby looks every two seconds."""

CHART = yaml.safe_load((ROOT / "helm" / "values.yaml").read_text())
GRACE: dict[str, int] = {
    part: CHART[part]["terminationGracePeriodSeconds"] for part in ("producer", "worker")
}


def in_hand(stack: Installation) -> int:
    """Messages that a worker has taken and not acknowledged."""
    with stack.redis_client() as client:
        return int(client.hlen("unacked"))


def allocations(stack: Installation) -> int:
    """Calls that cost a token."""
    return stack.ec2.calls().count(Action.ALLOCATE)


def test_a_worker_waits_for_no_token_when_it_ends(stack: Installation) -> None:
    """It hands the claims back at once, and another waits for their turn."""
    stack.create_pod("first")
    stack.until_served("first")
    made = stack.create_pods("waiting", WAITING)
    stack.until(lambda: allocations(stack) > 1 and in_hand(stack) >= SOME, "the first is served, others wait")
    stack.worker("worker-2").start(wait=False)

    assert stack.first_worker.terminate(GRACE["worker"]) == 0

    assert "waited for its turn when the worker ended" in stack.first_worker.log()
    assert "Traceback" not in stack.first_worker.log()
    stack.until_served(*made)
    assert allocations(stack) == 1 + WAITING
    stack.until(lambda: in_hand(stack) == 0, "nothing is left in a worker's hands")


def test_a_worker_finishes_the_call_that_is_out(stack: Installation) -> None:
    """EC2's answer is late: it is waited for and written down, and nobody asks again."""
    stack.create_pod("slow")
    stack.until_served("slow")
    uid = stack.the_pod("slow")["metadata"]["uid"]
    stack.ec2.add_fault(Fault(FaultKind.HANG_AFTER, Action.DISASSOCIATE, count=1, seconds=2.0))
    stack.delete_pod("slow")
    stack.until(lambda: not any(a.association_id for a in stack.addresses_of(uid)), "the call is out")

    assert stack.first_worker.terminate(GRACE["worker"]) == 0
    stack.first_worker.start()

    stack.until_gone("slow")
    calls = stack.ec2.calls()
    assert (calls.count(Action.DISASSOCIATE), calls.count(Action.RELEASE)) == (1, 1)


def test_a_producer_gives_its_lease_back(stack: Installation) -> None:
    """The standby leads at its next look, long before the Lease would run out."""
    standby = stack.second_producer().start()

    assert stack.first_producer.terminate(GRACE["producer"]) == 0

    stack.until(lambda: '"leading"' in standby.log(), "the standby leads", NEXT_LOOK)
    stack.create_pod("web")
    stack.until_served("web")
