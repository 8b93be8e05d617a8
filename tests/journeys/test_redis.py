"""Redis loses everything, or goes away and comes back, in the middle of a burst of pods."""

import signal

import pytest

from tests import clusters
from tests.journeys.installation import Installation
from tests.journeys.right import our_addresses

pytestmark = clusters.NEAREST

BURST = 40


def some_are_allocated(stack: Installation) -> bool:
    """Whether the burst is in the middle."""
    return len(stack.ec2.addresses()) >= BURST // 4


def test_everything_is_flushed(stack: Installation) -> None:
    """Nobody is without address, and nobody has two, in the end."""
    made = stack.create_pods("burst", BURST)
    stack.until(lambda: some_are_allocated(stack), "a quarter is allocated")

    stack.redis.flushall()

    stack.until_served(*made)
    assert len(our_addresses(stack)) == BURST


def test_everything_is_flushed_while_pods_go(stack: Installation) -> None:
    """What was to be released is released all the same."""
    made = stack.create_pods("burst", BURST)
    stack.until_served(*made)
    for name in made[: BURST // 2]:
        stack.delete_pod(name)

    stack.redis.flushall()

    stack.until_gone(*made[: BURST // 2])
    assert len(our_addresses(stack)) == BURST // 2


@pytest.mark.parametrize("keep_data", [True, False], ids=["with its data", "without its data"])
def test_redis_is_restarted(stack: Installation, *, keep_data: bool) -> None:
    """A server with another run id is another life, whatever data it brings."""
    made = stack.create_pods("burst", BURST)
    stack.until(lambda: some_are_allocated(stack), "a quarter is allocated")

    stack.redis.restart(keep_data=keep_data)

    stack.until_served(*made)
    assert len(our_addresses(stack)) == BURST


def test_redis_is_away_while_pods_come_and_go(stack: Installation) -> None:
    """Producer and workers wait for it, and go on where they were."""
    old = stack.create_pods("old", 5)
    stack.until_served(*old)
    stack.redis.stop(signal.SIGKILL)

    for name in old:
        stack.delete_pod(name)
    new = stack.create_pods("new", 5)
    assert stack.first_producer.running
    assert stack.first_worker.running
    stack.redis.start()

    stack.until_served(*new)
    assert len(our_addresses(stack)) == len(new)
