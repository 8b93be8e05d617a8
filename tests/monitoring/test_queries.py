"""Rules and dashboard ask for what there is: metrics, labels and values of eip.metrics.definitions."""

import re
from typing import Any

import pytest
import yaml

from eip.metrics.definitions import ALL, Metric
from eip.names import Action
from tests.monitoring.queries import METRICS, RECORDED, Selector, groupings, queries, selectors

QUERIES = list(queries())
IDS = [where for where, _ in QUERIES]
BY_SCRAPE = {"cluster", "namespace", "pod", "instance", "job"}
"""Labels that Prometheus or its operator gives to what it scrapes."""

NOT_OURS = {"ALERTS", "process_resident_memory_bytes", "process_cpu_seconds_total"}
"""Made by Prometheus itself and by its client."""


def labels_of(selector: Selector) -> set[str]:
    """The labels of what a selector names, those of the scrape aside."""
    if selector.metric is None:
        return {"alertname", "alertstate"} if selector.name == "ALERTS" else set()
    return set(selector.metric.labels) | ({"le"} if selector.name.endswith("_bucket") else set())


def values_of(metric: Metric, label: str) -> set[str]:
    """What a label may hold; of a histogram's bounds as Prometheus writes them."""
    if label == "le":
        return {str(float(bound)) for bound in metric.buckets}
    return set(re.findall(r"[\w-]+", metric.labels[label])) | set(Action)


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=IDS)
def test_metrics_exist(where: str, query: str) -> None:
    """Whoever renames one is told who asks for it."""
    named = selectors(query)

    assert named, f"{where} names no metric"
    for selector in named:
        known = selector.metric is not None or selector.name in RECORDED | NOT_OURS
        assert known, f"{where} names {selector.name}, which nobody exposes"


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=IDS)
def test_labels_exist(where: str, query: str) -> None:
    """A matcher or a grouping by a label that is not there matches nothing, and says nothing."""
    named = selectors(query)
    for selector in named:
        asked = {label for label, _, _ in selector.matchers}
        assert asked <= labels_of(selector) | BY_SCRAPE, f"{where}: {selector.name}"

    has = {label for selector in named for label in labels_of(selector)}
    made = set(re.findall(r'label_replace\(.*?"(\w+)"', query, re.DOTALL))
    assert groupings(query) <= has | made | BY_SCRAPE, where


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=IDS)
def test_values_exist(where: str, query: str) -> None:
    """A state or an outcome that is never said would never fire."""
    for selector in selectors(query):
        for label, operator, value in selector.matchers:
            if selector.metric is None or label in BY_SCRAPE:
                continue
            asked = set(value.split("|")) if operator in {"=~", "!~"} else {value}
            assert asked <= values_of(selector.metric, label), f"{where}: {label}{operator}{value}"


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=IDS)
def test_what_workers_share_is_never_added_up(where: str, query: str) -> None:
    """Two workers would say twice as much as there is."""
    for name, metric in METRICS.items():
        if metric.shared:
            added = rf"\b(sum|avg|count)\s*(by \([^)]*\))?\s*\(\s*(\w+\(\s*)?{name}\b"
            assert not re.search(added, query), f"{where} adds up {name}"


def test_every_metric_is_shown() -> None:
    """What nobody looks at need not be measured."""
    shown = {selector.metric.name for _, query in QUERIES for selector in selectors(query) if selector.metric}

    assert shown == {metric.name for metric in ALL}


def test_prometheus_can_read_them(ask_promtool: Any, written: Any) -> None:
    """Its own parser does."""
    rules = [{"record": f"query:{number}", "expr": query} for number, (_, query) in enumerate(QUERIES)]
    ask_promtool("check", "rules", written(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]})))
