"""A worker's world on an empty Redis, and what the metrics grew by in a test."""

from collections.abc import Mapping

import pytest
import redis
from prometheus_client.registry import REGISTRY, CollectorRegistry

from tests.workers_world import Workers

Series = tuple[str, frozenset[tuple[str, str]]]


def series(registry: CollectorRegistry) -> Mapping[Series, float]:
    """Every sample of a registry by its name and labels."""
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


class Grown:
    """By how much a sample has grown since the test began; what was not there began at 0."""

    def __init__(self) -> None:
        self._before = series(REGISTRY)

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return series(REGISTRY).get(key, 0.0) - self._before.get(key, 0.0)


@pytest.fixture
def grown() -> Grown:
    """Begins with the test."""
    return Grown()


@pytest.fixture
def workers(redis_client: redis.Redis) -> Workers:
    """Nothing is known and nothing is done yet."""
    return Workers(redis_client)
