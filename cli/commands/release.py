"""`eip release --all`: give back every address, before the operator is uninstalled."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.commands.release_all import Giver, Pace, releasable
from cli.options import Context
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.output.tables import Column, table
from cli.reach import connections, reading
from cli.reach.connections import Connections
from cli.reach.installation import Deployment, Installation, installed, ours
from cli.reach.operating import Time, at_work
from cli.reach.sight import UNSEEN, Sight
from eip.errors import KubernetesError
from workers.ports import Address

PAUSED = "autoscaling.keda.sh/paused-replicas=0"
"""Has KEDA scale to 0 and leave it: https://keda.sh/docs/latest/concepts/scaling-deployments/#pause-autoscaling"""

_BINDING = re.compile(r"with binding '([a-z0-9.-]+)' denied request")
"""How the API server names what let an admission policy refuse."""

_COLUMNS: Sequence[Column[Address]] = [
    Column("ALLOCATION", lambda row: row.allocation_id),
    Column("PUBLIC IP", lambda row: row.public_ip),
    Column("POD", lambda row: row.tags.get("Name", "").partition("/")[2]),
    Column("ON", lambda row: row.private_ip, lambda _: "yellow"),
]


def release(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Say that all addresses of this installation are meant.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which addresses would go.")] = False,
    kept: Annotated[
        bool, typer.Option("--kept", help="Also give back those that are kept for a pod's name.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Go on although the operator may be at work, or that cannot be told."),
    ] = False,
    lease_namespace: Annotated[
        str,
        typer.Option(help="Namespace of the operator.", metavar="NAME", show_default="EIP_LEASE_NAMESPACE"),
    ] = "",
    context: Context = "",
) -> None:
    """Give back all addresses, before the operator is uninstalled.

    The operator must be stopped. Calls EC2 with your own credentials, and touches only addresses that carry
    this cluster's name and uid. What pods say of their addresses is taken back first.
    """
    if not everything:
        raise EndedError(Exit.USAGE, "say --all; one pod's address is given back by removing the pod's label")
    ways = connections.connect(context)
    found = _found(ways, kept=kept)
    if not found:
        printing.say("there is no address to give back")
        return
    printing.say(table(_COLUMNS, found))
    if dry_run:
        return
    if not force:
        _refuse_while_at_work(ways, lease_namespace or ways.settings.lease_namespace)
    _ask(found, ways.settings.cluster_name, yes=yes)
    _give_back(found, ways, sure=not force)


def _found(ways: Connections, *, kept: bool) -> list[Address]:
    sight = Sight(ways.installation)
    addresses, identity = reading.addresses(sight, ways), reading.identity(sight, ways)
    if addresses is None or identity is None:
        printing.note(
            "nothing is done: which addresses are this cluster's is not known (EIP_CLUSTER_UID says it)"
        )
        printing.end(sight)
    every = releasable(addresses, identity, ways.settings.scope, kept=True)
    found = releasable(addresses, identity, ways.settings.scope, kept=kept)
    if len(found) < len(every):
        stay = _count(every[len(found) :])
        printing.note(f"{stay} kept for a pod's name will stay; --kept gives back those too")
    return found


def _refuse_while_at_work(ways: Connections, namespace: str) -> None:
    printing.note(f"looks whether the operator is stopped (pods and Lease in namespace {namespace})")
    try:
        deployed = _deployed(ways, namespace)
        why = at_work(ways.kubernetes(), deployed, namespace, Time())
    except UNSEEN as error:
        deployed, why = [], f"whether it is cannot be told: {error}"
    if why:
        raise EndedError(
            Exit.WRONG, f"the operator may be at work: {why}.\n{how_to_stop(installed(deployed, namespace))}"
        )


def _deployed(ways: Connections, namespace: str) -> list[Deployment]:
    """None where they may not be listed: the pods of an installation with the chart's own name are found."""
    try:
        return ours(ways.deployments(namespace))
    except KubernetesError:
        return []


def how_to_stop(place: Installation) -> str:
    """What to do first; the chart gives the workers' ScaledObject the name of their Deployment."""
    producer, worker = place.producer or "PRODUCER", place.worker or "WORKER"
    return (
        "Stop it first, or pods get new addresses at once. Where KEDA scales the workers, pause it, "
        "or it starts them again:\n"
        f"  {place.kubectl} annotate scaledobject {worker} {PAUSED}\n"
        "Then, with KEDA or without:\n"
        f"  {place.kubectl} scale deployment {producer} {worker} --replicas=0\n"
        "--force goes on all the same."
    )


def _ask(found: Sequence[Address], cluster: str, *, yes: bool) -> None:
    in_use = sum(bool(address.association_id) for address in found)
    question = (
        f"Release {_count(found)} of the cluster {cluster}? {in_use} of them in use: those pods lose theirs"
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise EndedError(Exit.USAGE, "nobody is there to be asked: say --yes, or run it in a terminal")
    if not typer.confirm(question, err=True):
        raise EndedError(Exit.WRONG, "nothing was done")


def _give_back(found: Sequence[Address], ways: Connections, *, sure: bool) -> None:
    settings = ways.settings
    giver = Giver(
        ways.ec2(), ways.kubernetes, settings.external_dns_annotations, Pace(Time(), settings.rates), sure
    )
    errors: list[str] = []
    for result in giver.give_back(found):
        address = result.address
        what = f"{address.public_ip} ({address.allocation_id})"
        if result.error:
            errors.append(result.error)
            printing.note(f"{what} was not released: {result.error}")
        else:
            printing.say(f"released {what}")
    for binding in sorted({name for error in errors for name in _BINDING.findall(error)}):
        printing.note(f"first: kubectl delete validatingadmissionpolicybinding {binding}")
    if errors:
        raise EndedError(Exit.WRONG, f"{len(errors)} of {_count(found)} are left; run the command again")


def _count(found: Sequence[Address]) -> str:
    return f"{len(found)} address{'' if len(found) == 1 else 'es'}"
