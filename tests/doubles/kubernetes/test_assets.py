"""Where the real control plane's binaries come from. Go itself is played by a script."""

from pathlib import Path

import pytest

from sandbox import kube_assets


def test_finds_envtests_binaries_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBEBUILDER_ASSETS wins over the cache; kubectl may be missing."""
    for name in ("etcd", "kube-apiserver"):
        (tmp_path / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    found = kube_assets.find()

    assert found == kube_assets.Assets(tmp_path / "etcd", tmp_path / "kube-apiserver", None)


def test_half_a_set_of_binaries_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With etcd alone there is no control plane."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kube_assets.cache_folder().mkdir(parents=True)
    (kube_assets.cache_folder() / "etcd").touch()

    assert kube_assets.find() is None


def test_says_how_to_get_binaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it looked, and the make target."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert kube_assets.main(["find"]) == 1

    assert capsys.readouterr().err == (
        f"kube-assets: none in {kube_assets.cache_folder()}; run `make kube-assets`\n"
    )


def test_needs_go_to_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without go the message names the other way."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert kube_assets.main(["build"]) == 1

    assert "point KUBEBUILDER_ASSETS at envtest's binaries" in capsys.readouterr().err


@pytest.mark.parametrize("failing", [False, True], ids=["built", "cut-off"])
def test_only_a_finished_build_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, failing: bool
) -> None:
    """A go that fails after it wrote something leaves nothing that could be taken for a binary."""
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: > "$2"\n' + ("exit 1\n" if failing else "")
    )
    go.chmod(0o755)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    code = kube_assets.main(["build"])

    names = {path.name for path in kube_assets.cache_folder().iterdir()}
    assert (code, names) == ((1, set()) if failing else (0, {"etcd", "kube-apiserver", "kubectl"}))
