"""Messages that no producer of ours sent: refused in one line, and nothing is touched."""

import logging
from typing import Any

import pytest
import structlog
from celery.app.trace import build_tracer

from eip import names
from eip.names import Step
from workers import state

UID = "1111111a-1111-4111-8111-111111111111"
NO_UID = [
    "",
    "web",
    "shop/web",
    UID.upper(),
    UID.replace("-", ""),
    "{" + UID + "}",
    "urn:uuid:" + UID,
    UID + " ",
    "eip:claims",
    "*",
    7,
    None,
    True,
    [UID],
    {"uid": UID},
]


class Untouchable:
    """A worker whose world must not be asked for."""

    @property
    def world(self) -> None:
        """Fail: the message was not refused."""
        raise AssertionError("a forged message reached the world")


@pytest.fixture
def untouchable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has started, and is not to be used."""
    monkeypatch.setattr(state, "worker", Untouchable())


def receive(app: Any, name: str, args: list[Any], kwargs: dict[str, Any], task_id: str = "task-id") -> Any:
    """Run a task as the worker does with what a message holds."""
    task = app.tasks[name]
    tracer = build_tracer(name, task, app=app)
    return tracer(task_id, args, kwargs, {"id": task_id, "delivery_info": {}}).retval


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("uid", NO_UID, ids=repr)
def test_what_is_no_pods_uid_is_refused(
    app: Any, untouchable: None, caplog: pytest.LogCaptureFixture, step: Step, uid: object
) -> None:
    """It would be part of a key in Redis."""
    with structlog.testing.capture_logs() as lines:
        answer = receive(app, step.task, [uid, "shop/web"], {})

    assert answer == "refused: no pod's uid"
    assert [line["log_level"] for line in lines] == ["warning"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [([], {}), ([], {"uid": UID, "more": 1}), (["web", "b", "c"], {}), ([], {"pod": "shop/web"})],
    ids=["none", "unknown-keyword", "too-many", "without-uid"],
)
def test_other_arguments_are_refused_in_one_line(
    app: Any,
    untouchable: None,
    caplog: pytest.LogCaptureFixture,
    args: list[Any],
    kwargs: dict[str, Any],
) -> None:
    """Not with a traceback."""
    with structlog.testing.capture_logs() as lines:
        answer = receive(app, Step.RELEASE.task, args, kwargs)

    assert str(answer).startswith("refused")
    assert len(lines) == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_long_argument_does_not_fill_the_log(app: Any, untouchable: None) -> None:
    """What is shown of it is cut."""
    with structlog.testing.capture_logs() as lines:
        receive(app, Step.RELEASE.task, ["x" * 100_000], {})

    assert len(str(lines[0]["argument"])) <= 80


class Started:
    """A worker that notes which pods it was asked to look at."""

    world = "the world"

    class sweeper:  # noqa: N801
        """Counts sweeps."""

        @staticmethod
        def sweep(asked_at: int | None) -> str:
            """Sweep."""
            return f"swept, asked at {asked_at}"


@pytest.mark.parametrize("step", list(Step))
def test_a_pods_uid_is_passed_on_and_its_name_is_not(
    app: Any, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """The name in a message is for people: what is asked for comes from the claim."""
    performed: list[tuple[object, ...]] = []
    monkeypatch.setattr(state, "worker", Started())

    def perform(*given: object) -> str:
        performed.append(given[:3])
        return "done"

    monkeypatch.setattr("workers.tasks.perform", perform)

    assert receive(app, step.task, [UID, "bank/vault"], {}) == "done"
    assert performed == [(step, UID, "the world")]


def test_a_sweep_needs_no_arguments(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And believes none."""
    monkeypatch.setattr(state, "worker", Started())

    assert receive(app, names.SWEEP_TASK, [], {}) == "swept, asked at None"
    assert receive(app, names.SWEEP_TASK, ["everything", UID], {"age": 0}) == "swept, asked at None"


@pytest.mark.parametrize(
    ("task_id", "asked_at"),
    [
        ("sweep.1764448000000", 1_764_448_000_000),
        ("sweep.", None),
        ("sweep.-1", None),
        ("sweep.12x", None),
        ("sweep.²", None),
        ("x.sweep.12", None),
        ("12", None),
    ],
)
def test_a_sweeps_id_says_when_it_was_asked_for(
    app: Any, monkeypatch: pytest.MonkeyPatch, task_id: str, asked_at: int | None
) -> None:
    """One with another id is made in any case."""
    monkeypatch.setattr(state, "worker", Started())

    assert receive(app, names.SWEEP_TASK, [], {}, task_id) == f"swept, asked at {asked_at}"


def test_a_task_before_the_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot come: the world starts before the consumer."""
    monkeypatch.setattr(state, "worker", None)

    with pytest.raises(RuntimeError, match="before the worker had started"):
        state.running()
