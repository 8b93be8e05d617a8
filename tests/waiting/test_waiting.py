"""How many tasks of a queue may wait for tokens, so that some slots are always free for other queues."""

import threading

import pytest

from eip.names import Queue
from workers.consumer.waiting import Waiting


@pytest.mark.parametrize(
    ("slots", "cap"), [(1, 1), (3, 1), (4, 1), (5, 2), (8, 2), (16, 4), (17, 5), (256, 64)]
)
def test_a_quarter_of_the_slots_may_wait(slots: int, cap: int) -> None:
    """Rounded up: a worker with one slot serves every queue all the same."""
    waiting = Waiting(slots)
    for number in range(cap - 1):
        waiting.received("release", f"task-{number}")
    assert not waiting.full("release")

    waiting.received("release", "the-last")
    assert waiting.full("release")


def test_another_queue_is_not_full() -> None:
    """Each queue has a share of its own."""
    waiting = Waiting(4)
    waiting.received("release", "task")

    assert [queue for queue in Queue if waiting.full(queue.value)] == [Queue.RELEASE]


def test_a_task_with_its_token_waits_no_longer() -> None:
    """Its slot is taken, but not by waiting."""
    waiting = Waiting(4)
    waiting.received("release", "task")

    waiting.served("task")

    assert not waiting.full("release")


def test_the_same_task_counts_once() -> None:
    """A message that came twice, or ended twice, changes nothing for the others."""
    waiting = Waiting(8)
    waiting.received("release", "task")
    waiting.received("release", "task")
    assert not waiting.full("release")

    waiting.received("release", "other")
    waiting.served("task")
    waiting.served("task")
    waiting.received("release", "third")
    assert waiting.full("release")


def test_the_end_of_a_task_that_never_waited_is_nothing() -> None:
    """Every task ends, whether it was counted or not."""
    waiting = Waiting(4)

    waiting.served("never-received")

    assert not waiting.full("release")


def test_a_queue_of_somebody_else_is_never_full() -> None:
    """Flower asks for its own."""
    assert not Waiting(4).full("celeryev")


def test_another_number_of_threads_changes_the_cap() -> None:
    """The worker knows its slots only when it starts."""
    waiting = Waiting(4)
    waiting.received("release", "task")

    waiting.resize(16)
    assert not waiting.full("release")

    waiting.resize(1)
    assert waiting.full("release")


def test_nothing_leaks_from_many_threads() -> None:
    """Whatever came and ended, nothing waits in the end."""
    waiting = Waiting(1)

    def work(worker: int) -> None:
        for number in range(200):
            waiting.received("allocate", f"{worker}-{number}")
            waiting.served(f"{worker}-{number}")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not waiting.full("allocate")
