"""What a check found, and the exit code that follows from all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cli.output.exits import Exit


class Status(StrEnum):
    """How a check went."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was seen, and what to do about it."""

    check: str
    status: Status
    seen: str
    mend: str = ""


def exit_code(findings: Iterable[Finding], *, allow_unknown: bool = False) -> Exit:
    """What fails counts more than what could not be looked at; a warning does not count."""
    statuses = {finding.status for finding in findings}
    if Status.FAIL in statuses:
        return Exit.WRONG
    if Status.UNKNOWN in statuses and not allow_unknown:
        return Exit.PARTIAL
    return Exit.OK


def counted(number: int, what: str) -> str:
    """`1 pod`, `2 pods`, `3 addresses`."""
    ending = "" if number == 1 else "es" if what.endswith("s") else "s"
    return f"{number} {what}{ending}"


def passes(check: str, seen: str) -> Finding:
    """All is well."""
    return Finding(check, Status.PASS, seen)


def warns(check: str, seen: str, mend: str) -> Finding:
    """It works, and should be looked at by day."""
    return Finding(check, Status.WARN, seen, mend)


def fails(check: str, seen: str, mend: str) -> Finding:
    """It does not work, or puts what is there at risk."""
    return Finding(check, Status.FAIL, seen, mend)


def unknown(check: str, seen: str, mend: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check, Status.UNKNOWN, seen, mend)
