"""What a message from a queue must be before Celery sees it: exactly what our own programs send.

Whoever reaches Redis can put anything there, and a worker ends with the first message that is not JSON. What
is let through is made anew from the few fields that are known, so that nothing else reaches Celery: no time
to wait for, no callbacks, no pickled content.
"""

import base64
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from eip import names
from eip.names import Step

MOST_BYTES = 16_384
"""Ours have about 1,500: the longest names of a pod and a namespace are 316 characters."""

TASKS = frozenset({names.SWEEP_TASK, *(step.task for step in Step)})

Text = Annotated[str, Meta(max_length=1024)]


class ForgedMessageError(ValueError):
    """Nobody of ours sent this; the message says what gives it away, and holds nothing of its content."""


class _Headers(Struct):
    task: Text
    id: Annotated[str, Meta(min_length=1, max_length=256)]
    eta: None = None
    expires: None = None
    argsrepr: Text = ""
    kwargsrepr: Text = ""
    origin: Text = ""


class _Properties(Struct):
    body_encoding: Literal["base64"]


class _Envelope(Struct, rename={"content_type": "content-type", "content_encoding": "content-encoding"}):
    body: str
    headers: _Headers
    properties: _Properties
    content_type: Literal["application/json"] = field()
    content_encoding: Literal["utf-8"] = field()


class _Embedded(Struct):
    """What is to follow a task: with us nothing does."""

    callbacks: None = None
    errbacks: None = None
    chain: None = None
    chord: None = None


_Body = tuple[list[Any], dict[str, Any], _Embedded]


def screened(raw: bytes, queue: str) -> bytes:
    """The message as our own programs would have sent it to this queue.

    Raises:
        ForgedMessageError: they would not have.

    """
    if len(raw) > MOST_BYTES:
        raise ForgedMessageError(f"{len(raw)} bytes are too many")
    try:
        envelope = msgspec.json.decode(raw, type=_Envelope)
        body = msgspec.json.decode(base64.b64decode(envelope.body, validate=True), type=_Body)
    except (ValueError, RecursionError) as error:
        raise ForgedMessageError(_in_words(error)) from None
    if envelope.headers.task not in TASKS:
        raise ForgedMessageError(f"there is no task {envelope.headers.task[:80]!r}")
    return msgspec.json.encode(_made_anew(envelope.headers, body, queue))


def _made_anew(headers: _Headers, body: _Body, queue: str) -> dict[str, object]:
    """A delivery tag of our own too: with another message's, it would acknowledge that one."""
    return {
        "body": base64.b64encode(msgspec.json.encode(body)).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py",
            **msgspec.structs.asdict(headers),
            "root_id": headers.id,
            "retries": 0,
            "timelimit": [None, None],
        },
        "properties": {
            "correlation_id": headers.id,
            "reply_to": "",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid.uuid4()),
        },
    }


def _in_words(error: Exception) -> str:
    """It quotes the name of a wrong value's field, and a wrong word of a few: never more than this."""
    return f"{type(error).__name__}: {str(error)[:120]}"
