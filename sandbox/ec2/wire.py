"""EC2's query protocol: numbered form parameters in, XML out.

EC2 names request parameters `Filter.1.Value.2` and wraps every member of a list in `<item>`; results here are
written with the names that travel on the wire.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from sandbox.ec2.errors import Ec2Error

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"

Params = dict[str, str]
Fields = dict[str, Any]


def parse(body: bytes) -> Params:
    """The request's parameters."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def numbered(params: Params, name: str) -> list[str]:
    """The values of `NAME.1`, `NAME.2` and so on, up to the first gap."""
    return list(_count(params, name))


def _count(params: Params, name: str) -> Iterator[str]:
    number = 1
    while (value := params.get(f"{name}.{number}")) is not None:
        yield value
        number += 1


def filters(params: Params) -> dict[str, list[str]]:
    """The request's filters: every name with its values."""
    names = numbered_names(params, "Filter", "Name")
    return {params[f"{key}.Name"]: numbered(params, f"{key}.Value") for key in names}


def numbered_names(params: Params, name: str, member: str) -> list[str]:
    """The keys `NAME.1`, `NAME.2` and so on that have the member, up to the first gap."""
    keys: list[str] = []
    while f"{(key := f'{name}.{len(keys) + 1}')}.{member}" in params:
        keys.append(key)
    return keys


def flag(params: Params, name: str, *, default: bool = False) -> bool:
    """A boolean parameter."""
    return params[name].lower() == "true" if name in params else default


def answer(action: str, fields: Fields) -> bytes:
    """The XML of a successful answer."""
    body = f"<requestId>double</requestId>{_members(fields)}"
    return f'<{action}Response xmlns="{NAMESPACE}">{body}</{action}Response>'.encode()


def result(action: str, namespace: str, fields: Fields) -> bytes:
    """The XML of a successful answer of a service that wraps it in a result, as STS does."""
    body = f"<{action}Result>{_members(fields)}</{action}Result>"
    return f'<{action}Response xmlns="{namespace}">{body}</{action}Response>'.encode()


def refusal(error: Ec2Error) -> bytes:
    """The XML of an error answer."""
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = f"<Errors><Error>{detail}</Error></Errors><RequestID>double</RequestID>"
    return f"<Response>{body}</Response>".encode()


def _members(fields: Fields) -> str:
    return "".join(f"<{key}>{_text(value)}</{key}>" for key, value in fields.items() if value is not None)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return _members(value)
    if isinstance(value, list):
        return "".join(f"<item>{_text(item)}</item>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
