"""What is let through from a queue: what our own programs send, made anew, and nothing else."""

import base64
import json
from typing import Any

import pytest
import structlog

from eip import names
from eip.names import Queue, Step
from tests.forged_messages import NO_UID, REFUSED, envelope, message
from workers.consumer.message import TASKS, ForgedMessageError, screened
from workers.consumer.transport import ScreenedTransport, genuine

UID = "1111111a-1111-4111-8111-111111111111"
SEPARATOR = "\x06\x16"


def decoded(raw: bytes) -> tuple[dict[str, Any], Any]:
    """A message, and its body."""
    fields = json.loads(raw)
    return fields, json.loads(base64.b64decode(fields["body"]))


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_forged(raw: bytes) -> None:
    """The reason is short, whatever the message is."""
    with pytest.raises(ForgedMessageError) as refused:
        screened(raw, "release")

    assert 0 < len(str(refused.value)) < 200


@pytest.mark.parametrize("raw", NO_UID.values(), ids=NO_UID)
def test_a_message_of_the_right_form(raw: bytes) -> None:
    """What is wrong with its arguments the task says."""
    screened(raw, "release")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_our_tasks(task: str) -> None:
    """The steps' and the sweep, under the names that the producer sends."""
    fields, _ = decoded(screened(message(UID, task=task), "release"))

    assert fields["headers"]["task"] == task
    assert {*(step.task for step in Step), names.SWEEP_TASK} == TASKS


@pytest.mark.parametrize("step", list(Step))
def test_what_celery_sends(app: Any, step: Step) -> None:
    """A message of this version of Celery keeps its task, its id and its arguments."""
    made = app.amqp.as_task_v2("id-1", step.task, args=(UID, "shop/web"), argsrepr="shop/web")

    fields, body = decoded(screened(envelope(body=json.dumps(made.body), headers=made.headers), step.queue))

    assert (fields["headers"]["task"], fields["headers"]["id"]) == (step.task, "id-1")
    assert fields["headers"]["argsrepr"] == "shop/web"
    assert body[0] == [UID, "shop/web"]


def test_what_is_not_known_is_left_out() -> None:
    """Celery would believe it: a time limit, a compression, another message's delivery tag."""
    raw = message(UID, compression="zlib", timelimit=[0.001, 0.001], retries=7, stamps={"a": 1})

    fields, _ = decoded(screened(raw, "allocate"))

    assert not {"compression", "stamps"} & fields["headers"].keys()
    assert (fields["headers"]["timelimit"], fields["headers"]["retries"]) == ([None, None], 0)
    assert fields["properties"]["delivery_info"]["routing_key"] == "allocate"
    assert fields["properties"]["delivery_tag"] != json.loads(raw)["properties"]["delivery_tag"]


def test_the_longest_names_fit() -> None:
    """A pod's name of 253 characters in a namespace of 63, and again in the words for people."""
    key = "n" * 63 + "/" + "p" * 253

    _, body = decoded(screened(message(UID, key, argsrepr=f"{key} {UID}"), "release"))

    assert body[0] == [UID, key]


def test_a_refused_message_is_none() -> None:
    """One line says so, and in which queue it was; none of its content is in it."""
    with structlog.testing.capture_logs() as logged:
        assert genuine([b"release", b"a secret"], SEPARATOR) is None

    [line] = logged
    assert (line["log_level"], line["queue"]) == ("warning", "release")
    assert "secret" not in str(line)


@pytest.mark.parametrize("key", ["allocate", f"allocate{SEPARATOR}3"])
def test_a_genuine_message_goes_on(key: str) -> None:
    """From a queue of any priority."""
    reply = genuine([key.encode(), message(UID)], SEPARATOR)

    assert reply is not None
    assert reply[0] == key.encode()
    assert json.loads(reply[1])["properties"]["delivery_info"]["routing_key"] == Queue.ALLOCATE


@pytest.mark.parametrize("nothing", [None, []])
def test_a_time_out_stays_one(nothing: Any) -> None:
    """BRPOP answers so when all queues are empty."""
    assert genuine(nothing, SEPARATOR) == nothing


def test_a_workers_connection_has_the_gate(app: Any) -> None:
    """Under the name of Celery's own transport, which Flower reads off the URL."""
    connection = app.connection_for_read()

    assert isinstance(connection.transport, ScreenedTransport)
    assert connection.as_uri().startswith("redis://")
