"""A plan as people read it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.migrate.judge import Verdict
from cli.migrate.plan import Plan, Row
from cli.rows.words import NOTHING, plain

STYLES = {Verdict.MOVE: "green", Verdict.MOVED: "dim", Verdict.LEAVE: "dim", Verdict.PROBLEM: "yellow"}


def show(plan: Plan, console: Console) -> None:
    """A table of everything that was looked at, then what forbids to begin, then a sum."""
    if plan.rows:
        console.print(_table(plan.rows))
    for obstacle in plan.obstacles:
        console.print(Text(f"! {plain(obstacle)}", style="bold red"))
    console.print(summary(plan))


def summary(plan: Plan) -> str:
    """How many of what."""
    counts = {verdict: sum(row.verdict is verdict for row in plan.rows) for verdict in Verdict}
    return (
        f"{counts[Verdict.MOVE]} to do, {counts[Verdict.MOVED]} done, {counts[Verdict.LEAVE]} left alone, "
        f"{counts[Verdict.PROBLEM]} with a problem; {len(plan.steps)} steps"
    )


def _table(rows: tuple[Row, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("POD", "ADDRESS", "ALLOCATION", "VERDICT", "TO DO"):
        table.add_column(heading, no_wrap=heading != "TO DO", overflow="fold")
    for row in rows:
        todo = ", ".join(row.todo) if row.todo else ""
        words = [
            row.pod or NOTHING,
            row.public_ip or NOTHING,
            row.allocation_id or NOTHING,
            row.verdict,
            "; ".join(filter(None, [todo, row.why])) or NOTHING,
        ]
        table.add_row(*(Text(plain(word), style=STYLES[row.verdict]) for word in words))
    return table
