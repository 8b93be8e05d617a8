"""The namespace of a pod that is named without one: the kubeconfig's, or the service account's."""

from pathlib import Path

import pytest

from eip.errors import SettingsError
from eip.kubernetes import contexts

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: games
contexts:
  - {name: games, context: {cluster: one, user: me, namespace: games}}
  - {name: plain, context: {cluster: one, user: me}}
clusters:
  - {name: one, cluster: {server: "https://127.0.0.1:6443"}}
users:
  - {name: me, user: {token: none}}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's kubeconfig with two contexts."""
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(file))


@pytest.mark.usefixtures("kubeconfig")
@pytest.mark.parametrize(
    ("context", "namespace"),
    [
        pytest.param("", "games", id="the-current-one"),
        pytest.param("games", "games", id="by-name"),
        pytest.param("plain", "default", id="without-a-namespace"),
    ],
)
def test_a_context_has_a_namespace(context: str, namespace: str) -> None:
    """As kubectl takes it."""
    assert contexts.namespace_of(context) == namespace


@pytest.mark.usefixtures("kubeconfig")
def test_a_context_that_is_not_there_is_named() -> None:
    """With the command that lists them."""
    with pytest.raises(SettingsError, match=r"no context nowhere; .*get-contexts"):
        contexts.namespace_of("nowhere")


def test_a_kubeconfig_that_is_not_there_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It says what to do instead."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))

    with pytest.raises(SettingsError, match="name a namespace with -n"):
        contexts.namespace_of()


def test_in_a_pod_it_is_the_service_accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No kubeconfig is looked for there."""
    file = tmp_path / "namespace"
    file.write_text("eip-system\n")
    monkeypatch.setattr(contexts, "NAMESPACE_FILE", file)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    assert contexts.namespace_of() == "eip-system"
