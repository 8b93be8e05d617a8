"""What is asked of Prometheus: by the rules, and by each panel of the dashboard."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from eip.metrics.definitions import ALL, Kind, Metric
from tests.chart.helm import CHART

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD: dict[str, Any] = json.loads((CHART / "files" / "dashboards" / "k8s-eip-operator.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
METRICS = {metric.name: metric for metric in ALL}

# Numbers that Grafana puts in for its own variables.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$namespace": ".*"}

_SELECTOR = re.compile(r"\b((?:eip|process)[_:][\w:]+|ALERTS)\s*(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_PARTS = re.compile(r"_(bucket|count|sum)$")


@dataclass(frozen=True)
class Selector:
    """A metric that a query names, and its matchers: label, operator, value."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    @property
    def metric(self) -> Metric | None:
        """The definition, also of a histogram's parts; None where there is none."""
        base = METRICS.get(_PARTS.sub("", self.name))
        if base is not None and (base.kind is Kind.HISTOGRAM) != (base.name != self.name):
            return None
        return base


def selectors(query: str) -> list[Selector]:
    """Every metric that a query names."""
    return [Selector(name, tuple(_MATCHER.findall(matchers))) for name, matchers in _SELECTOR.findall(query)]


def groupings(query: str) -> set[str]:
    """The labels that a query groups or joins by."""
    found = _GROUPING.findall(query)
    return {label.strip() for labels in found for label in labels.split(",") if label.strip()}


def queries() -> Iterator[tuple[str, str]]:
    """Where each query is, and the query."""
    for rule in RULES:
        yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", plain(target["expr"])


def plain(query: str) -> str:
    """A panel's query without Grafana's variables."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query
