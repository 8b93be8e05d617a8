"""The command as a whole: help, wrong usage, failures, and what it costs to start."""

import os
import subprocess
import sys

import pytest
import typer
from typer.main import get_command

from cli.app import app, main
from cli.commands import status as status_module
from cli.late import LATE, Commands
from cli.output.exits import Exit
from tests.cli.conftest import Eip
from tests.workers_world import Workers

COMMANDS = (
    "status", "explain", "queues", "addresses", "plan", "sweep", "retry", "release", "version",
    "doctor", "migrate", "iam-policy",
)  # fmt: skip


def test_help_names_every_command_and_the_exit_codes(eip: Eip) -> None:
    """`eip -h` is the first that a person sees."""
    shown = eip("-h")

    assert shown.code == 0
    assert all(f"\n  {command} " in shown.out for command in COMMANDS)
    assert "3 not everything could be seen" in " ".join(shown.out.split())


def test_no_line_of_help_is_cut_off(eip: Eip) -> None:
    """Each command fits beside its name."""
    commands = [eip(*group, "-h").out.partition("Commands:")[2] for group in ((), ("migrate",))]

    assert all(commands)
    assert "..." not in "".join(commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(eip: Eip, command: str) -> None:
    """Whether it is imported at once or late."""
    shown = eip(command, "--help")

    assert shown.code == 0
    assert command in shown.out


@pytest.mark.parametrize("name", LATE)
def test_a_late_commands_help_begins_as_its_own(name: str) -> None:
    """What the list says is what the command says of itself."""
    late = LATE[name]
    command = late.load()
    said = command.info.help if isinstance(command, typer.Typer) else command.__doc__

    assert str(said).startswith(late.help)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["statsu"], id="no-such-command"),
        pytest.param(["status", "--colour"], id="no-such-option"),
        pytest.param(["status", "-o", "xml"], id="no-such-output"),
        pytest.param(["explain"], id="no-pod"),
        pytest.param(["status", "web", "-A"], id="one-and-all"),
    ],
)
def test_wrong_usage_is_code_2_and_prints_no_result(eip: Eip, arguments: list[str]) -> None:
    """Standard output is for results."""
    shown = eip(*arguments)

    assert shown.code == Exit.USAGE
    assert "Traceback" not in shown.err


def test_a_typing_error_gets_a_proposal(eip: Eip) -> None:
    """Of the late commands too."""
    assert "Did you mean 'doctor'?" in eip("docto").err


@pytest.mark.parametrize(
    ("environment", "styled"),
    [
        pytest.param({}, False, id="no-terminal"),
        pytest.param({"FORCE_COLOR": "1"}, True, id="as-on-a-terminal"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="no-color"),
    ],
)
def test_colours_are_for_terminals(
    eip: Eip, world: Workers, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, styled: bool
) -> None:
    """NO_COLOR takes all of them away, bold letters too."""
    world.serve()
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)

    assert ("\x1b[" in eip("status").out) is styled


def test_a_failure_that_nobody_foresaw_is_one_line(eip: Eip, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the place, for the report, and without a traceback."""
    monkeypatch.setattr(status_module, "claim_rows", lambda *_: 1 / 0)

    shown = eip("status")

    assert shown.code == Exit.WRONG
    assert len(shown.err.splitlines()) == 1
    assert "ZeroDivisionError" in shown.err
    assert "cli/commands/status.py:" in shown.err


def test_settings_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And where they are set."""
    monkeypatch.delenv("EIP_CLUSTER_NAME", raising=False)
    monkeypatch.setenv("KUBECONFIG", os.devnull)
    monkeypatch.setattr(sys, "argv", ["eip", "queues"])

    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr().err
    assert ended.value.code == Exit.USAGE
    assert "EIP_CLUSTER_NAME is not set" in said
    assert "kubectl -n NAMESPACE exec deployment/WORKER -- eip" in said


def test_versions_are_those_that_are_installed(eip: Eip) -> None:
    """A number alone for scripts."""
    assert eip("version", "--short").out.strip() in eip("version").out


def test_help_imports_nothing_heavy() -> None:
    """A shell's completion starts the program at every press of a key."""
    heavy = ("boto3", "celery", "kubernetes", "pydantic", "redis", "cli.doctor")
    program = f"import sys, cli.app; print([name for name in {heavy!r} if name in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


def test_the_program_is_made_of_our_group() -> None:
    """Which imports the late commands when they are called."""
    assert isinstance(get_command(app), Commands)
