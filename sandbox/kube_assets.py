"""Find or build the real control plane: etcd, kube-apiserver and, for people, kubectl.

    python -m sandbox.kube_assets find     where the binaries are
    python -m sandbox.kube_assets build    build what is missing, with go, from tools/kube/go.mod

KUBEBUILDER_ASSETS, the folder that controller-runtime's envtest knows, comes first.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MODULE = Path(__file__).resolve().parent.parent / "tools" / "kube"
PACKAGES = {
    "etcd": "./etcd",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
VERSION_PACKAGE = "k8s.io/component-base/version"


class AssetsError(Exception):
    """The real control plane can't be had; the message says what to do."""


@dataclass(frozen=True)
class Assets:
    """Where the binaries are; kubectl may be missing."""

    etcd: Path
    kube_apiserver: Path
    kubectl: Path | None


def find() -> Assets | None:
    """The binaries in KUBEBUILDER_ASSETS or in the cache, or None."""
    named = os.environ.get("KUBEBUILDER_ASSETS", "")
    folders = [Path(named)] if named else []
    return next((found for folder in [*folders, cache_folder()] if (found := _in(folder))), None)


def build() -> Assets:
    """Build what the cache lacks and return the binaries. Takes five minutes or so the first time.

    Raises AssetsError when there is no go, or go fails.
    """
    if not shutil.which("go"):
        raise AssetsError("no `go` on PATH; install Go, or point KUBEBUILDER_ASSETS at envtest's binaries")
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        if not (folder / name).exists():
            _build_one(name, folder)
    found = _in(folder)
    if found is None:
        raise AssetsError(f"go built nothing into {folder}")
    return found


def cache_folder() -> Path:
    """The folder of this version's binaries, outside of the repository."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "k8s-eip-operator" / "kube-assets" / version()


def version() -> str:
    """The Kubernetes version that tools/kube/go.mod pins, such as v1.34.3."""
    pinned = re.search(r"^\s*k8s\.io/kubernetes (v\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if not pinned:
        raise AssetsError(f"{MODULE / 'go.mod'} requires no k8s.io/kubernetes; restore its line")
    return pinned[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.kube_assets", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("find", "build"))
    command = parser.parse_args(arguments).command
    try:
        assets = find() or (build() if command == "build" else None)
    except AssetsError as problem:
        print(f"kube-assets: {problem}", file=sys.stderr)
        return 1
    if assets is None:
        print(f"kube-assets: none in {cache_folder()}; run `make kube-assets`", file=sys.stderr)
        return 1
    print(assets.kube_apiserver.parent)
    return 0


def _in(folder: Path) -> Assets | None:
    etcd, server, kubectl = (folder / name for name in PACKAGES)
    if not (etcd.is_file() and server.is_file()):
        return None
    return Assets(etcd, server, kubectl if kubectl.is_file() else None)


def _build_one(name: str, folder: Path) -> None:
    """Build beside the place and rename, so that a build that was cut off never counts as there."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as scratch:
        output = Path(scratch) / name
        print(f"kube-assets: building {name}, for Kubernetes {version()}", file=sys.stderr, flush=True)
        command = ["nice", "go", "build", "-trimpath", "-mod=readonly", "-ldflags", _linker_flags()]
        command += ["-o", str(output), PACKAGES[name]]
        done = subprocess.run(command, cwd=MODULE, env=os.environ | {"CGO_ENABLED": "0"}, check=False)
        if done.returncode:
            raise AssetsError(f"go could not build {name} (exit code {done.returncode}); its output is above")
        output.rename(folder / name)


def _linker_flags() -> str:
    major, minor = version().lstrip("v").split(".")[:2]
    stamps = {"gitVersion": version(), "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {VERSION_PACKAGE}.{key}={value}" for key, value in stamps.items())])


if __name__ == "__main__":
    sys.exit(main())
