"""The findings for a person, or for a program."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from cli.doctor.finding import Finding, Status


class Output(StrEnum):
    """In which form."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


COLOURS = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.UNKNOWN: "magenta"}
HEADER = ("CHECK", "STATUS", "WHAT WAS SEEN")
NARROWEST = 30
"""Columns that are left for words, however narrow the terminal is."""


def show(findings: Sequence[Finding], output: Output) -> None:
    """Print them on standard output; a program gets {"findings": [...], "summary": {status: number}}."""
    plain = {"findings": findings, "summary": _counts(findings)}
    match output:
        case Output.JSON:
            typer.echo(msgspec.json.format(msgspec.json.encode(plain), indent=2))
        case Output.YAML:
            typer.echo(msgspec.yaml.encode(plain).decode(), nl=False)
        case Output.TABLE:
            columns = shutil.get_terminal_size(fallback=(0, 0)).columns
            Console(highlight=False).print(table(findings, columns), soft_wrap=True)


def table(findings: Sequence[Finding], columns: int) -> Text:
    """What was seen, and under it what to do; broken to so many columns, or nowhere with 0."""
    first = max(len(HEADER[0]), *(len(finding.check) for finding in findings)) + 2
    second = max(len(status) for status in Status) + 2
    width = max(columns - first - second, NARROWEST) if columns else 0
    text = Text(f"{HEADER[0]:<{first}}{HEADER[1]:<{second}}{HEADER[2]}\n")
    for finding in findings:
        text.append(f"{finding.check:<{first}}")
        text.append(f"{finding.status:<{second}}", style=COLOURS[finding.status])
        text.append(f"\n{'':<{first + second}}".join(_lines(finding, width)) + "\n")
    return text.append("\n" + ", ".join(f"{count} {status}" for status, count in _counts(findings).items()))


def _lines(finding: Finding, width: int) -> Iterator[str]:
    for words in filter(None, (finding.seen, finding.mend and f"-> {finding.mend}")):
        printable = _printable(words)
        yield from (
            textwrap.wrap(printable, width, break_on_hyphens=False, break_long_words=False)
            if width
            else [printable]
        )


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    statuses = [finding.status for finding in findings]
    return {status.value: statuses.count(status) for status in Status}


def _printable(text: str) -> str:
    """Names come from others: no control character of theirs reaches the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
