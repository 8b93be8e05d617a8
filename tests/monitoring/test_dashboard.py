"""The dashboard as Grafana reads it."""

from itertools import combinations
from typing import Any

import pytest

from tests.monitoring.queries import DASHBOARD, PANELS

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_panels_are_told_apart() -> None:
    """By ids and titles that are there once."""
    every = DASHBOARD["panels"]

    assert len({panel["id"] for panel in every}) == len(every)
    assert len({panel["title"] for panel in every}) == len(every)


def test_no_panel_lies_over_another() -> None:
    """Grafana would move it, and every export would differ."""
    for one, other in combinations([panel["gridPos"] for panel in DASHBOARD["panels"]], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


@pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_a_panel_works_anywhere(panel: dict[str, Any]) -> None:
    """It asks the chosen source for the chosen namespace, and says what it shows."""
    assert panel["description"].endswith(".")
    assert panel["datasource"] == SOURCE
    for target in panel["targets"]:
        assert target["datasource"] == SOURCE
        assert 'namespace=~"$namespace"' in target["expr"] or "ALERTS" in target["expr"]
