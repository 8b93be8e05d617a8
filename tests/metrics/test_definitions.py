"""Names follow Prometheus' conventions, and each program makes what is said of it, and nothing else."""

import re
import subprocess
import sys
from collections.abc import Callable

from eip.metrics.definitions import ALL, Kind, Metric, Program

LIST_FAMILIES = """
import sys
from prometheus_client.registry import REGISTRY
import {modules}
print(*sorted(
    family.name + {{"counter": "_total", "info": "_info"}}.get(family.type, "")
    for family in REGISTRY.collect() if family.name.startswith("eip_")
))
"""


def made_by(*modules: str) -> list[str]:
    """The metrics of ours that a process has once it imported these modules."""
    code = LIST_FAMILIES.format(modules=", ".join(modules))
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def names_of(*programs: Program) -> list[str]:
    """What these programs say, less what workers read from Redis."""
    own = (m.name for m in ALL if m.program in programs and not m.shared and m.name != "eip_redis_up")
    return sorted(own)


def breaking(rule: Callable[[Metric], bool]) -> list[str]:
    """The metrics that do not keep to a rule."""
    return [metric.name for metric in ALL if not rule(metric)]


def test_names_have_one_prefix_and_the_units_of_prometheus() -> None:
    """Counters end in _total, histograms in seconds, and nothing in what Prometheus adds by itself."""
    assert breaking(lambda m: re.fullmatch(r"eip(_[a-z0-9]+)+", m.name) is not None) == []
    assert breaking(lambda m: m.name.endswith("_total") == (m.kind is Kind.COUNTER)) == []
    assert breaking(lambda m: m.name.endswith("_info") == (m.kind is Kind.INFO)) == []
    assert breaking(lambda m: m.kind is not Kind.HISTOGRAM or m.name.endswith("_seconds")) == []
    assert breaking(lambda m: not re.search(r"_(ms|milliseconds|minutes|count|sum|bucket)$", m.name)) == []


def test_labels_are_of_a_closed_set() -> None:
    """A pod's or a namespace's name would make a series of each."""
    closed = {"queue", "state", "action", "outcome", "step", "code", "type", "version", "python"}

    assert breaking(lambda m: m.labels.keys() <= closed) == []


def test_a_meaning_is_a_sentence() -> None:
    """It is HELP, and a row of the documentation's table."""
    assert breaking(lambda m: m.meaning.endswith(".") and not set("|\n") & set(m.meaning)) == []


def test_buckets_rise_and_are_a_histograms_alone() -> None:
    """As Prometheus wants them."""
    assert breaking(lambda m: list(m.buckets) == sorted(set(m.buckets))) == []
    assert breaking(lambda m: bool(m.buckets) == (m.kind is Kind.HISTOGRAM)) == []


def test_names_are_unique() -> None:
    """Two of a name would be one in Prometheus."""
    assert len({metric.name for metric in ALL}) == len(ALL)


def test_only_a_gauge_can_be_read_from_redis() -> None:
    """What every worker says alike can't be counted by each."""
    assert {metric.kind for metric in ALL if metric.shared} == {Kind.GAUGE}


def test_the_producer_makes_its_own() -> None:
    """And none of a worker's, which would stand at 0 for ever."""
    made = made_by("producer.metrics", "eip.metrics.process")

    assert made == names_of(Program.PRODUCER, Program.BOTH)


def test_a_worker_makes_its_own() -> None:
    """And none of the producer's."""
    assert made_by("workers.metrics", "eip.metrics.process") == names_of(Program.WORKER, Program.BOTH)
