"""The Makefile and .ci/run say what they do, and what is missing when they can't."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split()


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command without what a surrounding `make test` hands down."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST_ARGS"))
    }
    return subprocess.run(
        command, cwd=cwd, env=inherited | variables, capture_output=True, text=True, check=False
    )


@pytest.fixture
def path_without_go(tmp_path: Path) -> str:
    """Give a PATH on which there is a shell's worth of programs and no Go."""
    for name in ("bash", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    return str(tmp_path)


@pytest.mark.parametrize("target", TARGETS)
def test_help_lists_every_target(target: str) -> None:
    """`make` alone tells a newcomer all that there is."""
    listed = run("make").stdout

    assert re.search(rf"^  {target} +[A-Z]", listed, re.MULTILINE)


@pytest.mark.parametrize("target", re.findall(r"^([a-z-]+):.*?\n\t.*\$\(BIN\)", MAKEFILE, re.MULTILINE))
def test_targets_that_use_the_environment_make_it(target: str) -> None:
    """No target should fail for want of .venv."""
    assert re.search(rf"^{target}:.*\bsetup\b", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ([], "sandbox.demo"),
        (["PODS=20"], "sandbox.demo --pods 20"),
        (["PODS=20", "KEEP=1"], "sandbox.demo --pods 20 --keep"),
    ],
    ids=["plain", "pods", "pods-and-keep"],
)
def test_demo_takes_its_variables(variables: list[str], arguments: str) -> None:
    """PODS and KEEP reach the demo's command line, and nothing else does."""
    last = run("make", "-n", "demo", *variables).stdout.splitlines()[-1]

    assert last.strip() == f".venv/bin/python -m {arguments}"


def test_setup_says_which_python_is_missing(tmp_path: Path) -> None:
    """Without a usable Python the message holds what was tried and what to install."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")

    result = run("make", "setup", "PYTHON=/no/such/python", cwd=tmp_path)

    assert result.returncode != 0
    assert "/no/such/python" in result.stderr
    assert "Install Python 3.11 or newer" in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_does_not_go_on_without_go(path_without_go: str) -> None:
    """The cluster tests can't be left out silently: .ci/run ends at once and says what is missing."""
    result = run(ROOT / ".ci" / "run", PATH=path_without_go)

    assert result.returncode == 1
    assert "Go is missing" in result.stderr
    assert result.stdout == ""
