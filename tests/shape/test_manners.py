"""The manners of the repository that no linter knows."""

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "eip", "producer", "sandbox", "workers")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_no_module_has_a_vague_name() -> None:
    """A file is a verb or a noun of the domain."""
    vague = [path for path in MODULES if VAGUE & set(path.relative_to(ROOT).with_suffix("").parts)]

    assert vague == []


def test_every_package_is_one() -> None:
    """A folder of modules without __init__.py would be left out of mypy's and import-linter's sight."""
    folders = {path.parent for path in MODULES}

    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_ci_is_a_program() -> None:
    """.ci/run runs by itself."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("path", [".ci/run", "Makefile"])
def test_names_no_host(path: str) -> None:
    """Where packages come from is the machine's setting, so what installs them should not say it."""
    assert re.findall(r"\w+://\S+|\b[\w-]+\.(?:org|com|io|dev)\b", (ROOT / path).read_text()) == []


def test_the_licence_is_what_pyproject_says() -> None:
    """The SPDX name and the text agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "LICENSE").read_text()

    assert project["license"] == "Apache-2.0"
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", text)
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changelog_starts_with_what_is_unreleased() -> None:
    """A change has a place to be written down before it has a version."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "[Unreleased]"


def test_the_changelog_keeps_its_order() -> None:
    """Readers find what concerns their safety first."""
    order = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
    for release in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        sections = re.findall(r"^### (.*)$", release, re.MULTILINE)

        assert sections == [name for name in order if name in sections]
