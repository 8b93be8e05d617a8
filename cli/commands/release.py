"""`eip release --all`: give back every address, before the operator is uninstalled."""

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
from cli.reach.operating import Time, at_work
from cli.reach.sight import UNSEEN, Sight
from workers.ports import Address

STOP = (
    "stop it first, or pods get new addresses at once: "
    "kubectl -n {namespace} scale deployment -l app.kubernetes.io/name=k8s-eip-operator --replicas=0"
)

_COLUMNS: Sequence[Column[Address]] = [
    Column("ALLOCATION", lambda row: row.allocation_id),
    Column("PUBLIC IP", lambda row: row.public_ip),
    Column("POD", lambda row: row.tags.get("Name", "").partition("/")[2]),
    Column("ON", lambda row: row.private_ip, lambda _: "yellow"),
]


def release(
    *,
    everything: Annotated[bool, typer.Option("--all", help="All addresses of this installation.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which.")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="Also those that are kept for a pod's name.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Although the operator may be at work, or can't be asked for.")
    ] = False,
    lease_namespace: Annotated[
        str, typer.Option(help="Namespace of the operator.", show_default="EIP_LEASE_NAMESPACE")
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
    sight = Sight()
    addresses, identity = reading.addresses(sight, ways), reading.identity(sight, ways)
    if addresses is None or identity is None:
        printing.note(
            "nothing is done: which addresses are this cluster's is not known (EIP_CLUSTER_UID says it)"
        )
        printing.end(sight)
    return releasable(addresses, identity, ways.settings.scope, kept=kept)


def _refuse_while_at_work(ways: Connections, namespace: str) -> None:
    printing.note(f"looks whether the operator is stopped (pods and Lease in namespace {namespace})")
    try:
        why = at_work(ways.kubernetes(), namespace, Time())
    except UNSEEN as error:
        why = f"whether it is cannot be told: {error}"
    if why:
        stop = STOP.format(namespace=namespace)
        raise EndedError(
            Exit.WRONG, f"the operator may be at work: {why}.\n{stop}\n--force goes on all the same"
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
    failed = 0
    for result in giver.give_back(found):
        address = result.address
        what = f"{address.public_ip} ({address.allocation_id})"
        if result.error:
            failed += 1
            printing.note(f"{what} was not released: {result.error}")
        else:
            printing.say(f"released {what}")
    if failed:
        raise EndedError(Exit.WRONG, f"{failed} of {_count(found)} are left; run the command again")


def _count(found: Sequence[Address]) -> str:
    return f"{len(found)} address{'' if len(found) == 1 else 'es'}"
