"""docs/aws.md and the Terraform module say what the command and the files say."""

import re
from pathlib import Path

import pytest
import typer

from cli.iam.policy import iam_policy
from tests.iam.generate import FOLDER, PARTS

ROOT = FOLDER.parents[1]
PAGE = (ROOT / "docs" / "aws.md").read_text()
MODULE = FOLDER / "terraform"


def options() -> set[str]:
    """The command's options."""
    app = typer.Typer(add_completion=False)
    app.command()(iam_policy)
    return {name for parameter in typer.main.get_command(app).params for name in parameter.opts}


def test_options_exist() -> None:
    """Those of the table, and those of the commands."""
    named = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    command = re.search(r"^eip iam-policy (.*)$", PAGE, re.MULTILINE)

    assert command
    assert {"--kept", "--lent", "--reverse-dns", "--quota", "--pool", "--cluster-uid"} == named
    assert named | set(re.findall(r"--[a-z-]+", command[1])) <= options()


def test_files_exist() -> None:
    """Whatever the page names of deploy/aws."""
    named = set(re.findall(r"deploy/aws/[a-z/.-]+", PAGE))

    assert named
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_words_of_the_templates_are_set() -> None:
    """Nothing would stand in place of another; parts.json is aside, as it is taken piece by piece."""
    templates = [path for path in FOLDER.iterdir() if path.is_file() and path.name != "parts.json"]
    words = {word for path in templates for word in re.findall(r"\$\{(\w+)\}", path.read_text())}

    assert words
    assert {word for word in words if not re.search(rf"export (?:.*\s)?{word}=", PAGE)} == set()


@pytest.mark.parametrize("page", ["install.md", "local.md"])
def test_links_lead_to_headings(page: str) -> None:
    """A heading that is renamed breaks none."""
    linked = re.findall(r"\(aws\.md#([a-z-]+)\)", (ROOT / "docs" / page).read_text())
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert linked
    assert set(linked) <= anchors


@pytest.mark.parametrize("part", PARTS)
def test_terraform_has_every_part(part: str) -> None:
    """As a variable, and in the policy it writes."""
    policy = (MODULE / "policy.tf").read_text()

    assert f'variable "{part}" {{' in (MODULE / "variables.tf").read_text()
    assert f"local.parts.{part} :" in policy


def test_terraform_sets_every_word() -> None:
    """Terraform refuses a template with any other."""
    set_in = {
        "policy.tf": [FOLDER / "policy.json", FOLDER / "parts.json"],
        "main.tf": [FOLDER / "trust-irsa.json", FOLDER / "trust-pod-identity.json"],
    }

    for name, templates in set_in.items():
        known = set(re.findall(r"^\s+([A-Z_]+)\s+=", (MODULE / name).read_text(), re.MULTILINE))
        assert _words(templates) <= known


def _words(templates: list[Path]) -> set[str]:
    return {word for path in templates for word in re.findall(r"\$\{(\w+)\}", path.read_text())}
