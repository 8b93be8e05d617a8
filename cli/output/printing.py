"""Prints: results on standard output, what is for the person beside them on standard error.

Colours only where there is a terminal and NO_COLOR is not set; lines are never broken.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from cli.options import Output
from cli.output.exits import Exit
from cli.output.tables import Column, Row, table
from cli.reach.sight import Sight


def console() -> Console:
    """Standard output; NO_COLOR takes bold letters away too."""
    return Console(
        highlight=False, soft_wrap=True, color_system=None if os.environ.get("NO_COLOR") else "auto"
    )


def say(text: Text | str = "") -> None:
    """One result on standard output."""
    console().print(text, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """One line on standard error."""
    typer.echo(f"eip: {text}", err=True)


def rows_as(
    output: Output,
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    name: Callable[[Row], str],
    nothing: str,
) -> None:
    """Print rows as asked; `nothing` is said on standard error in place of an empty table."""
    match output:
        case Output.JSON | Output.YAML:
            data({"items": rows}, output)
        case Output.NAME:
            for row in rows:
                typer.echo(name(row))
        case _ if rows:
            say(table(columns, rows, wide=output is Output.WIDE))
        case _:
            note(nothing)


def no_rows(output: Output) -> None:
    """Print, for programs, that nothing is known of any row; people are told why instead."""
    if output in {Output.JSON, Output.YAML}:
        data({"items": []}, output)


def data(value: object, output: Output) -> None:
    """Print one value as JSON or YAML."""
    if output is Output.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
    else:
        typer.echo(msgspec.yaml.encode(value).decode(), nl=False)


def end(sight: Sight, code: Exit = Exit.OK) -> NoReturn:
    """Say what could not be seen, and end; `code` wins where it says that something is wrong."""
    for line in sight.notes:
        note(line)
    sys.stdout.flush()
    raise typer.Exit(int(code or sight.exit))
