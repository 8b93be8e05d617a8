"""Describe filters: names joined by AND, values by OR, with EC2's wildcards and limits."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from sandbox.ec2.errors import Ec2Error

MOST_VALUES = 200


class Tagged(Protocol):
    """Anything that has tags."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Keys and values."""
        ...


Item = TypeVar("Item", bound=Tagged)
Read = Callable[[Item], Iterable[str]]
Accept = Callable[[str], bool]


def select(
    items: Iterable[Item], filters: Mapping[str, list[str]], reads: Mapping[str, Read[Item]]
) -> list[Item]:
    """The items that pass every filter; `reads` says what a filter's name looks at."""
    if sum(len(values) for values in filters.values()) > MOST_VALUES:
        raise Ec2Error("FilterLimitExceeded", f"A call takes at most {MOST_VALUES} filter values.")
    tests = [(_read(name, reads), _accept(values)) for name, values in filters.items()]
    return [item for item in items if all(any(map(accept, read(item))) for read, accept in tests)]


def _read(name: str, reads: Mapping[str, Read[Item]]) -> Read[Item]:
    if name == "tag-key":
        return lambda item: item.tags
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda item: [item.tags[key]] if key in item.tags else []
    if name not in reads:
        raise Ec2Error("InvalidParameterValue", f"The filter '{name}' is invalid")
    return reads[name]


def _accept(values: list[str]) -> Accept:
    if not any(character in value for value in values for character in "*?\\"):
        return set(values).__contains__
    pattern = re.compile("|".join(_pattern(value) for value in values), re.DOTALL)
    return lambda text: pattern.fullmatch(text) is not None


def _pattern(value: str) -> str:
    """`*` is any text, `?` any one character, and a backslash takes the meaning from the next one."""
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(part) or re.escape(part.removeprefix("\\") or part) for part in parts)
