"""A Redis of this folder's own, quiet logs, and where a test notes how much it tried."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from sandbox.redis import RedisServer
from tests.tried import TRIED


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A server on a Unix socket."""
    with RedisServer(unix_socket=True) as server:
        yield server.url


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What the operator logs in thousands of runs is not looked at."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def tried() -> dict[str, int]:
    """Where a test notes how many runs it made."""
    return TRIED
