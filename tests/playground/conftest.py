"""Which tests need LocalStack: they are collected where EIP_TEST_LOCALSTACK says so, as in `make localstack`.

Then they fail where there is none.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox import localstack
from tests import clusters
from tests.journeys.installation import SHAPE
from tests.playground.pipeline import LocalStackInstallation

collect_ignore = [] if localstack.VARIABLE in os.environ else ["test_pipeline.py"]


@pytest.fixture(scope="module")
def installation() -> Iterator[LocalStackInstallation]:
    """The operator on LocalStack, and on a real kube-apiserver where there is one."""
    with ExitStack() as opened:
        real = opened.enter_context(clusters.real_control_plane()) if clusters.REAL else None
        yield opened.enter_context(LocalStackInstallation(SHAPE, real))


@pytest.fixture
def stack(installation: LocalStackInstallation) -> Iterator[LocalStackInstallation]:
    """It, without pods and addresses before and after."""
    yield installation
    installation.put_away()
