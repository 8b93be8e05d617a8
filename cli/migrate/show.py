"""A plan as people read it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from cli.migrate.judge import Verdict
from cli.migrate.plan import Plan, Row
from cli.output.tables import Column, table
from cli.rows.words import plain

STYLES = {Verdict.MOVE: "green", Verdict.MOVED: "dim", Verdict.LEAVE: "dim", Verdict.PROBLEM: "yellow"}


def show(plan: Plan, console: Console) -> None:
    """A table of everything that was looked at, then what forbids to begin, then a sum."""
    if plan.rows:
        console.print(table(_COLUMNS, plan.rows))
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


def _todo(row: Row) -> str:
    return "; ".join(filter(None, [", ".join(row.todo), row.why]))


def _style(row: Row) -> str:
    return STYLES[row.verdict]


_COLUMNS: Sequence[Column[Row]] = [
    Column("POD", lambda row: plain(row.pod), _style),
    Column("ADDRESS", lambda row: row.public_ip, _style),
    Column("ALLOCATION", lambda row: row.allocation_id, _style),
    Column("VERDICT", lambda row: row.verdict, _style),
    Column("TO DO", lambda row: plain(_todo(row)), _style),
]
