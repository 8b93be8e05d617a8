"""Columns as kubectl prints them: capitals above, three spaces between, no lines."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.text import Text

from cli.rows.words import NOTHING

Row = TypeVar("Row")

GAP = "   "


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A heading, what stands below it, and for some texts a style; `wide` columns are shown on demand."""

    heading: str
    text: Callable[[Row], str]
    style: Callable[[Row], str] = lambda _: ""
    wide: bool = False


def table(columns: Sequence[Column[Row]], rows: Iterable[Row], *, wide: bool = False) -> Text:
    """The lines of a table, without an end of line after the last."""
    shown = [column for column in columns if wide or not column.wide]
    cells = [[(column.text(row) or NOTHING, column.style(row)) for column in shown] for row in rows]
    headed = [[(column.heading, "bold") for column in shown], *cells]
    widths = [max(len(line[place][0]) for line in headed) for place in range(len(shown))]
    return Text("\n").join(_line(line, widths) for line in headed)


def _line(cells: Sequence[tuple[str, str]], widths: Sequence[int]) -> Text:
    line = Text()
    for place, (text, style) in enumerate(cells):
        last = place == len(cells) - 1
        line.append(text, style=style)
        line.append("" if last else " " * (widths[place] - len(text)) + GAP)
    return line
