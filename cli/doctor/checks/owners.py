"""Addresses that bear our name or our uid, and not both: nobody touches them, and they cost money."""

from collections import Counter
from collections.abc import Iterable

from cli.doctor.facts import Facts
from cli.doctor.finding import Finding, counted, fails, passes, warns
from cli.doctor.seen import known
from eip.names import CLUSTER_NAME_TAG, CLUSTER_UID_TAG
from workers.ports import Address

CHECK = "owners"


def owners(facts: Facts) -> list[Finding]:
    """No other cluster has our name, and nothing is left of a name that we had."""
    name, uid = facts.settings.cluster_name, known(facts.kubernetes.cluster_uid)
    addresses = known(facts.aws.addresses)
    findings = [*_of_another_cluster(addresses, name, uid), *_of_a_former_name(addresses, name, uid)]
    if findings:
        return findings
    ours = sum(1 for a in addresses if _tag(a, CLUSTER_NAME_TAG) == name)
    return [passes(CHECK, f"{counted(ours, 'address')} of this cluster, and none that is nearly so")]


def _of_another_cluster(addresses: Iterable[Address], name: str, uid: str) -> Iterable[Finding]:
    others = Counter(
        _tag(a, CLUSTER_UID_TAG)
        for a in addresses
        if _tag(a, CLUSTER_NAME_TAG) == name and _tag(a, CLUSTER_UID_TAG) != uid
    )
    if others:
        yield fails(
            CHECK,
            f"another cluster is called {name} too: {_by_value(others)} by its uid, and ours is {uid}",
            "give one of the two another EIP_CLUSTER_NAME while it has no addresses; if that cluster is "
            "gone, release its addresses by hand",
        )


def _of_a_former_name(addresses: Iterable[Address], name: str, uid: str) -> Iterable[Finding]:
    former = Counter(
        _tag(a, CLUSTER_NAME_TAG)
        for a in addresses
        if _tag(a, CLUSTER_UID_TAG) == uid and _tag(a, CLUSTER_NAME_TAG) != name
    )
    if former:
        yield warns(
            CHECK,
            f"left of a former name of this cluster: {_by_value(former)}; nobody releases them",
            "set EIP_CLUSTER_NAME back until they are gone, or release them by hand",
        )


def _by_value(by: Counter[str]) -> str:
    return ", ".join(
        f"{counted(count, 'address')} of {value or 'nobody'}" for value, count in sorted(by.items())
    )


def _tag(address: Address, key: str) -> str:
    return address.tags.get(key, "")
