"""`eip migrate plan|run|back`: move over from another operator, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from cli.migrate import back as way_back
from cli.migrate import plan as way_there
from cli.migrate.ec2 import Ec2
from cli.migrate.facts import Facts
from cli.migrate.judge import Request, Verdict
from cli.migrate.origin import ORIGINS
from cli.migrate.perform import Performer, changed, perform
from cli.migrate.plan import Plan
from cli.migrate.read import Reader
from cli.migrate.show import show, summary
from cli.migrate.steps import Step
from cli.output import printing
from cli.output.exits import Exit
from cli.rows.words import plain
from eip import settings
from eip.aliases import Alias
from eip.clock import SystemClock
from eip.errors import EipError, SettingsError
from eip.kubernetes import objects
from eip.kubernetes.client import Kubernetes
from workers.aws.session import connect, region_of
from workers.ours import Identity

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Move over from another operator, and back. No pod loses its address. "
    "EIP_CLUSTER_NAME and the other settings are those that this operator has, or is to have.",
)

From = Annotated[Alias, typer.Option("--from", help="The operator to move over from.", show_default=False)]
OldCluster = Annotated[
    str | None,
    typer.Option(
        "--old-cluster-name",
        help="This cluster's name for the other operator; EIP_CLUSTER_NAME by default.",
        show_default=False,
    ),
]
AdoptKept = Annotated[
    bool,
    typer.Option(
        "--adopt-kept", help="Also move addresses that outlive their pods; they are marked to be kept."
    ),
]
RemoveOld = Annotated[
    bool,
    typer.Option(
        "--remove-old",
        help="Also delete the other operator's Eips, tags and labels. After that there is no way back.",
    ),
]
Context = Annotated[str, typer.Option("--context", help="Context of the kubeconfig.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Decide = Callable[[Facts, Request], Plan]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is spoken to, and what was asked for."""

    request: Request
    reader: Reader
    ec2: Ec2
    objects: objects.Objects


@app.command()
def plan(
    *,
    origin: From,
    old_cluster_name: OldCluster = None,
    adopt_kept: AdoptKept = False,
    remove_old: RemoveOld = False,
    context: Context = "",
) -> None:
    """Show what `run` would do, and change nothing."""
    with _Plainly():
        world = _world(origin, old_cluster_name, context, adopt_kept=adopt_kept, remove_old=remove_old)
        found = way_there.plan(world.reader.read(world.request), world.request)
        show(found, printing.console())
    raise typer.Exit(Exit.WRONG if found.obstacles or _problems(found) else Exit.OK)


@app.command()
def run(
    *,
    origin: From,
    old_cluster_name: OldCluster = None,
    adopt_kept: AdoptKept = False,
    remove_old: RemoveOld = False,
    context: Context = "",
    yes: Yes = False,
) -> None:
    """Move over. Stopped at any point, it is gone on with by saying it again."""
    with _Plainly():
        world = _world(origin, old_cluster_name, context, adopt_kept=adopt_kept, remove_old=remove_old)
        code = _go(world, way_there.plan, yes=yes)
    raise typer.Exit(code)


@app.command()
def back(
    *,
    origin: From,
    old_cluster_name: OldCluster = None,
    context: Context = "",
    yes: Yes = False,
) -> None:
    """Give everything back, before the other operator is started again."""
    with _Plainly():
        world = _world(origin, old_cluster_name, context)
        code = _go(world, way_back.back, yes=yes)
    raise typer.Exit(code)


def _go(world: World, decide: Decide, *, yes: bool) -> Exit:
    console = printing.console()
    first = decide(world.reader.read(world.request), world.request)
    show(first, console)
    if first.obstacles:
        return Exit.WRONG
    if not first.steps:
        console.print("nothing to do")
        return Exit.WRONG if _problems(first) else Exit.OK
    if not yes:
        typer.confirm("Go on?", abort=True)
    performer = Performer(
        world.ec2, world.objects, SystemClock(), lambda step, done: _tell(console, step, done)
    )
    last = perform(world.reader.read, decide, world.request, performer)
    console.print(summary(last))
    whole = _verified(first, world.reader.read(world.request), console)
    return Exit.OK if whole and not _problems(last) else Exit.WRONG


def _verified(first: Plan, now: Facts, console: Console) -> bool:
    differing = changed(first, now)
    for line in differing:
        console.print(f"not as it was, look whether its pod changed meanwhile: {line}", markup=False)
    if not differing:
        console.print(f"verified: {len(first.associations)} associations are what they were")
    return not differing


def _problems(plan: Plan) -> bool:
    return any(row.verdict is Verdict.PROBLEM for row in plan.rows)


def _tell(console: Console, step: Step, done: bool) -> None:  # noqa: FBT001 - the performer's signature
    mark = "done" if done else "gone or changed meanwhile"
    console.print(f"{step.kind}: {plain(step.about)}: {mark}", markup=False, highlight=False)


def _world(
    origin: Alias,
    old_cluster_name: str | None,
    context: str,
    *,
    adopt_kept: bool = False,
    remove_old: bool = False,
) -> World:
    known = settings.load()
    http = objects.connect(context=context)
    kubernetes, things = Kubernetes(http), objects.Objects(http)
    identity = Identity(known.cluster_name, known.cluster_uid or kubernetes.kube_system_uid())
    request = Request(
        origin=ORIGINS[origin],
        identity=identity,
        old_cluster=known.cluster_name if old_cluster_name is None else old_cluster_name,
        now=datetime.now(UTC),
        tags=known.tags,
        namespaces=frozenset(known.namespaces),
        adopt_kept=adopt_kept,
        remove_old=remove_old,
    )
    ec2 = Ec2(connect("ec2", region_of()))
    return World(request, Reader(ec2, things, kubernetes.self_subject_access_review), ec2, things)


class _Plainly:
    """An error becomes a line on standard error and an exit code."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Say what went wrong, without a traceback."""
        if isinstance(error, EipError):
            printing.note("\n".join(map(plain, str(error).splitlines())))
            raise typer.Exit(Exit.USAGE if isinstance(error, SettingsError) else Exit.WRONG) from error
