"""Runs the checks over what was read, in the order in which faults explain each other."""

from collections.abc import Callable, Iterator, Sequence

from cli.doctor.checks.aws import aws, permissions
from cli.doctor.checks.clock import clock
from cli.doctor.checks.external_dns import external_dns
from cli.doctor.checks.kubernetes import kubernetes, rights
from cli.doctor.checks.network import external_snat, nodes, subnets, workers_way_out
from cli.doctor.checks.operators import operators
from cli.doctor.checks.owners import owners
from cli.doctor.checks.quota import quota
from cli.doctor.checks.redis import redis, safety
from cli.doctor.checks.redis import rights as redis_rights
from cli.doctor.checks.settings import settings
from cli.doctor.checks.work import claims, producer, queues, workers
from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, unknown
from cli.doctor.seen import CannotSeeError, in_words

Check = Callable[[Facts], list[Finding]]

CHECKS: dict[str, Check] = {
    "settings": settings,
    "kubernetes": kubernetes,
    "rights": rights,
    "redis": redis,
    "redis-safety": safety,
    "redis-rights": redis_rights,
    "producer": producer,
    "workers": workers,
    "claims": claims,
    "queues": queues,
    "aws": aws,
    "ec2": permissions,
    "quota": quota,
    "owners": owners,
    "other-operators": operators,
    "external-snat": external_snat,
    "workers-way-out": workers_way_out,
    "subnets": subnets,
    "nodes": nodes,
    "external-dns": external_dns,
    "clock": clock,
}
"""Each check under the name that it has when it cannot be made."""


def judge(facts: Facts, checks: dict[str, Check] = CHECKS) -> Sequence[Finding]:
    """What all checks found; one that breaks says so in its own line."""
    return [finding for name, check in checks.items() for finding in _made(name, check, facts)]


def _made(name: str, check: Check, facts: Facts) -> Iterator[Finding]:
    try:
        yield from check(facts)
    except CannotSeeError as error:
        yield unknown(name, error.unseen.why, error.unseen.mend)
    except Exception as error:  # noqa: BLE001 - the other checks are still worth having
        fault = f"{type(error).__name__}: {in_words(error)}"
        yield unknown(name, f"the check itself broke: {fault}", "report it with this line")
