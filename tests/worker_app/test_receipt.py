"""From a task's receipt to its end: what is counted as waiting, and that nothing stays counted."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from celery.app.trace import build_tracer

from eip.names import Queue, Step
from workers import state
from workers.consumer.waiting import Waiting

UID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def waiting(app: Any, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """One task of each queue may wait."""
    waiting = Waiting(4)
    monkeypatch.setattr("workers.app.WAITING", waiting)
    monkeypatch.setattr("workers.tasks.WAITING", waiting)
    return waiting


def receive(queue: str, task_id: str = "task-1", eta: object = None) -> None:
    """The consumer hands a message over."""
    request = SimpleNamespace(id=task_id, delivery_info={"routing_key": queue}, eta=eta)
    signals.task_received.send(sender="consumer", request=request)


@pytest.mark.parametrize("queue", list(Queue))
def test_a_received_task_waits(waiting: Waiting, queue: Queue) -> None:
    """From its receipt on, before a slot is free for it."""
    receive(queue.value)

    assert waiting.full(queue.value)


@pytest.mark.parametrize("queue", ["", "celery", "eip.release", None])
def test_a_task_of_no_queue_of_ours_is_not_counted(waiting: Waiting, queue: Any) -> None:
    """And does not make the worker die."""
    receive(queue)

    assert [q for q in Queue if waiting.full(q.value)] == []


def test_a_task_without_delivery_information_is_not_counted(waiting: Waiting) -> None:
    """A forged message may leave it out."""
    signals.task_received.send(sender="consumer", request=SimpleNamespace(id="x", delivery_info={}, eta=None))

    assert [q for q in Queue if waiting.full(q.value)] == []


def test_a_message_for_later_is_not_counted(waiting: Waiting) -> None:
    """We send none: forged ones would close a queue for as long as they like."""
    for number in range(100):
        receive(Queue.RELEASE, f"forged-{number}", eta="2099-01-01T00:00:00Z")

    assert not waiting.full(Queue.RELEASE)


def run(app: Any, step: Step, args: list[Any]) -> None:
    """Run a received task to its end as the worker does."""
    build_tracer(step.task, app.tasks[step.task], app=app)(
        "task-1", args, {}, {"id": "task-1", "delivery_info": {}}
    )


@pytest.mark.parametrize("step", list(Step))
def test_a_task_that_ends_waits_no_longer(
    app: Any, waiting: Waiting, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """Even if it never needed a token."""
    monkeypatch.setattr(state, "worker", SimpleNamespace(world=None))
    monkeypatch.setattr("workers.tasks.perform", lambda *_: "nothing to do")
    receive(step.queue.value)

    run(app, step, [UID])

    assert not waiting.full(step.queue.value)


@pytest.mark.parametrize("args", [[UID], ["forged"], [], [1, 2, 3]], ids=["crash", "forged", "none", "many"])
def test_a_task_that_fails_waits_no_longer(
    app: Any, waiting: Waiting, monkeypatch: pytest.MonkeyPatch, args: list[Any]
) -> None:
    """A crash or a refusal must not leave its queue closed for good."""
    monkeypatch.setattr(state, "worker", None)
    receive("release")

    run(app, Step.RELEASE, args)

    assert not waiting.full("release")


def test_a_task_with_its_token_waits_no_longer(
    app: Any, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it still runs, another of its queue may come."""
    seen: list[bool] = []

    def perform(*given: Any) -> str:
        seen.append(waiting.full("allocate"))
        given[3]()
        seen.append(waiting.full("allocate"))
        return "done"

    monkeypatch.setattr(state, "worker", SimpleNamespace(world=None))
    monkeypatch.setattr("workers.tasks.perform", perform)
    receive("allocate")

    run(app, Step.ALLOCATE, [UID])

    assert seen == [True, False]


def test_a_sweep_waits_for_no_token(app: Any, waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shares a queue with the releases, and must not close it for as long as it runs."""
    seen: list[bool] = []

    def sweep(_: int | None) -> str:
        seen.append(waiting.full("release"))
        return "swept"

    monkeypatch.setattr(state, "worker", SimpleNamespace(sweeper=SimpleNamespace(sweep=sweep)))
    receive("release")
    task = app.tasks["eip.sweep"]

    build_tracer("eip.sweep", task, app=app)("task-1", [], {}, {"id": "task-1", "delivery_info": {}})

    assert seen == [False]
