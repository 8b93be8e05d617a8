"""Imports go downhill only, and each contract of .importlinter bites."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "eip", "producer", "sandbox", "workers")

BREACHES = [
    pytest.param("eip/breach.py", "import producer", "The sandbox stands on all", id="eip-producer"),
    pytest.param("producer/breach.py", "import workers", "The sandbox stands on all", id="producer-workers"),
    pytest.param("workers/breach.py", "import producer", "The sandbox stands on all", id="workers-producer"),
    pytest.param("workers/breach.py", "import cli", "The sandbox stands on all", id="workers-cli"),
    pytest.param("cli/breach.py", "import boto3", "speaks to AWS", id="cli-boto3"),
    pytest.param("workers/breach.py", "import sandbox", "The sandbox stands on all", id="workers-sandbox"),
    pytest.param("workers/steps/breach.py", "import boto3", "speaks to AWS", id="steps-boto3"),
    pytest.param("workers/aws/breach.py", "import botocore.exceptions", "speaks to AWS", id="aws-botocore"),
    pytest.param("producer/breach.py", "from celery import Celery", "know Celery", id="producer-celery"),
    pytest.param("workers/steps/breach.py", "import kombu", "know Celery", id="steps-kombu"),
    pytest.param("producer/breach.py", "import redis", "speak to Redis", id="producer-redis"),
    pytest.param("workers/breach.py", "import urllib3", "speaks HTTP", id="workers-urllib3"),
    pytest.param(
        "producer/breach.py", "from kubernetes import client", "speaks HTTP", id="producer-kubernetes"
    ),
    pytest.param("eip/pod.py", "import time", "What decides", id="pod-time"),
    pytest.param("eip/decide.py", "import eip.clock", "What decides", id="decide-through-clock"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a copy of the code that a test may spoil."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _, names: [name for name in names if name.startswith(("__pycache__", "."))],
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter as `make lint` does."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},  # a verdict stands on its contract's line
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    """The code as it is breaks no contract."""
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES)
def test_a_breach_is_found(tree: Path, path: str, line: str, contract: str) -> None:
    """A contract that nothing can break would be worth nothing."""
    module = tree / path
    module.write_text(f"{line}\n{module.read_text() if module.exists() else ''}")

    result = lint_imports(tree)

    assert result.returncode == 1
    broken = [name for name in result.stdout.splitlines() if " BROKEN" in name]
    assert any(contract in name for name in broken), result.stdout
