"""Workers that share the work, and one that is ended while it works."""

from tests import clusters
from tests.journeys.installation import Installation
from tests.journeys.right import our_addresses

pytestmark = clusters.NEAREST

BURST = 30


def test_a_worker_ends_in_order(stack: Installation) -> None:
    """SIGTERM: it finishes what it has begun, exits with 0, and the other does the rest."""
    other = stack.worker("worker-2").start()
    made = stack.create_pods("burst", BURST)
    stack.until(lambda: len(stack.ec2.addresses()) >= BURST // 4, "a quarter is allocated")

    assert other.terminate() == 0

    stack.until_served(*made)
    assert stack.ec2.calls().count("AllocateAddress") == BURST


def test_a_worker_dies(stack: Installation) -> None:
    """Kill -9 with steps under way and tasks in its hands: the other does them, and nothing twice."""
    other = stack.worker("worker-2").start()
    made = stack.create_pods("burst", BURST)
    stack.until(lambda: len(stack.ec2.addresses()) >= BURST // 4, "a quarter is allocated")

    other.kill()

    stack.until_served(*made)
    assert len(our_addresses(stack)) == BURST


def test_two_workers_serve_a_pod_once(stack: Installation) -> None:
    """However many workers there are: two mutating calls a pod."""
    stack.worker("worker-2").start()
    made = stack.create_pods("burst", BURST)

    stack.until_served(*made)

    calls = stack.ec2.calls()
    assert (calls.count("AllocateAddress"), calls.count("AssociateAddress")) == (BURST, BURST)
