"""`eip plan`: what a sweep would do; `eip sweep`: have one done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli.options import Context, Output, OutputFormat
from cli.output import printing
from cli.output.tables import Column
from cli.reach import connections, reading
from cli.reach.connections import Connections
from cli.reach.sight import REDIS, Sight
from cli.rows.plan import PlanRow, plan_rows
from workers.sweep.plan import Snapshot
from workers.sweep.plan import plan as planned

if TYPE_CHECKING:
    from eip.settings import Settings

_COLUMNS: Sequence[Column[PlanRow]] = [
    Column("WHAT", lambda row: row.what, lambda row: "yellow" if row.changes else "dim"),
    Column("POD", lambda row: row.pod),
    Column("ADDRESS", lambda row: row.address),
    Column("WHY", lambda row: row.why),
]


def plan(*, context: Context = "", output: OutputFormat = Output.TABLE) -> None:
    """Show what a sweep would do; nothing is changed.

    A plan needs Redis, Kubernetes and EC2 all three: without one of them a sweep would be put off.
    """
    ways = connections.connect(context)
    sight = Sight(ways.installation)
    rows = _rows(sight, ways)
    if rows is None:
        printing.no_rows(output)
        printing.note("no plan: what is not known is not touched, by a sweep neither")
        printing.end(sight)
    printing.rows_as(output, _COLUMNS, rows, lambda row: row.address or row.pod, "a sweep would do nothing")
    printing.end(sight)


def _rows(sight: Sight, ways: Connections) -> list[PlanRow] | None:
    snapshot, identity = _snapshot(sight, ways), reading.identity(sight, ways)
    if snapshot is None or identity is None:
        return None
    settings: Settings = ways.settings
    todo = planned(snapshot, identity, settings.scope, int(settings.orphan_age * 1000))
    return plan_rows(todo, snapshot, settings.scope, settings.external_dns_annotations, settings.orphan_age)


def _snapshot(sight: Sight, ways: Connections) -> Snapshot | None:
    """As a sweep reads it: EC2 first, then the claims, then Kubernetes."""

    def suspected() -> Mapping[str, int]:
        return ways.redis().ledger.suspects()

    backlog = reading.backlog(sight, ways)
    addresses = reading.addresses(sight, ways)
    claims = reading.claims(sight, ways)
    pods = reading.pods(sight, ways)
    suspects = sight.of(REDIS, suspected)
    if backlog is None or addresses is None or claims is None or pods is None or suspects is None:
        return None
    return Snapshot(backlog.now, addresses, claims, pods, suspects)
