"""How much the tests of faults tried, said at the end: one cannot see it by the number of tests.

With several processes each notes its own, and hands it over when it ends.
"""

import os

import pytest

SOAK = os.environ.get("EIP_SOAK") == "1"
"""Whether everything is tried, as `make soak` does, and not what fits into `make test`."""

TRIED: dict[str, int] = {}
"""How many runs of each kind there were."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts over, where this is one of several processes."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tried"] = TRIED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take the counts of one of several processes."""
    for what, count in getattr(node, "workeroutput", {}).get("tried", {}).items():
        TRIED[what] = TRIED.get(what, 0) + count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line with all counts."""
    if TRIED:
        counts = ", ".join(f"{count} {what}" for what, count in sorted(TRIED.items()))
        terminalreporter.write_line(f"faults: {counts}" + ("" if SOAK else "; `make soak` tries all"))
