"""`eip addresses`: every address of the cluster in EC2, its pod, and what it has cost."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cli.options import Context, Namespace, Output, OutputFormat
from cli.output import printing
from cli.output.tables import Column
from cli.reach import connections, reading
from cli.reach.sight import Sight
from cli.rows.addresses import AddressRow, Standing, address_rows, total_in_words
from cli.rows.words import NOTHING, since
from workers.ours import Identity

_STYLES = {Standing.IN_USE: "green", Standing.ORPHAN: "red", Standing.IDLE: "yellow"}


def addresses(
    namespace: Namespace = "", *, context: Context = "", output: OutputFormat = Output.TABLE
) -> None:
    """Show the cluster's addresses in EC2, their pods and costs."""
    ways, now = connections.connect(context), datetime.now(UTC)
    sight = Sight(ways.installation)
    found = reading.addresses(sight, ways)
    if found is None:
        printing.no_rows(output)
        printing.end(sight)
    rows = address_rows(
        found,
        reading.pods(sight, ways),
        reading.claims(sight, ways),
        reading.identity(sight, ways) or Identity(ways.settings.cluster_name, ""),
        ways.settings.scope,
        now,
    )
    shown = [row for row in rows if namespace in {"", row.namespace}]
    of = f" for pods in namespace {namespace}" if namespace else ""
    nothing = f"EC2 has no address of the cluster {ways.settings.cluster_name}{of}"
    printing.rows_as(output, _columns(now), shown, lambda row: row.allocation_id, nothing)
    if shown and output in {Output.TABLE, Output.WIDE}:
        printing.say(f"\n{total_in_words(shown)}")
    printing.end(sight)


def _columns(now: datetime) -> Sequence[Column[AddressRow]]:
    return [
        Column("ALLOCATION", lambda row: row.allocation_id),
        Column("PUBLIC IP", lambda row: row.public_ip),
        Column("POD", lambda row: f"{row.namespace}/{row.pod}" if row.pod else NOTHING),
        Column("ON", lambda row: row.private_ip),
        Column("STATE", lambda row: row.standing.value, lambda row: _STYLES.get(row.standing, "")),
        Column("AGE", lambda row: since(row.allocated_at, now)),
        Column("USD", lambda row: NOTHING if row.cost is None else f"{row.cost:.2f}"),
        Column("INTERFACE", lambda row: row.interface_id, wide=True),
        Column("ASSOCIATION", lambda row: row.association_id, wide=True),
        Column("POD UID", lambda row: row.pod_uid, wide=True),
        Column("WHY", lambda row: row.why, wide=True),
    ]
