"""What a person and a program get to read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from cli.doctor.finding import fails, passes
from cli.doctor.report import Output, show, table
from cli.doctor.seen import Unseen, in_words, look
from eip.errors import KubernetesError

FINDINGS = [passes("redis", "Redis 7"), fails("quota", "used up " * 20, "ask for more")]


def test_long_words_are_broken_under_their_column() -> None:
    """Check and status stay readable, and what to do has a line of its own."""
    lines = table(FINDINGS, 60).plain.splitlines()

    assert lines[:2] == ["CHECK  STATUS   WHAT WAS SEEN", "redis  pass     Redis 7"]
    assert all(len(line) <= 60 for line in lines)
    assert f"{'':16}-> ask for more" in lines
    assert lines[-1] == "1 pass, 0 warn, 1 fail, 0 unknown"


def test_nothing_is_broken_where_there_is_no_terminal() -> None:
    """A line for grep."""
    assert f"quota  fail     {'used up ' * 20}" in table(FINDINGS, 0).plain.splitlines()


def test_control_characters_do_not_reach_the_terminal() -> None:
    """Names come from others."""
    assert "\x1b" not in table([passes("nodes", "a\x1b[2Jb")], 0).plain


@pytest.mark.parametrize(("output", "read"), [(Output.JSON, json.loads), (Output.YAML, yaml.safe_load)])
def test_a_program_gets_all_findings(
    capsys: pytest.CaptureFixture[str], output: Output, read: Callable[[str], Any]
) -> None:
    """With the numbers of each status."""
    show(FINDINGS, output)

    said = read(capsys.readouterr().out)
    assert said["findings"][0] == {"check": "redis", "status": "pass", "seen": "Redis 7", "mend": ""}
    assert said["summary"] == {"pass": 1, "warn": 0, "fail": 1, "unknown": 0}


def test_a_missing_right_is_named_in_short() -> None:
    """The API server's own sentence repeats who asked."""
    said = (
        'leases.coordination.k8s.io "k8s-eip-operator" is forbidden: User "u" cannot get resource "leases" '
        'in API group "coordination.k8s.io" in the namespace "eip-system"'
    )

    assert in_words(KubernetesError(403, "Forbidden", said)) == (
        'no right to get leases in the namespace "eip-system"'
    )


def test_no_key_id_is_shown() -> None:
    """Whatever an error says."""

    def fail() -> None:
        raise ValueError("AKIAABCDEFGHIJKLMNOP is not valid")

    assert look(fail) == Unseen("[key id] is not valid")
