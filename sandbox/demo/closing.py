"""The demo's last words: the figures, the verdict, and what to try on a stack that is kept."""

import json
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.doctor.finding import counted
from eip.names import KEEP_ANNOTATION, MANAGE_LABEL, MANAGE_SELECTOR, PUBLIC_IP_ANNOTATION
from eip.store.ledger import LEASE
from sandbox.demo.stays import Rolled, Shared, said
from sandbox.demo.summary import BURST, INTENT_SECONDS, RATE, HeldUp, Summary, percentile
from sandbox.kubernetes.kubeconfig import read_kubeconfig
from sandbox.stack import Stack

_ANNOTATION = PUBLIC_IP_ANNOTATION.replace(".", "\\.")
_EIP = Path(sys.executable).with_name("eip")
GUEST = "hello"
"""The pod that is there at the end, for one's own trials."""

DOCTOR = "doctor --allow-unknown"
"""The workers run beside the cluster: there is no pod that tells on which node."""

QUESTIONS = ("status", f"explain {GUEST}", "explain plain-1", "queues", "addresses", DOCTOR)
COLUMNS = f"NAME:.metadata.name,IP:.status.podIP,PUBLIC:.metadata.annotations.{_ANNOTATION}"


def figures(summary: Summary) -> RenderableType:
    """What it took, a line each."""
    run, pods = summary.run, summary.run.pods
    late = [seconds for seconds in summary.on_freed_ip if seconds > 0]
    cut = f"{len(run.leases)}, all taken up again" if run.leases else "none: it had none in hand"
    rows = [
        (
            "mutating EC2 calls per pod",
            f"{summary.calls_up / pods:.2f} up, {summary.calls_down / pods:.2f} down{_why_more(summary)}",
        ),
        (
            "Describe calls",
            ", ".join(f"{name} {n}" for name, n in sorted(summary.describes.items())) or "none",
        ),
        ("throttled calls", str(summary.throttled)),
        ("leaked addresses", str(run.leaked)),
        ("steps cut off by kill -9", cut),
        ("time without a worker", f"{run.without_worker:.1f} s"),
        ("all pods served in", f"{summary.served_in:.1f} s{_against_bound(summary)}"),
        ("from pod IP to address associated", _spread(summary.waits)),
        *_held_up(summary.held_up, summary.waits),
        ("from IP freed to address off it", _spread(late)),
        *_held_up(summary.held_on_ip, late),
    ]
    return _table("What it took", rows)


def stays(rolled: Rolled, shared: Shared) -> RenderableType:
    """What became of the addresses that were to stay, a line each."""
    waited = {shared.waited: f", {shared.seconds:.1f} s after another pod was deleted"}
    rows = [
        *((name, _before_and_after(rolled, name)) for name in rolled.before),
        (f"EC2 calls to replace {rolled.pods} pods", said(rolled.calls)),
        *(
            (name, f"{ip or 'no address'}, lent{waited.get(name, '')}")
            for name, ip in sorted(shared.had.items())
        ),
        (f"EC2 calls for {len(shared.had)} pods of a pool", said(shared.calls)),
    ]
    return _table("Addresses that stay", rows)


def verdict(problems: list[str]) -> RenderableType:
    """Good, or what is wrong."""
    if not problems:
        return Text("\nAll as promised: nothing lost, nothing left behind, nothing throttled.", "bold green")
    return Group(Text("\nNot as promised:", "bold red"), *(Text(f"  - {problem}") for problem in problems))


def complaints(stack: Stack, most: int = 8) -> RenderableType:
    """The last log lines that are more than information, by process."""
    lines: list[Text] = []
    for name, log in stack.logs().items():
        wrong = [line for line in log.splitlines() if '"warning"' in line or '"error"' in line]
        lines += [Text(f"  {name}: {line[:400]}", "dim") for line in wrong[-most:]]
    return Group(Text("\nWhat the processes complained of:"), *(lines or [Text("  nothing")]))


def admin(stack: Stack) -> dict[str, str]:
    """The variables with which `eip` asks as an admin of the cluster."""
    settings = stack.environment("worker") | {"KUBECONFIG": str(stack.kubeconfig)}
    return {name: value for name, value in settings.items() if name.startswith(("EIP_", "AWS_", "KUBE"))}


def invitation(stack: Stack, flower: str) -> RenderableType:
    """Commands to try, with kubectl where there is one."""
    lines = ["", "All of it stays up. Try, in another terminal:", ""]
    lines += _kubectl(stack) if shutil.which("kubectl") else _curl(stack)
    lines += ["", "Ask the operator what it does:", "", *_eip(stack)]
    lines += ["", f"Flower: {flower}   EC2's endpoint: {stack.ec2_url}", "Ctrl-C ends everything."]
    return Text("\n".join(lines))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    for name, value in rows:
        table.add_row(f"  {name}", value)
    return Group(Text(f"\n{title}", "bold"), table)


def _kubectl(stack: Stack) -> list[str]:
    return [
        f"  export KUBECONFIG={stack.kubeconfig}",
        f"  kubectl describe pod {GUEST}",
        f"  kubectl label pod plain-1 {MANAGE_SELECTOR}",
        f"  kubectl get pods -o custom-columns='{COLUMNS}'",
        f"  kubectl run mail --image=example --labels={MANAGE_SELECTOR} --annotations={KEEP_ANNOTATION}=1h",
        "  kubectl delete pod mail     # and run it again: it has the same address",
    ]


def _eip(stack: Stack) -> list[str]:
    exports = [f"  export {name}={shlex.quote(value)}" for name, value in sorted(admin(stack).items())]
    return [*exports, *(f"  {_EIP} {what}" for what in QUESTIONS)]


def _curl(stack: Stack) -> list[str]:
    access = read_kubeconfig(stack.kubeconfig)
    pod = {
        "metadata": {"name": "mine", "labels": {MANAGE_LABEL: "true"}},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }
    body = json.dumps(pod)
    trust = f"--cacert {access.certificate} " if access.certificate else ""
    curl = f"curl -s {trust}-H 'Authorization: Bearer {access.token}'"
    pods = f"{access.url}/api/v1/namespaces/default/pods"
    return [
        f"  {curl} -H 'Content-Type: application/json' -d '{body}' {pods}",
        f"  {curl} {pods}/mine",
        f"  {curl} -X DELETE {pods}/mine",
    ]


def _before_and_after(rolled: Rolled, name: str) -> str:
    before, after = rolled.before[name], rolled.after.get(name) or "no address"
    return f"{before} before and after" if before == after else f"{before} before, {after} after"


def _why_more(summary: Summary) -> str:
    if summary.repeated <= 0:
        return ""
    return (
        f" ({summary.repeated} repeated: kill -9 came after EC2 had carried out the call, and before "
        "the worker had written that down)"
    )


def _held_up(held: HeldUp, every: Sequence[float]) -> Iterator[tuple[str, str]]:
    """Of all times those that kill -9 made longer: a line, or none."""
    parts = []
    if held.by_lease:
        lease = f"until the dead worker's lease of {LEASE:.0f} s had ended"
        parts.append(f"{counted(len(held.by_lease), 'pod')} {lease}")
    if held.by_intent:
        unheard = f"until {INTENT_SECONDS:.0f} s had shown that it had allocated nothing"
        parts.append(f"{counted(len(held.by_intent), 'pod')} {unheard}")
    if others := sorted((Counter(every) - Counter(held.all)).elements()):
        parts.append(f"all others within {others[-1]:.2f} s")
    if held.all:
        yield "  held up by kill -9", "; ".join(parts)


def _spread(ordered: Sequence[float]) -> str:
    if not ordered:
        return "none"
    middle, most = percentile(ordered, 0.5), percentile(ordered, 0.95)
    return f"p50 {middle:.2f} s, p95 {most:.2f} s, longest {ordered[-1]:.2f} s"


def _against_bound(summary: Summary) -> str:
    if summary.ratio is None:
        return ""
    formula = f"({summary.run.pods}-{BURST})/{RATE:.0f}"
    return f", {summary.ratio:.3f} times EC2's own limit of {formula} = {summary.bound:.1f} s"
