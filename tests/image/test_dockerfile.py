"""What the image is made of, as its Dockerfile says, and that nothing is missing that the programs import."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()

PROGRAMS = "import producer.__main__, workers.app, workers.tasks, workers.aws.client, flower.command"
SETTINGS = {"EIP_CLUSTER_NAME": "image", "AWS_REGION": "us-east-1"}


def final_stage() -> str:
    """The instructions that make the image itself."""
    return DOCKERFILE.rpartition("\nFROM ")[2]


def test_the_base_is_pinned_by_digest() -> None:
    """A tag may be another image tomorrow."""
    assert re.search(r"^ARG PYTHON_IMAGE=\S+:3\.\d+-slim@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2


def test_every_package_is_pinned_by_hash() -> None:
    """What is not in requirements/ is not installed."""
    installs = re.findall(r"pip install (.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE)

    assert len(installs) == 3
    assert all("--require-hashes" in each or "--no-index --no-deps" in each for each in installs)


def test_the_user_is_a_number() -> None:
    """The kubelet can't tell whether a name is root (runAsNonRoot)."""
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["65532:65532"]


def test_the_image_itself_runs_nothing_while_it_is_built() -> None:
    """Compilers and package managers stay in the first stage."""
    assert "\nRUN" not in final_stage()
    assert re.findall(r"^COPY (.*)$", final_stage(), re.MULTILINE) == ["--from=build /opt/eip /opt/eip"]


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    """No secret of a work tree can get into a layer."""
    assert "*" in IGNORED
    sent = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    }

    assert sent == copied


@pytest.mark.parametrize("label", ["title", "description", "licenses", "version", "revision"])
def test_the_image_says_what_it_is(label: str) -> None:
    """By the labels of the Open Container Initiative."""
    assert f"org.opencontainers.image.{label}=" in final_stage()


def test_nothing_is_imported_that_the_image_lacks() -> None:
    """The Dockerfile drops kubernetes.aio, pip, and the folders `tests` of all packages."""
    script = f"{PROGRAMS}; import kubernetes.config, sys; print(*sys.modules)"
    environment = {**SETTINGS, "PATH": str(Path(sys.executable).parent)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )

    gone = [
        name
        for name in done.stdout.split()
        if name.startswith(("kubernetes.aio", "pip.", "sandbox")) or ".tests" in name
    ]
    assert gone == []


def test_botocore_keeps_the_services_that_are_called() -> None:
    """EC2, and what leads to credentials; the others are dropped."""
    kept = set(re.findall(r"! -name (\S+)", DOCKERFILE))

    assert {"ec2", "sts", "sso", "sso-oidc", "signin"} <= kept
