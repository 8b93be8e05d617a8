"""Redis loses everything, or goes away and comes back, in the middle of a burst of pods."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from tests import clusters
from tests.journeys.installation import Installation
from tests.journeys.right import our_addresses

pytestmark = clusters.NEAREST

BURST = 40
TROUBLE_SECONDS = 8
"""Kombu looks for dead workers' messages every 5 s: that meets the trouble as well."""

Change = Callable[[redis.Redis], Any]
TROUBLES: dict[str, tuple[Change, Change]] = {
    "is a replica": (
        lambda server: server.replicaof("127.0.0.1", "1"),
        lambda server: server.replicaof("NO", "ONE"),
    ),
    "is full": (
        lambda server: server.config_set("maxmemory", 1),
        lambda server: server.config_set("maxmemory", 0),
    ),
}


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


@pytest.mark.parametrize(("begin", "end"), TROUBLES.values(), ids=TROUBLES)
def test_redis_answers_with_errors_while_pods_come_and_go(
    stack: Installation, begin: Change, end: Change
) -> None:
    """The worker stays, says so in one line without a traceback, and goes on by itself."""
    worker = stack.first_worker
    old = stack.create_pods("old", 5)
    stack.until_served(*old)
    logged = len(worker.log())

    with redis.Redis.from_url(stack.redis.url) as server:
        begin(server)
        for name in old:
            stack.delete_pod(name)
        new = stack.create_pods("new", 5)
        time.sleep(TROUBLE_SECONDS)
        end(server)
    assert worker.running
    stack.until_served(*new)

    said = worker.log()[logged:]
    assert worker.running
    assert said.count("Redis answers with an error") == 1
    assert "Traceback" not in said
    assert len(our_addresses(stack)) == len(new)


def test_a_worker_starts_while_redis_is_a_replica(stack: Installation) -> None:
    """It cannot tell Redis of its queues, and waits until it can."""
    worker = stack.first_worker
    worker.terminate()

    with redis.Redis.from_url(stack.redis.url) as server:
        server.replicaof("127.0.0.1", "1")
        worker.start(wait=False)
        stack.until_logged(worker, "Redis answers with an error")
        time.sleep(TROUBLE_SECONDS)
        server.replicaof("NO", "ONE")
    made = stack.create_pods("web", 1)
    stack.until_served(*made)

    assert worker.running
    assert worker.log().count("Redis answers with an error") == 1
    assert "Traceback" not in worker.log()
