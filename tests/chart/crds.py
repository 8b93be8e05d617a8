"""The CRDs of other projects whose objects the chart has on request, as the Go modules of these carry them.

    python -m tests.chart.crds      say where they are, and fetch them first where they are missing

Nothing is built, and Go compares each module with its public checksum database. The versions are such that
the Go which builds kube-apiserver (tools/kube/go.mod) takes them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Module:
    """A version of a Go module, the checksum that go.sum would have, and the files in it."""

    path: str
    version: str
    checksum: str
    folder: str
    files: tuple[str, ...]


MODULES = (
    Module(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        "example/prometheus-operator-crd",
        ("monitoring.coreos.com_podmonitors.yaml", "monitoring.coreos.com_prometheusrules.yaml"),
    ),
    Module(
        "github.com/kedacore/keda/v2",
        "v2.16.1",
        "h1:LfYsxfSX8DjetLW8q9qnriImH936POrQJvE+caRoScI=",
        "config/crd/bases",
        ("keda.sh_scaledobjects.yaml",),
    ),
    Module(
        "sigs.k8s.io/gateway-api",
        "v1.4.1",
        "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8=",
        "config/crd/standard",
        ("gateway.networking.k8s.io_httproutes.yaml",),
    ),
)


class CrdsError(Exception):
    """A CRD can't be had; the message says what to do."""


def find() -> list[Path]:
    """The CRDs' files; fetched by Go where they are missing. CrdsError says why that is not possible."""
    return [file for module in MODULES for file in _files(module)]


def download(module: Module) -> Path:
    """Where Go keeps the module, whose checksum is compared first. CrdsError when that is not possible."""
    name = f"{module.path}@{module.version}"
    go = shutil.which("go")
    if not go:
        raise CrdsError(
            f"no `go` on PATH to fetch {name}, whose CRDs the tests of the chart need; install Go"
        )
    done = subprocess.run(
        [go, "mod", "download", "-json", name],
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CrdsError(f"go can't fetch {name}:\n{done.stderr or done.stdout}")
    found = json.loads(done.stdout)
    if found["Sum"] != module.checksum:
        raise CrdsError(
            f"{name} has the checksum {found['Sum']}, not {module.checksum}: it is not the one we know"
        )
    return Path(found["Dir"])


def _files(module: Module) -> Iterator[Path]:
    kept = _cache_folder() / module.path / module.version
    if not kept.is_dir():
        _fetch(module, kept)
    return (kept / name for name in module.files)


def _cache_folder() -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "k8s-eip-operator" / "crds"


def _fetch(module: Module, kept: Path) -> None:
    """Written beside its place and renamed, so that a fetch that was cut off never counts."""
    source = download(module) / module.folder
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        for name in module.files:
            shutil.copyfile(source / name, folder / name)
        if not kept.is_dir():
            folder.rename(kept)


if __name__ == "__main__":
    try:
        print(*find(), sep="\n")  # noqa: T201 - the answer of the command
    except CrdsError as error:
        sys.exit(f"crds: {error}")
