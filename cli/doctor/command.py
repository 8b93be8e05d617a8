"""The command: settings, what is read, what the checks make of it, and the exit code."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.doctor import read_aws, read_kubernetes, read_redis
from cli.doctor.accounts import parsed
from cli.doctor.facts import Facts, KubernetesFacts
from cli.doctor.finding import Finding, exit_code, fails
from cli.doctor.judge import judge
from cli.doctor.report import Output, show
from cli.doctor.seen import Unseen, look
from cli.options import Context
from cli.output.exits import Exit
from eip.errors import SettingsError
from eip.kubernetes import review
from eip.kubernetes.review import ServiceAccount
from eip.settings import Settings, load, unknown_variables

KUBERNETES_SECONDS = 4.0


def doctor(
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.TABLE,
    context: Context = "",
    service_account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMESPACE/NAME",
            help="Whose rights are asked for; can be given twice. By default those of the pod that this runs "
            "in, or of the installation that is found.",
        ),
    ] = None,
    allow_unknown: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--allow-unknown", help="Exit with 0 although something could not be looked at.")
    ] = False,
) -> None:
    """Check an installation, and say what to do about what is wrong.

    Nothing is changed. Exit code 0: all is well, though there may be warnings. 1: a check failed. 2: the
    settings cannot be used. 3: something could not be looked at.
    """
    with _usable("arguments", "give a namespace and a name, such as eip-system/eip-worker", output):
        accounts = [parsed(text) for text in service_account or ()]
    mend = "set the variables as docs/settings.md says, or ask in a pod of the operator's, which has them"
    with _usable("settings", mend, output):
        settings = load()
    findings = examine(settings, context, accounts)
    show(findings, output)
    raise typer.Exit(exit_code(findings, allow_unknown=allow_unknown))


@contextmanager
def _usable(check: str, mend: str, output: Output) -> Iterator[None]:
    """What cannot be used is the only finding."""
    try:
        yield
    except SettingsError as error:
        show([fails(check, " ".join(str(error).split()), mend)], output)
        raise typer.Exit(Exit.USAGE) from None


def examine(settings: Settings, context: str, accounts: Sequence[ServiceAccount]) -> Sequence[Finding]:
    """Read everything, Redis meanwhile, and judge it."""
    with ThreadPoolExecutor(1) as beside:
        redis = beside.submit(read_redis.read, settings)
        kubernetes = _kubernetes(settings, context, accounts)
        uid = "" if isinstance(kubernetes.cluster_uid, Unseen) else kubernetes.cluster_uid
        aws = read_aws.read(settings, uid, _instances(kubernetes), _reverse_dns(kubernetes))
        facts = Facts(
            settings=settings,
            looked_at=datetime.now(UTC),
            strange_variables=tuple(unknown_variables(os.environ)),
            kubernetes=kubernetes,
            redis=redis.result(),
            aws=aws,
        )
    return judge(facts)


def _kubernetes(settings: Settings, context: str, accounts: Sequence[ServiceAccount]) -> KubernetesFacts:
    connected = look(lambda: review.connect(KUBERNETES_SECONDS, context))
    if isinstance(connected, Unseen):
        return read_kubernetes.away(connected)
    try:
        return read_kubernetes.read(connected, settings, accounts)
    finally:
        connected.close()


def _instances(kubernetes: KubernetesFacts) -> list[str]:
    nodes = () if isinstance(kubernetes.nodes, Unseen) else kubernetes.nodes
    return [node.instance_id for node in nodes if node.instance_id]


def _reverse_dns(kubernetes: KubernetesFacts) -> str:
    pods = () if isinstance(kubernetes.labelled, Unseen) else kubernetes.labelled
    return next((pod.reverse_dns for pod in pods if pod.reverse_dns), "")
