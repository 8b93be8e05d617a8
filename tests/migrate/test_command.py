"""What the command says when it cannot do what it was asked for; the rest is in the journeys."""

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.migrate.command import app
from cli.migrate.plan import plan
from cli.migrate.show import show
from tests.migrate.facts_made import facts, operator, pod, request


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings, no cluster."""
    for name in ("EIP_CLUSTER_NAME", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", "/nowhere")


def test_missing_settings_are_named_without_a_traceback() -> None:
    """They must be those of the installation."""
    result = CliRunner().invoke(app, ["plan", "--from", "materialize"])

    assert result.exit_code == 2
    assert "EIP_CLUSTER_NAME is not set" in result.stderr


def test_a_missing_cluster_is_named_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    monkeypatch.setenv("EIP_CLUSTER_NAME", "blue")
    result = CliRunner().invoke(app, ["run", "--from", "materialize", "--yes"])

    assert result.exit_code == 2
    assert "name a kubeconfig in KUBECONFIG" in result.stderr


def test_an_unknown_operator_is_refused_with_those_that_are_known() -> None:
    """Before anything is read."""
    result = CliRunner().invoke(app, ["plan", "--from", "other"])

    assert result.exit_code == 2
    assert "aws-samples" in result.stderr


def test_the_table_shows_what_forbids_to_begin() -> None:
    """Names of others go to the terminal without their control characters."""
    console = Console(width=200, record=True, file=None, quiet=False)
    other = operator("materialize/k8s-eip-operator", "CLUSTER_NAME", name="bad\x1b[2J")
    with console.capture() as shown:
        show(plan(facts(pods=(pod(), other)), request()), console)

    text = shown.get()
    assert "games/web   198.51.100.1   eipalloc-web   move" in text
    assert "! the other operator runs in games/bad [2J" in text
    assert "\x1b[2J" not in text
