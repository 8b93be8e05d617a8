"""What the command line and the environment may hold; the command as a whole is tried on a real cluster."""

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.doctor.command import doctor


@pytest.mark.parametrize(
    ("environment", "arguments", "check"),
    [
        pytest.param({"EIP_CLUSTER_NAME": ""}, [], "settings", id="a-setting"),
        pytest.param(
            {"EIP_CLUSTER_NAME": "games"}, ["--service-account", "worker"], "arguments", id="an-argument"
        ),
    ],
)
def test_what_cannot_be_used_ends_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], arguments: list[str], check: str
) -> None:
    """One finding, and exit code 2."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = typer.Typer()
    app.command()(doctor)

    result = CliRunner().invoke(app, [*arguments, "-o", "yaml"])

    [finding] = yaml.safe_load(result.stdout)["findings"]
    assert (result.exit_code, finding["check"], finding["status"]) == (2, check, "fail")
