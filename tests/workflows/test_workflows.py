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


CI, RELEASE = (load(ROOT / ".github" / "workflows" / name)["jobs"] for name in ("ci.yml", "release.yml"))


def uses(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a job's actions are given, by their names."""
    return {step["uses"].split("@")[0]: step.get("with", {}) for step in job["steps"] if "uses" in step}


def runs(job: dict[str, Any]) -> list[str]:
    """What a job's steps run."""
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("job", ["lint", "test", "image"])
def test_ci_runs_what_a_contributor_runs(job: str) -> None:
    """Nothing but targets of the Makefile, so that a failure can be had at a desk."""
    assert runs(CI[job])
    assert all(re.fullmatch(r"make [a-z-]+", each) for each in runs(CI[job]))


def test_every_architecture_that_is_published_is_tried() -> None:
    """CI builds the image and runs producer, worker and Flower from it on each."""
    published = uses(RELEASE["image"])["docker/build-push-action"]["platforms"].split(",")
    tried = [f"linux/{each['architecture']}" for each in CI["image"]["strategy"]["matrix"]["include"]]

    assert tried == published
    assert runs(CI["image"]) == ["make image", "make image-test"]


def test_nothing_is_published_unchecked() -> None:
    """The image waits for what CI checks, and the chart for the image, whose digest it names."""
    assert "make check" in runs(RELEASE["check"])
    assert RELEASE["image"]["needs"] == "check"
    assert RELEASE["chart"]["needs"] == "image"


def test_only_publishing_jobs_have_secrets() -> None:
    """What runs the tests and their dependencies gets no password and signs nothing."""
    assert "environment" not in RELEASE["check"]
    assert RELEASE["check"]["permissions"] == {"contents": "read"}
    assert "secrets" not in str(RELEASE["check"])


def test_a_release_takes_nothing_from_a_cache() -> None:
    """A run of a pull request may have filled it."""
    for job in RELEASE.values():
        assert "actions/cache" not in uses(job)
        assert not any("cache" in given for given in uses(job).values())


def test_what_is_published_can_be_verified() -> None:
    """The image has an SBOM, provenance and a signature; the chart has a signature."""
    image = uses(RELEASE["image"])

    assert image["docker/build-push-action"]["sbom"] is True
    assert image["docker/build-push-action"]["provenance"] == "mode=max"
    assert "actions/attest-build-provenance" in image
    assert any("cosign sign" in each for each in runs(RELEASE["image"]))
    assert any("cosign sign" in each for each in runs(RELEASE["chart"]))


def test_every_kind_of_dependency_is_updated() -> None:
    """Where each is named, by the ecosystem that Dependabot knows it as."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    named = {
        "github-actions": "/.github/workflows/ci.yml",
        "pip": "/pyproject.toml",
        "docker": "/Dockerfile",
        "docker-compose": "/docker-compose.yml",
        "helm": "/helm/values.yaml",
        "gomod": "/tools/kube/go.mod",
    }

    assert {each["package-ecosystem"] for each in updates} == named.keys()
    for each in updates:
        path = named[each["package-ecosystem"]]
        assert path.startswith(each["directory"])
        assert (ROOT / path.lstrip("/")).exists()
