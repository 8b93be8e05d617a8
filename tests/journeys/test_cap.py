"""A queue that only waits for EC2's rate leaves room for what must not wait."""

from dataclasses import replace

from tests import clusters
from tests.journeys import installation
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

WAITING = 30
SOME = 2
SHAPE = replace(
    installation.SHAPE,
    settings={
        **installation.SHAPE.settings,
        "worker_concurrency": "4",
        "allocate_burst": "1",
        "allocate_rate": "0.21",
    },
)
"""Four allocations will wait for their token at once, up to 20 s: as many as there are slots."""


def test_a_deletion_does_not_wait_behind_allocations(stack: Installation) -> None:
    """With an allocation every 5 s and thirty waiting, a deleted pod's address goes before the next comes."""
    stack.create_pod("first")
    stack.until_served("first")
    stack.create_pods("waiting", WAITING)
    stack.until(lambda: stack.ec2.calls().count("AssociateAddress") >= SOME, "the queue moves")
    allocated = stack.ec2.calls().count("AllocateAddress")

    stack.delete_pod("first")
    stack.until(lambda: stack.ec2.calls().count("ReleaseAddress"), "the address is released")

    order = [call.action for call in stack.ec2.calls().calls]
    before = order[: order.index("ReleaseAddress")]
    assert before.count("DisassociateAddress") == 1
    assert before.count("AllocateAddress") == allocated
