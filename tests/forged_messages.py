"""Messages that none of our programs sends, as somebody who reaches Redis may put them into a queue."""

import base64
import json
import uuid
from typing import Any

LONG = "x" * 100_000
NOTHING_FOLLOWS: dict[str, Any] = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def headers(**changed: Any) -> dict[str, Any]:
    """The headers of a genuine message, some of them changed."""
    genuine = {
        "lang": "py",
        "task": "eip.release",
        "id": str(uuid.uuid4()),
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": None,
        "parent_id": None,
        "argsrepr": "",
        "kwargsrepr": "",
        "origin": "gen1@host",
    }
    return genuine | changed


def message(*arguments: Any, **changed: Any) -> bytes:
    """A message of the right form; `changed` replaces headers."""
    return envelope(body=json.dumps([arguments, {}, NOTHING_FOLLOWS]), headers=headers(**changed))


def envelope(**changed: Any) -> bytes:
    """What kombu puts into a list, some of its fields changed; `body` is not encoded yet."""
    body = changed.pop("body", json.dumps([[], {}, NOTHING_FOLLOWS]))
    fields = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers(),
        "properties": {
            "correlation_id": "x",
            "reply_to": "",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "release"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    return json.dumps(fields | changed).encode()


def body(*parts: Any) -> bytes:
    """A message whose body is this list."""
    return envelope(body=json.dumps(parts))


REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "words": b"not JSON",
    "bytes": b"\x80\x04\x95\xff",
    "cut off": message()[:-10],
    "null": b"null",
    "number": b"7",
    "string": b'"release"',
    "list": b"[]",
    "empty object": b"{}",
    "deep": b"[" * 10_000,
    "no headers": b'{"body": "", "properties": {}}',
    "no delivery tag and no encoding": envelope(properties={}),
    "properties are a list": envelope(properties=[]),
    "unknown body encoding": envelope(properties={"body_encoding": "rot13", "delivery_tag": "x"}),
    "headers are a list": envelope(headers=[1]),
    "headers are a string": envelope(headers="eip.release"),
    "pickle": envelope(
        **{"content-type": "application/x-python-serialize", "content-encoding": "binary"},
        body="cos\nsystem\n(S'true'\ntR.",
    ),
    "yaml": envelope(**{"content-type": "application/x-yaml"}),
    "unknown character set": envelope(**{"content-encoding": "nope-8"}),
    "body is a number": json.dumps(json.loads(envelope()) | {"body": 7}).encode(),
    "body is not base64": json.dumps(json.loads(envelope()) | {"body": "%%%"}).encode(),
    "body is not JSON": envelope(body="release it"),
    "deep body": envelope(body="[" * 10_000),
    "body is an object": envelope(body="{}"),
    "body is null": envelope(body="null"),
    "body is too short": body([], {}),
    "arguments are a number": body(7, {}, {}),
    "arguments are an object": body({"uid": 1}, {}, {}),
    "keywords are a list": body([], [], {}),
    "what follows is a list": body([], {}, []),
    "something follows": body([], {}, {"callbacks": [{"task": "eip.sweep"}]}),
    "a chord follows": body([], {}, {"chord": {"task": "eip.sweep"}}),
    "unknown task": message(task="os.system"),
    "a task of Celery's": message(task="celery.backend_cleanup"),
    "task is null": message(task=None),
    "task is a list": message(task=["eip.release"]),
    "id is null": message(id=None),
    "id is empty": message(id=""),
    "id is an object": message(id={}),
    "old protocol": envelope(headers={}, body=json.dumps({"task": "eip.release", "id": "1", "args": []})),
    "old protocol in new headers": envelope(body=json.dumps({"task": "eip.release", "id": "1", "args": []})),
    "far in the future": message(eta="2099-01-01T00:00:00+00:00"),
    "no time": message(eta="yesterday"),
    "expired": message(expires="2000-01-01T00:00:00+00:00"),
    "long argument": message(LONG),
    "long task": message(task=LONG),
    "long id": message(id=LONG),
    "long description": message(argsrepr="x" * 2_000),
}
"""By what gives each away."""

NO_UID: dict[str, bytes] = {
    "no argument": message(),
    "a number": message(7),
    "a list": message([["x"]]),
    "a name": message("default/web"),
    "two lines": message("one\ntwo"),
    "compressed, it says": message(compression="zlib"),
    "a time limit": message(timelimit="soon"),
    "many retries": message(retries="many"),
    "headers of nobody": message(stamps=7, stamped_headers="x", ignore_result=[]),
}
"""Of the right form, and refused by the task; what Celery would stumble over is left out of them."""
