"""A Redis of this folder's own, quiet logs, and a line at the end of the run on how much was tried."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from sandbox.redis import RedisServer

SOAK = os.environ.get("EIP_SOAK") == "1"
"""Whether everything is tried, as `make soak` does, and not what fits into `make test`."""

TRIED: dict[str, int] = {}
"""How many runs of each kind there were."""


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was tried, for one cannot see it by the number of tests."""
    if TRIED:
        counts = ", ".join(f"{count} {what}" for what, count in sorted(TRIED.items()))
        terminalreporter.write_line(f"faults: {counts}" + ("" if SOAK else "; `make soak` tries all"))
