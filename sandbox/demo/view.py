"""How the demo looks: a table that moves on a terminal, lines elsewhere."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sandbox.demo.picture import Picture, Row, State

OTHER_LINES = 16
"""Lines of the terminal that are not rows of the table."""
FEWEST_ROWS = 6
SECONDS_BETWEEN_LINES = 1.0

STYLES = {
    State.STRANGER: "dim",
    State.STARTING: "dim",
    State.WAITING: "yellow",
    State.ALLOCATED: "cyan",
    State.ASSOCIATED: "blue",
    State.READY: "green",
    State.ENDED: "red",
    State.OFF: "magenta",
    State.KEPT: "cyan",
    State.RETURNED: "dim green",
    State.RELEASED: "dim green",
}
ON_THE_MOVE = (
    State.ENDED,
    State.OFF,
    State.KEPT,
    State.ASSOCIATED,
    State.ALLOCATED,
    State.WAITING,
    State.STARTING,
)


class View(Protocol):
    """Where the story is told."""

    def phase(self, title: str, why: str) -> None:
        """A new phase begins."""

    def note(self, text: str) -> None:
        """Something happened."""

    def show(self, picture: Picture) -> None:
        """This is how it stands."""

    def end(self, *last: RenderableType) -> None:
        """Nothing moves any more; print `last` below."""


class TerminalView:
    """Phases scroll by above; the table stands below them."""

    def __init__(self, console: Console, live: Live) -> None:
        """`live` is running."""
        self._console = console
        self._live = live
        self._phases = 0

    def phase(self, title: str, why: str) -> None:
        """In bold, and why below it."""
        self._phases += 1
        self._console.print(Text(f"\n{self._phases}. {title}", "bold cyan"), _indented(why))

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(_indented(f"-> {text}", "bold"))

    def show(self, picture: Picture) -> None:
        """The table anew."""
        room = max(FEWEST_ROWS, self._console.height - OTHER_LINES)
        self._live.update(_rendered(picture, room), refresh=True)

    def end(self, *last: RenderableType) -> None:
        """The table goes."""
        self._live.update(Text(""), refresh=True)
        self._live.stop()
        self._console.print(*last, sep="\n")


class LineView:
    """One line a second at most, and none when nothing has changed: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        """The clock starts."""
        self._console = console
        self._began = time.monotonic()
        self._phases = 0
        self._last_line = ""
        self._quiet_until = 0.0

    def phase(self, title: str, why: str) -> None:
        """Two lines."""
        self._phases += 1
        self._print(f"\n{self._phases}. {title}\n   {why}")

    def note(self, text: str) -> None:
        """A line of its own."""
        self._print(f"   -> {text}")

    def show(self, picture: Picture) -> None:
        """Counts in a line."""
        now, line = time.monotonic(), _line(picture)
        if line != self._last_line and now >= self._quiet_until:
            self._last_line, self._quiet_until = line, now + SECONDS_BETWEEN_LINES
            self._print(f"   {now - self._began:5.1f} s  {line}")

    def end(self, *last: RenderableType) -> None:
        """Print what is last."""
        self._console.print(*last, sep="\n")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def opened(console: Console) -> Iterator[View]:
    """The view that suits the console; the terminal is left in order whatever happens."""
    if not console.is_terminal:
        yield LineView(console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield TerminalView(console, live)


def shown_rows(rows: Iterable[Row], room: int) -> tuple[list[Row], int]:
    """The rows for which there is room, and how many are left out: what moves is shown first."""
    ordered = sorted(rows, key=lambda row: row.name)
    if len(ordered) <= room:
        return ordered, 0
    chosen = sorted(ordered, key=lambda row: row.state not in ON_THE_MOVE)[:room]
    return sorted(chosen, key=lambda row: row.name), len(ordered) - room


def _indented(text: str, style: str = "") -> RenderableType:
    """Every line of a wrapped text begins in the same column."""
    return Padding(Text(text, style), (0, 0, 0, 3))


def _rendered(picture: Picture, room: int) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3), header_style="bold")
    for heading in ("pod", "private IP", "public IP", "state"):
        table.add_column(heading, no_wrap=True)
    rows, left_out = shown_rows(picture.rows, room)
    for row in rows:
        table.add_row(row.name, row.private_ip, row.public_ip, Text(row.state, STYLES[row.state]))
    parts: list[RenderableType] = [Text(""), table]
    if left_out:
        parts.append(Text(f"and {left_out} more", "dim"))
    parts += [
        Text(""),
        Text(_states(picture)),
        Text(_counts("queues", picture.queues)),
        Text(_calls(picture)),
    ]
    if picture.flower:
        parts.append(Text(f"Flower: {picture.flower}"))
    return Group(*parts)


def _line(picture: Picture) -> str:
    waiting = {queue: length for queue, length in picture.queues.items() if length}
    queues = _counts("queues", waiting, none="empty")
    return f"{_states(picture)}; {queues}; {_calls(picture)}"


def _states(picture: Picture) -> str:
    states = picture.states
    return _counts("pods", {state: states[state] for state in State if states[state]})


def _calls(picture: Picture) -> str:
    return _counts("EC2 calls", picture.calls)


def _counts(title: str, counts: Mapping[Any, int], none: str = "none") -> str:
    return f"{title}: {', '.join(f'{name} {number}' for name, number in counts.items()) or none}"
