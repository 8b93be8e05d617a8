"""An installation in which all is well."""

import pytest

from cli.doctor.facts import Facts
from tests import clusters
from tests.doctor.world import healthy, settings

collect_ignore = [] if clusters.REAL else ["test_kubernetes.py"]


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """Its facts."""
    return healthy(settings(monkeypatch))
