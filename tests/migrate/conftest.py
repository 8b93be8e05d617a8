"""A house on the nearest cluster: Eips are custom resources, which the Kubernetes double does not know."""

from collections.abc import Iterator

import pytest

from tests import clusters
from tests.migrate.house import SHAPE, House


@pytest.fixture
def house() -> Iterator[House]:
    """A cluster of the real control plane, whose operator does not run."""
    with clusters.real_control_plane() as plane, House(SHAPE, plane) as running:
        yield running


@pytest.fixture
def house_of_doubles() -> Iterator[House]:
    """The same on the Kubernetes double, for what needs no custom resources."""
    with House(SHAPE) as running:
        yield running
