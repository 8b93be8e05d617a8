"""`eip explain`: what each rule says of a pod, which one decides, and what comes next for its claim."""

from collections.abc import Sequence

import msgspec

from cli.options import Context, Namespace, OnePod, Output, OutputFormat
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.output.tables import Column
from cli.pod_name import pod_name
from cli.reach import connections, reading
from cli.reach.connections import Connections
from cli.reach.sight import REDIS, Sight
from cli.rows.claims import ClaimRow, claim_row, place
from cli.rows.rules import RuleRow, rule_rows
from cli.rows.sentences import in_words
from cli.rows.words import NOTHING, plain
from eip.decide import Desired
from eip.pod import Pod


class Explanation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The pod as the API server has it, what the rules say of it, and its claim."""

    namespace: str
    name: str
    uid: str
    phase: str
    pod_ip: str
    node: str
    rules: list[RuleRow]
    claim: ClaimRow | None


_COLUMNS: Sequence[Column[RuleRow]] = [
    Column("RULE", lambda row: row.rule, lambda row: "bold" if row.decides else ""),
    Column("SAYS", lambda row: row.desired, lambda row: "bold" if row.decides else "dim"),
    Column("DECIDES", lambda row: "yes" if row.decides else "", lambda _: "bold green"),
    Column("WHY", lambda row: plain(row.reason)),
    Column("ABOUT", lambda row: row.about, wide=True),
]


def explain(
    pod: OnePod,
    namespace: Namespace = "",
    *,
    context: Context = "",
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show what each rule says of a pod, and what comes next."""
    name = pod_name(pod, namespace, lambda: connections.namespace_of(context))
    ways = connections.connect(context)
    sight = Sight(ways.installation)
    found = ways.kubernetes().get_pod(name.namespace, name.name)
    if found is None:
        raise EndedError(Exit.WRONG, f"there is no pod {name}; `eip status {name}` shows what is left of one")
    explanation = _explained(found, sight, ways)
    if output in {Output.JSON, Output.YAML}:
        printing.data(explanation, output)
    elif output is Output.NAME:
        printing.say(f"pod/{name.name}")
    else:
        _print(explanation, output, claims_seen=REDIS not in sight.missing)
    printing.end(sight)


def _explained(pod: Pod, sight: Sight, ways: Connections) -> Explanation:
    claim = sight.of(REDIS, lambda: ways.redis().ledger.claim(pod.uid))
    row = claim_row(claim, place(claim, reading.backlog(sight, ways)), pod) if claim else None
    return Explanation(
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        uid=pod.uid,
        phase=plain(pod.status.phase),
        pod_ip=plain(pod.ipv4),
        node=plain(pod.spec.node_name),
        rules=rule_rows(pod, ways.settings.scope),
        claim=row,
    )


def _print(shown: Explanation, output: Output, *, claims_seen: bool) -> None:
    printing.say(
        f"Pod {shown.namespace}/{shown.name}, uid {shown.uid}, phase {shown.phase or NOTHING}, "
        f"IP {shown.pod_ip or NOTHING}, node {shown.node or NOTHING}\n"
    )
    printing.rows_as(output, _COLUMNS, shown.rules, lambda row: row.rule, "there are no rules")
    decision = next(row for row in shown.rules if row.decides)
    printing.say(f"\nThe rule {decision.rule} decides: {plain(decision.reason)}.")
    if shown.claim is not None:
        printing.say(_drift(decision.desired, shown.claim) + in_words(shown.claim))
    elif claims_seen and decision.desired != Desired.RELEASE:
        printing.say("It has no claim yet: the producer has not reported it. Does it run, and does it lead?")


def _drift(desired: str, claim: ClaimRow) -> str:
    if desired == claim.desired:
        return ""
    return f"Its claim still says {claim.desired}: the change is on its way, or the producer does not run.\n"
