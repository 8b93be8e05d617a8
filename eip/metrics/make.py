"""Makes Prometheus' objects from the definitions, so that no name is written twice."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, CollectorRegistry

from eip.metrics.definitions import Metric

# A second series beside each counter and histogram, which says since when it counts: nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]


def counter(metric: Metric, registry: CollectorRegistry = REGISTRY) -> Counter:
    """A counter, without any series before it has counted or its labels were named."""
    return Counter(metric.name, metric.meaning, list(metric.labels), registry=registry)


def gauge(metric: Metric, registry: CollectorRegistry = REGISTRY) -> Gauge:
    """A gauge of this process' own."""
    return Gauge(metric.name, metric.meaning, list(metric.labels), registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry = REGISTRY) -> Histogram:
    """A histogram with the definition's buckets."""
    labels = list(metric.labels)
    return Histogram(metric.name, metric.meaning, labels, registry=registry, buckets=metric.buckets)


def info(metric: Metric, values: Mapping[str, str], registry: CollectorRegistry = REGISTRY) -> Info:
    """What never changes while the process runs."""
    made = Info(metric.name.removesuffix("_info"), metric.meaning, registry=registry)
    made.info(dict(values))
    return made


def family(metric: Metric, values: Mapping[str, float] | float | None = None) -> GaugeMetricFamily:
    """What a collector says of a gauge: by its one label, one number, or nothing where it is not known."""
    made = GaugeMetricFamily(metric.name, metric.meaning, labels=list(metric.labels))
    for labels, value in _samples(values):
        made.add_metric(labels, value)
    return made


def _samples(values: Mapping[str, float] | float | None) -> Iterable[tuple[list[str], float]]:
    if values is None:
        return []
    if isinstance(values, Mapping):
        return [([label], value) for label, value in values.items()]
    return [([], values)]
