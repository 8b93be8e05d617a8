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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts over, where this is one of several processes."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["faults"] = TRIED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take the counts of one of several processes."""
    for what, count in getattr(node, "workeroutput", {}).get("faults", {}).items():
        TRIED[what] = TRIED.get(what, 0) + count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was tried, for one cannot see it by the number of tests."""
    if TRIED:
        counts = ", ".join(f"{count} {what}" for what, count in sorted(TRIED.items()))
        terminalreporter.write_line(f"faults: {counts}" + ("" if SOAK else "; `make soak` tries all"))
