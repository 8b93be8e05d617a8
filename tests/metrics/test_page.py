"""docs/metrics.md is what the definitions say, and its queries ask for what there is."""

import re

import pytest

from docs import generate
from docs.metrics_page import QUERIES, metrics_page
from eip.metrics.definitions import ALL

NAMES = {metric.name for metric in ALL}


def test_the_page_is_current() -> None:
    """`make docs` writes it."""
    assert (generate.FOLDER / "metrics.md").read_text() == metrics_page()


def test_each_metric_has_one_row() -> None:
    """Whoever says it has it in a section of its own."""
    rows = re.findall(r"^\| `(eip_\w+)` \|", metrics_page(), re.MULTILINE)

    assert sorted(rows) == sorted(NAMES)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_query_names_only_what_there_is(query: str) -> None:
    """A metric that was renamed takes its queries with it."""
    asked = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"eip_\w+", query)}

    assert asked <= NAMES
