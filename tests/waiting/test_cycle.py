"""The order in which kombu pops the queues, on a real Redis: safest first, and none that only waits."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any, Protocol

import kombu
import pytest
import redis

from eip.names import Queue
from sandbox.redis import RedisServer
from workers.consumer import cycle
from workers.consumer.cycle import SafetyCycle
from workers.consumer.waiting import Waiting

SAFEST_FIRST = ["release", "annotate", "associate", "allocate"]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """A worker with four slots: one task of each queue may wait."""
    waiting = Waiting(4)
    monkeypatch.setattr(cycle, "WAITING", waiting)
    return waiting


@pytest.mark.parametrize("declared", list(permutations(SAFEST_FIRST)), ids="-".join)
def test_the_order_is_that_of_safety(waiting: Waiting, declared: tuple[str, ...]) -> None:
    """Whatever -Q says, and in whatever order the queues were declared."""
    assert SafetyCycle(list(declared)).consume(4) == SAFEST_FIRST


def test_the_order_is_that_of_the_names() -> None:
    """Who adds a queue says there how safe it is."""
    assert [queue.value for queue in Queue] == SAFEST_FIRST


@pytest.mark.parametrize("full", SAFEST_FIRST)
def test_a_full_queue_is_left_out(waiting: Waiting, full: str) -> None:
    """And no other."""
    waiting.received(full, "task")

    assert SafetyCycle(SAFEST_FIRST).consume(4) == [queue for queue in SAFEST_FIRST if queue != full]


def test_a_queue_comes_back_when_its_task_has_its_token(waiting: Waiting) -> None:
    """The cap is on waiting, not on work."""
    waiting.received("release", "task")
    waiting.served("task")

    assert SafetyCycle(SAFEST_FIRST).consume(4) == SAFEST_FIRST


def test_nothing_is_popped_while_all_wait(waiting: Waiting) -> None:
    """Each task that is taken now would only wait."""
    for queue in SAFEST_FIRST:
        waiting.received(queue, f"task of {queue}")

    assert SafetyCycle(SAFEST_FIRST).consume(4) == []


def test_strangers_come_last(waiting: Waiting) -> None:
    """Flower shares the application, and has a queue for replies."""
    assert SafetyCycle(["celeryev.x", "allocate", "release"]).consume(3) == [
        "release",
        "allocate",
        "celeryev.x",
    ]


def test_one_queue_alone_is_served(waiting: Waiting) -> None:
    """A worker can be given a part of the work: -Q release."""
    assert SafetyCycle(["release"]).consume(1) == ["release"]


class Pop(Protocol):
    """Pops one message of each of these queues but for so many, and answers their order."""

    def __call__(self, declared: list[str], left: int = 0) -> list[str]: ...


@pytest.fixture
def pop(redis_server: RedisServer, redis_client: redis.Redis, waiting: Waiting) -> Iterator[Pop]:
    """Pops through kombu, as the worker does."""
    options = {"queue_order_strategy": "workers.consumer.cycle:SafetyCycle", "polling_interval": 0.01}
    with kombu.Connection(redis_server.url, transport_options=options) as connection:

        def order(declared: list[str], left: int = 0) -> list[str]:
            with connection.Producer() as producer:
                for queue in declared:
                    producer.publish(queue, routing_key=queue, declare=[kombu.Queue(queue)])
            seen: list[str] = []

            def received(body: str, message: Any) -> None:
                seen.append(body)
                message.ack()

            with connection.Consumer([kombu.Queue(q) for q in declared], callbacks=[received]) as consumer:
                consumer.qos(prefetch_count=1)
                _drain(connection, seen, [10] * (len(declared) - left) + [1] * left)
            return seen

        yield order


def _drain(connection: kombu.Connection, seen: list[str], timeouts: list[int]) -> None:
    for timeout in timeouts:
        try:
            connection.drain_events(timeout=timeout)
        except TimeoutError:
            return
        assert len(seen) <= len(timeouts)


@pytest.mark.parametrize("declared", [SAFEST_FIRST, SAFEST_FIRST[::-1]], ids=["declared", "reversed"])
def test_kombu_pops_the_safest_first(pop: Pop, declared: list[str]) -> None:
    """The order is ours, whatever the transport's own is."""
    assert pop(declared) == SAFEST_FIRST


def test_kombu_does_not_pop_what_is_full(pop: Pop, waiting: Waiting) -> None:
    """The message stays in its queue, where people see it."""
    waiting.received("release", "task")

    assert pop(["release", "allocate"], left=1) == ["allocate"]
