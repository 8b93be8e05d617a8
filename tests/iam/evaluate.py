"""What a policy says to a call: as much of IAM as the workers' policy uses.

A call is allowed when each of its resources, given by ARN with its context keys, is.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Context = Mapping[str, str | Sequence[str]]
Resources = Mapping[str, Context]
Statement = Mapping[str, Any]


def allows(statements: Sequence[Statement], action: str, resources: Resources) -> bool:
    """Whether the action may be done on all of these resources."""
    return all(
        any(_applies(statement, action, arn, context) for statement in statements)
        for arn, context in resources.items()
    )


def many(value: str | Sequence[str]) -> Sequence[str]:
    """One or several, as policies have it, as several."""
    return [value] if isinstance(value, str) else value


def _applies(statement: Statement, action: str, arn: str, context: Context) -> bool:
    assert statement["Effect"] == "Allow", "a Deny is not evaluated here"
    if action not in many(statement["Action"]):
        return False
    if not any(_like(arn, pattern) for pattern in many(statement["Resource"])):
        return False
    return all(
        OPERATORS[operator](context.get(key), many(wanted))
        for operator, conditions in statement.get("Condition", {}).items()
        for key, wanted in conditions.items()
    )


def _like(value: str, pattern: str) -> bool:
    assert "[" not in pattern, "fnmatch knows sets, IAM does not"
    return fnmatch.fnmatchcase(value, pattern)


Held = str | Sequence[str] | None


def _equals(held: Held, wanted: Sequence[str]) -> bool:
    return held in wanted


def _matches(held: Held, wanted: Sequence[str]) -> bool:
    return isinstance(held, str) and any(_like(held, pattern) for pattern in wanted)


def _does_not_match(held: Held, wanted: Sequence[str]) -> bool:
    """True without the key, too: a negated operator is."""
    return not _matches(held, wanted)


def _is_missing(held: Held, wanted: Sequence[str]) -> bool:
    return ("true" if held is None else "false") in wanted


def _all_equal(held: Held, wanted: Sequence[str]) -> bool:
    """True without the key, too: nothing of nothing differs."""
    return all(value in wanted for value in many(held or ()))


OPERATORS: Mapping[str, Callable[[Held, Sequence[str]], bool]] = {
    "StringEquals": _equals,
    "StringLike": _matches,
    "StringNotLike": _does_not_match,
    "ArnLike": _matches,
    "Null": _is_missing,
    "ForAllValues:StringEquals": _all_equal,
}
