"""How the worker is set up, whatever its command line says."""

from typing import Any

import pytest
from kombu.utils.imports import symbol_by_name

from eip import names
from eip.names import Queue, Step
from workers.consumer.bootsteps import OperatorConsumer, OperatorWorker, World
from workers.consumer.cycle import SafetyCycle

SAFEST_FIRST = ["release", "annotate", "associate", "allocate"]


def test_the_queues_are_those_of_the_steps(app: Any) -> None:
    """Four real queues, whose lengths Flower shows; no other is made by a stray message."""
    assert sorted(app.amqp.queues) == sorted(SAFEST_FIRST)
    assert app.conf.task_create_missing_queues is False


def test_the_order_is_ours(app: Any) -> None:
    """Kombu finds the class by the name that it is given."""
    strategy = app.conf.broker_transport_options["queue_order_strategy"]

    assert symbol_by_name(strategy) is SafetyCycle


def test_each_step_has_its_task_and_its_queue(app: Any) -> None:
    """The names that the producer sends are those that the worker knows."""
    ours = sorted(name for name in app.tasks if not name.startswith("celery."))

    assert ours == ["eip.allocate", "eip.annotate", "eip.associate", "eip.release", "eip.sweep"]
    assert {step.task for step in Step} | {names.SWEEP_TASK} == set(ours)
    assert [step.queue for step in Step] == list(Queue)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("accept_content", ["json"]),
        ("task_serializer", "json"),
        ("worker_enable_remote_control", False),
        ("worker_pool", "threads"),
        ("worker_prefetch_multiplier", 1),
        ("task_acks_late", True),
        ("task_reject_on_worker_lost", True),
        ("task_ignore_result", True),
        ("worker_send_task_events", True),
        ("task_send_sent_event", True),
        ("broker_connection_max_retries", None),
        ("broker_channel_error_retry", True),
        ("worker_hijack_root_logger", False),
        ("worker_redirect_stdouts", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_setting(app: Any, setting: str, value: object) -> None:
    """JSON only; nothing that lets a message control the worker; nothing lost with a worker."""
    assert app.conf[setting] == value


def test_no_task_is_delayed_or_retried_by_celery(app: Any) -> None:
    """Delayed work waits in `due`; a retry of Celery's would hide from the claim."""
    tasks = [app.tasks[step.task] for step in Step]

    assert [getattr(task, "autoretry_for", ()) for task in tasks] == [()] * 4


def test_there_is_no_result_backend(app: Any) -> None:
    """Results would be kept in Redis for a day, for nobody."""
    assert app.backend.as_uri() == "disabled://"


def test_every_socket_has_a_time_out(app: Any) -> None:
    """A Redis that hangs does not hang the worker; and nothing is sent twice behind our back."""
    options = app.conf.broker_transport_options

    assert 0 < options["socket_timeout"] <= 10
    assert 0 < options["socket_connect_timeout"] <= 10
    assert "retry_on_timeout" not in options


def test_a_dead_workers_messages_come_back_after_the_longest_step(app: Any) -> None:
    """A step waits 20 s for its token at most, and each of its calls has a deadline."""
    assert app.conf.broker_transport_options["visibility_timeout"] >= 120


def test_gossip_and_mingle_are_off(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They keep a connection that makes the worker die with Redis; the command line cannot switch them on."""
    options: dict[str, Any] = {}
    monkeypatch.setattr("celery.apps.worker.Worker.__init__", lambda _, **given: options.update(given))

    OperatorWorker(app=app, without_gossip=False, without_mingle=False)

    assert (options["without_gossip"], options["without_mingle"]) == (True, True)


def test_the_worker_of_the_command_line_is_ours(app: Any) -> None:
    """`celery -A workers.app worker` takes it from the application."""
    assert issubclass(app.Worker, OperatorWorker)


def test_the_consumer_is_ours(app: Any) -> None:
    """Celery finds the class by the name that it is given."""
    assert symbol_by_name(app.conf.worker_consumer) is OperatorConsumer


def test_the_world_starts_with_the_worker(app: Any) -> None:
    """Before the consumer does: no task comes earlier."""
    assert World in app.steps["worker"]
    assert tuple(World.requires or ()) == ("celery.worker.components:Pool",)
