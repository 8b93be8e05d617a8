"""Whoever is called finds what the alert says, and what to do."""

import re
from typing import Any

import pytest
import yaml

from tests.chart.helm import CHART, ROOT
from tests.monitoring.queries import ALERTS

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
HEADINGS = re.findall(r"^### (Eip\w+)$", RUNBOOK, re.MULTILINE)


@pytest.mark.parametrize(("name", "rule"), ALERTS.items(), ids=ALERTS)
def test_an_alert_says_what_it_is_about(name: str, rule: dict[str, Any]) -> None:
    """To a person who was asleep a minute ago; the chart adds a link where it knows one."""
    notes = rule["annotations"]

    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert notes.keys() == {"summary", "description", "runbook"}
    assert notes["summary"].endswith(".")
    assert notes["description"].endswith(".")
    assert notes["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_the_runbook_knows_every_alert() -> None:
    """And none that is gone."""
    assert sorted(HEADINGS) == sorted(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_chapter_answers_the_four_questions(name: str) -> None:
    """In the same order in each."""
    chapter = RUNBOOK.split(f"### {name}\n")[1].split("\n##")[0]

    assert re.findall(r"^\*\*([\w ]+)\.\*\*", chapter, re.MULTILINE) == [
        "What it means",
        "What users see",
        "Look",
        "Do",
    ]


def test_links_lead_somewhere() -> None:
    """To pages and headings that exist."""
    for page, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)", RUNBOOK):
        target = ROOT / "docs" / page if page else ROOT / "docs" / "runbook.md"
        assert target.exists(), page
        if anchor and target.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page}#{anchor}"


def test_rules_are_also_there_without_the_chart() -> None:
    """For a Prometheus without the operator; `cp helm/files/alerts.yaml deploy/monitoring/` makes it."""
    plain = ROOT / "deploy" / "monitoring" / "alerts.yaml"

    assert yaml.safe_load(plain.read_text()) == yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())
