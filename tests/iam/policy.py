"""The policy of docs/iam.md, filled in, and what it says to a call: as much of IAM as that policy uses."""

import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "iam.md"
WORDS = {"CLUSTER": "games", "VPC_ID": "vpc-0aa", "REGION": "eu-central-1", "ACCOUNT": "123456789012"}
OPERATORS = {"StringEquals", "ArnEquals"}

Statement = dict[str, Any]


def statements() -> list[Statement]:
    """The statements, with names and numbers in place of the words that a user fills in."""
    found = re.search(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, "docs/iam.md has no policy"
    text = found[1]
    for word, value in WORDS.items():
        text = re.sub(rf"\b{word}\b", value, text)
    listed: list[Statement] = json.loads(text)["Statement"]
    return listed


def actions(statement: Statement) -> Sequence[str]:
    """The actions of a statement."""
    named = statement["Action"]
    return [named] if isinstance(named, str) else named


def allows(action: str, resources: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a call is allowed: each of its resources, given by ARN with its context keys, must be."""
    return all(
        any(_applies(statement, action, arn, context) for statement in statements())
        for arn, context in resources.items()
    )


def _applies(statement: Statement, action: str, arn: str, context: Mapping[str, str]) -> bool:
    assert statement["Effect"] == "Allow", "a Deny is not evaluated here"
    if action not in actions(statement) or not fnmatch.fnmatchcase(arn, statement["Resource"]):
        return False
    conditions = statement.get("Condition", {})
    assert conditions.keys() <= OPERATORS, "an operator that is not evaluated here"
    return all(
        context.get(key) == value for operator in conditions.values() for key, value in operator.items()
    )
