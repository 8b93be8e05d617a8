"""Where the configuration comes from, and that credentials which expire are fetched anew."""

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.config import incluster_config

from eip.errors import KubernetesError, SettingsError
from eip.kubernetes import configuration

PLUGIN = """
count=$(cat {folder}/count 2>/dev/null || echo 0); count=$((count + 1)); echo $count > {folder}/count
printf '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": '
printf '{{"token": "token-%s", "expirationTimestamp": "{expires}"}}}}' $count
"""


def write_kubeconfig(path: Path, user: dict[str, Any]) -> None:
    """A kubeconfig of one cluster and one user."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1/prefix/"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(config))


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where KUBECONFIG points."""
    path = tmp_path / "config"
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return path


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the kubelet mounts into each pod; the path of the token."""
    token, ca = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("mounted")
    ca.write_text("certificate")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(ca))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return token


def test_a_kubeconfig_says_where_and_who(kubeconfig: Path) -> None:
    """A path in the server's address is kept, as proxies have one."""
    write_kubeconfig(kubeconfig, {"token": "fixed"})

    connection = configuration.connect()

    assert (connection.base_url, connection.authorization()) == ("http://127.0.0.1:1/prefix", "Bearer fixed")


def test_a_pod_uses_its_service_account(service_account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be set in a cluster."""
    monkeypatch.delenv("KUBECONFIG", raising=False)

    connection = configuration.connect()

    assert (connection.base_url, connection.authorization()) == ("https://10.96.0.1:443", "bearer mounted")


@pytest.mark.parametrize("user", [{"token": "fixed\n"}, {"tokenFile": "token"}], ids=["token", "tokenFile"])
def test_the_line_end_of_a_kubeconfig_token_is_left_out(
    kubeconfig: Path, tmp_path: Path, user: dict[str, str]
) -> None:
    """`token: |` and an editor both put one there, and no header may hold it."""
    (tmp_path / "token").write_text("fixed\n")
    write_kubeconfig(kubeconfig, user)

    assert configuration.connect().authorization() == "Bearer fixed"


def test_the_line_end_of_a_mounted_token_is_left_out(
    service_account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Secret that people made by hand may be mounted there."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    service_account.write_text("mounted\r\n")

    assert configuration.connect().authorization() == "bearer mounted"


def test_a_kubeconfig_that_is_named_comes_before_the_service_account(
    service_account: Path, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names one means it."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    write_kubeconfig(kubeconfig, {"token": "fixed"})

    assert configuration.connect().authorization() == "Bearer fixed"


@pytest.mark.parametrize(
    ("expires", "second"),
    [("2001-01-01T00:00:00Z", "Bearer token-2"), ("2999-01-01T00:00:00Z", "Bearer token-1")],
    ids=["expired", "valid"],
)
def test_an_exec_plugin_is_run_when_its_token_has_expired(
    kubeconfig: Path, tmp_path: Path, expires: str, second: str
) -> None:
    """As `aws eks get-token` is; while the token is valid nothing is run."""
    script = PLUGIN.format(folder=tmp_path, expires=expires)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}
    write_kubeconfig(kubeconfig, {"exec": {**plugin, "interactiveMode": "Never"}})
    connection = configuration.connect()

    assert connection.authorization() == second


@pytest.fixture
def days_that_fly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock of the official client is a day later."""
    days = itertools.count()

    def now() -> datetime:
        return datetime(2026, 1, 1) + timedelta(days=next(days))  # noqa: DTZ001 - the client's are naive

    flying = SimpleNamespace(datetime=SimpleNamespace(now=now), timedelta=timedelta)
    monkeypatch.setattr(incluster_config, "datetime", flying)


@pytest.mark.usefixtures("days_that_fly")
def test_a_rotated_service_account_token_is_read_again(
    service_account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet replaces the file about each hour."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    connection = configuration.connect()
    service_account.write_text("rotated")

    assert connection.authorization() == "bearer rotated"


@pytest.mark.parametrize(
    "text",
    [
        "root:x:0:0:root:/root:/bin/bash",
        "- a",
        "7",
        "{current-context: x, contexts: 3, clusters: [], users: []}",
        "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [3]}",
        "a: [",
        "\xff",
    ],
    ids=["text", "list", "number", "contexts", "cluster", "cut-short", "no-utf-8"],
)
def test_a_file_that_is_no_kubeconfig(kubeconfig: Path, text: str) -> None:
    """It is named, in one line and without the words of the client's own mishap."""
    kubeconfig.write_text(text, encoding="latin-1")

    with pytest.raises(SettingsError) as raised:
        configuration.connect()

    assert f"{kubeconfig} is no kubeconfig" in str(raised.value)
    assert "object" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_cluster_without_a_server(kubeconfig: Path) -> None:
    """Nobody would ever answer."""
    write_kubeconfig(kubeconfig, {"token": "fixed"})
    kubeconfig.write_text(kubeconfig.read_text().replace('"server"', '"host"'))

    with pytest.raises(SettingsError, match=f"{kubeconfig} names no server"):
        configuration.connect()


def test_a_kubeconfig_without_the_context(kubeconfig: Path) -> None:
    """What the client says of it is of use."""
    write_kubeconfig(kubeconfig, {"token": "fixed"})

    with pytest.raises(SettingsError, match="Expected object with name nowhere"):
        configuration.connect(context="nowhere")


@pytest.mark.usefixtures("days_that_fly")
@pytest.mark.parametrize(
    "break_", [Path.unlink, lambda path: path.write_bytes(b"\xff")], ids=["gone", "no UTF-8"]
)
def test_a_token_that_cannot_be_read_is_an_error_of_kubernetes(
    service_account: Path, monkeypatch: pytest.MonkeyPatch, break_: Callable[[Path], object]
) -> None:
    """A step backs off from it like from an API server that does not answer."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    connection = configuration.connect()
    break_(service_account)

    with pytest.raises(KubernetesError, match="credentials cannot be read") as raised:
        connection.authorization()

    assert raised.value.code == 0
