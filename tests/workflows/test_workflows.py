"""What the workflows on GitHub run, and with which rights."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
by_name = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])


def load(path: Path) -> dict[Any, Any]:
    """A workflow; its key `on` is YAML's true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    """All steps of all jobs."""
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


@by_name
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """And their version stands beside it, for people and for Dependabot."""
    used = re.findall(r"uses: (.*)$", path.read_text(), re.MULTILINE)

    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used), used


@by_name
def test_jobs_have_the_rights_that_they_name(path: Path) -> None:
    """Nothing at the top, and never the right to write to the repository."""
    workflow = load(path)

    assert workflow["permissions"] == {}
    assert all(job["permissions"].get("contents") == "read" for job in workflow["jobs"].values())


@by_name
def test_the_token_does_not_stay_in_the_checkout(path: Path) -> None:
    """What a later step runs could use it."""
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@by_name
def test_no_job_runs_for_ever(path: Path) -> None:
    """GitHub's own limit is six hours."""
    assert all(job["timeout-minutes"] <= 60 for job in load(path)["jobs"].values())


def test_every_python_that_is_promised_is_tested() -> None:
    """The classifiers of pyproject.toml say which."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    promised = [found[1] for each in classifiers if (found := re.search(r":: (3\.\d+)$", each))]

    matrix = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == promised


@by_name
def test_targets_exist(path: Path) -> None:
    """A step that calls make calls a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    called = {
        target for step in steps(path) for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))
    }

    assert {target for target in called if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()
