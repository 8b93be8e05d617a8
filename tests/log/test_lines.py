"""Log lines: one JSON object each in the cluster, readable in a terminal, our own and those of libraries."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from eip import log

Lines = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was written to standard error."""

    def read() -> list[str]:
        return capsys.readouterr().err.splitlines()

    return read


def only(lines: Lines) -> dict[str, Any]:
    """The only line, which must be JSON."""
    (line,) = lines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def fail(logger: Any) -> None:
    """Log an exception."""
    try:
        int("broken")
    except ValueError:
        logger.exception("failed")


def test_json(lines: Lines) -> None:
    """A line of ours is a JSON object with level, logger and time."""
    log.configure("info", "json")
    structlog.get_logger("eip.test").info("step", pod="shop/web-0", attempts=2)
    line = only(lines)

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "step",
        "pod": "shop/web-0",
        "attempts": 2,
        "level": "info",
        "logger": "eip.test",
    }


def test_json_of_a_library(lines: Lines) -> None:
    """A line of the standard library's logging looks the same."""
    log.configure("info", "json")
    logging.getLogger("celery.worker").warning("lost %d of %s", 3, "tasks")
    line = only(lines)

    assert line.pop("timestamp")
    assert line == {"event": "lost 3 of tasks", "level": "warning", "logger": "celery.worker"}


@pytest.mark.parametrize("logger", [structlog.get_logger, logging.getLogger], ids=["ours", "a library's"])
def test_exception_is_one_line(lines: Lines, logger: Callable[[str], Any]) -> None:
    """A traceback is a field of its line, so that a collector keeps them together."""
    log.configure("info", "json")
    fail(logger("eip.test"))

    assert "ValueError: invalid literal" in only(lines)["exception"]


@pytest.mark.parametrize("logger", [structlog.get_logger, logging.getLogger], ids=["ours", "a library's"])
def test_exception_in_a_terminal(lines: Lines, logger: Callable[[str], Any]) -> None:
    """A traceback is readable in a terminal."""
    log.configure("info", "console")
    fail(logger("eip.test"))

    assert any("ValueError: invalid literal" in line for line in lines())


def test_newline_in_a_value(lines: Lines) -> None:
    """What an author wrote can't make a line of its own."""
    log.configure("info", "json")
    structlog.get_logger("eip.test").info("step", pod='web\n{"event": "forged"}')

    assert only(lines)["event"] == "step"


@pytest.mark.parametrize("logger", [structlog.get_logger, logging.getLogger], ids=["ours", "a library's"])
def test_level(lines: Lines, logger: Callable[[str], Any]) -> None:
    """What is below the level is not written."""
    log.configure("warning", "json")
    logger("eip.test").info("no")
    logger("eip.test").warning("yes")

    assert only(lines)["event"] == "yes"


def test_auto_is_json_where_nobody_looks(lines: Lines) -> None:
    """Without a terminal lines are JSON."""
    log.configure("info", "auto")
    structlog.get_logger("eip.test").info("step")

    assert only(lines)["event"] == "step"


def test_auto_is_readable_in_a_terminal(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal they are for people."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log.configure("info", "auto")
    structlog.get_logger("eip.test").info("step", pod="shop/web-0")
    (line,) = lines()

    assert "step" in line
    assert "shop/web-0" in line
    assert not line.startswith("{")


def test_bound_context(lines: Lines) -> None:
    """What was bound for a task is in each of its lines."""
    log.configure("info", "json")
    with structlog.contextvars.bound_contextvars(uid="u"):
        structlog.get_logger("eip.test").info("step")

    assert only(lines)["uid"] == "u"


def test_configured_twice(lines: Lines) -> None:
    """Configuring again does not write each line twice."""
    log.configure("info", "json")
    log.configure("info", "json")
    structlog.get_logger("eip.test").info("step")

    assert len(lines()) == 1
