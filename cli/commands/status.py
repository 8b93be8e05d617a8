"""`eip status`: what each pod is to have, what it has, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cli.options import AllNamespaces, AnyPod, Context, Namespace, Output, OutputFormat
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.output.tables import Column
from cli.pod_name import PodName, pod_name
from cli.reach import connections, reading
from cli.reach.connections import Connections
from cli.reach.sight import KUBERNETES, REDIS, Sight
from cli.rows.claims import ClaimRow, State, claim_rows, seen_claims
from cli.rows.sentences import in_words
from cli.rows.words import since
from eip.decide import EventType, decide
from eip.pod import Pod

_STYLES = {
    State.DONE: "green",
    State.PARKED: "yellow",
    State.LATER: "yellow",
    State.UNREPORTED: "yellow",
    State.REFUSED: "red",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for: one pod's, a namespace's, or all."""

    pod: PodName | None = None
    namespace: str = ""

    def matches(self, namespace: str, name: str) -> bool:
        """Whether a pod is among them."""
        if self.pod is not None:
            return (self.pod.namespace, self.pod.name) == (namespace, name)
        return self.namespace in {"", namespace}


def status(
    pod: AnyPod = None,
    namespace: Namespace = "",
    *,
    all_namespaces: AllNamespaces = False,
    context: Context = "",
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show what each pod is to have, has, and what comes next."""
    if all_namespaces and (pod or namespace):
        raise EndedError(Exit.USAGE, "-A shows all pods; leave out POD and -n")
    name = pod_name(pod, namespace, lambda: connections.namespace_of(context)) if pod else None
    ways = connections.connect(context)
    sight = Sight(ways.installation)
    rows = _rows(Wanted(name, namespace), sight, ways)
    if name is not None and not rows and sight.missing.keys() >= {REDIS, KUBERNETES}:
        printing.end(sight)
    if name is not None and output in {Output.JSON, Output.YAML} and len(rows) == 1:
        printing.data(rows[0], output)
    else:
        where = f" in namespace {namespace}" if namespace else ""
        nothing = f"no pod{where} was seen" if sight.missing else f"no pod{where} has or asks for an address"
        printing.rows_as(output, _columns(narrow=name is not None), rows, _row_name, nothing)
    if name is not None and output in {Output.TABLE, Output.WIDE}:
        for row in rows:
            printing.say(f"\n{in_words(row)}")
    printing.end(sight)


def _rows(wanted: Wanted, sight: Sight, ways: Connections) -> list[ClaimRow]:
    claims, backlog = reading.claims(sight, ways), reading.backlog(sight, ways)
    pods = _pods(wanted.pod, sight, ways)
    if claims is None:
        claims = seen_claims(pods, reading.addresses(sight, ways) or (), ways.settings.scope)
    rows = claim_rows(claims, pods, backlog, ways.settings.scope)
    shown = [row for row in rows if wanted.matches(row.namespace, row.name)]
    if not shown and wanted.pod is not None and KUBERNETES not in sight.missing:
        raise EndedError(Exit.WRONG, _why_nothing(wanted.pod, pods, ways))
    return shown


def _pods(name: PodName | None, sight: Sight, ways: Connections) -> dict[str, Pod]:
    if name is None:
        return dict(reading.pods(sight, ways) or {})
    pod = sight.of(KUBERNETES, lambda: ways.kubernetes().get_pod(name.namespace, name.name))
    return {pod.uid: pod} if pod else {}


def _why_nothing(name: PodName, pods: dict[str, Pod], ways: Connections) -> str:
    if not pods:
        return f"there is no pod {name}, and nothing is known of one"
    [pod] = pods.values()
    decision = decide(EventType.READ, pod, ways.settings.scope)
    return f"nothing is done for the pod {name}: {decision.reason}"


def _row_name(row: ClaimRow) -> str:
    return f"pod/{row.name}"


def _columns(*, narrow: bool) -> Sequence[Column[ClaimRow]]:
    now = datetime.now(UTC)
    columns: list[Column[ClaimRow]] = [
        Column("NAMESPACE", lambda row: row.namespace),
        Column("POD", lambda row: row.name),
        Column("DESIRED", lambda row: row.desired),
        Column("ACTUAL", lambda row: row.actual),
        Column("NEXT", lambda row: row.next_step),
        Column("STATE", lambda row: row.where, lambda row: _STYLES.get(row.state, "")),
        Column("SINCE", lambda row: since(row.since, now)),
        Column("LAST ERROR", lambda row: row.error, lambda _: "red"),
        Column("TRIES", lambda row: str(row.attempts or ""), wide=True),
        Column("MODE", lambda row: row.mode, wide=True),
        Column("ALLOCATION", lambda row: row.allocation_id, wide=True),
        Column("POD IP", lambda row: row.pod_ip, wide=True),
        Column("INTERFACE", lambda row: row.interface_id, wide=True),
        Column("NODE", lambda row: row.node, wide=True),
        Column("WHY", lambda row: row.reason, wide=True),
    ]
    return columns[1:] if narrow else columns
