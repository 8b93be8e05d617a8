"""Rows of `eip addresses`: whose each address is, and what it has cost; without a call to anyone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

import msgspec

from cli.rows.words import parsed, plain
from eip import names
from eip.claim import Claim
from eip.decide import Scope
from eip.pod import Pod
from workers.ours import Identity, is_lent, whose
from workers.ports import Address

DOLLARS_AN_HOUR = 0.005
"""Of each public IPv4 address, in use or idle: https://aws.amazon.com/vpc/pricing/"""


class Standing(StrEnum):
    """What an address is to this cluster."""

    IN_USE = "in use"
    IDLE = "idle"
    LEAVING = "leaving"
    KEPT = "kept"
    LENT = "lent"
    ORPHAN = "orphan"
    FOREIGN = "not ours"
    UNSEEN = "?"


class AddressRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One address; `why` says it in words where it is not ours, `cost` is in dollars since the allocation."""

    allocation_id: str
    public_ip: str
    namespace: str
    pod: str
    pod_uid: str
    private_ip: str
    interface_id: str
    association_id: str
    standing: Standing
    orphan: bool | None
    why: str
    allocated_at: datetime | None
    cost: float | None


def address_rows(
    addresses: Iterable[Address],
    pods: Mapping[str, Pod] | None,
    claims: Mapping[str, Claim] | None,
    identity: Identity,
    scope: Scope,
    now: datetime,
) -> list[AddressRow]:
    """A row an address, by namespace and pod; `pods` or `claims` are None where they could not be seen.

    Without the cluster's uid in `identity` an address of this name counts as ours.
    """
    holders = {claim.allocation_id: claim for claim in (claims or {}).values()}
    rows = [
        _row(address, holders.get(address.allocation_id), pods, claims, identity, scope, now)
        for address in addresses
    ]
    return sorted(rows, key=lambda row: (row.namespace, row.pod, row.allocation_id))


def _row(
    address: Address,
    holder: Claim | None,
    pods: Mapping[str, Pod] | None,
    claims: Mapping[str, Claim] | None,
    identity: Identity,
    scope: Scope,
    now: datetime,
) -> AddressRow:
    tags = address.tags
    known = identity if identity.cluster_uid else replace(identity, cluster_uid=_uid(address))
    why = "" if is_lent(address) else whose(address, known, scope)
    standing = Standing.FOREIGN if why else _standing(address, pods, claims)
    allocated_at = parsed(tags.get(names.ALLOCATED_AT_TAG, ""))
    return AddressRow(
        allocation_id=address.allocation_id,
        public_ip=address.public_ip,
        namespace=holder.namespace if holder else plain(tags.get(names.NAMESPACE_TAG, "")),
        pod=holder.name if holder else plain(tags.get(names.POD_NAME_TAG, "")),
        pod_uid=holder.uid if holder else plain(tags.get(names.POD_UID_TAG, "")),
        private_ip=address.private_ip,
        interface_id=address.interface_id,
        association_id=address.association_id,
        standing=standing,
        orphan=None if standing is Standing.UNSEEN else standing is Standing.ORPHAN,
        why=why,
        allocated_at=allocated_at,
        cost=cost(allocated_at, now),
    )


def _uid(address: Address) -> str:
    return address.tags.get(names.CLUSTER_UID_TAG, "")


def _standing(
    address: Address, pods: Mapping[str, Pod] | None, claims: Mapping[str, Claim] | None
) -> Standing:
    uid = address.tags.get(names.POD_UID_TAG, "")
    if is_lent(address):
        return Standing.LENT
    if pods is None:
        return Standing.UNSEEN
    if uid in pods:
        return Standing.IN_USE if address.association_id else Standing.IDLE
    if names.KEEP_TAG in address.tags:
        return Standing.KEPT
    if claims is None:
        return Standing.UNSEEN
    return Standing.LEAVING if uid in claims else Standing.ORPHAN


def cost(allocated_at: datetime | None, now: datetime) -> float | None:
    """Dollars since the allocation; None when its time is not known."""
    if allocated_at is None:
        return None
    return round(max(0.0, (now - allocated_at).total_seconds()) / 3600 * DOLLARS_AN_HOUR, 4)


def total_in_words(rows: Iterable[AddressRow]) -> str:
    """How many addresses there are, and what they cost."""
    ours = [row for row in rows if row.standing not in {Standing.FOREIGN, Standing.LENT}]
    known = all(row.standing is not Standing.UNSEEN for row in ours)
    orphans = str(sum(row.standing is Standing.ORPHAN for row in ours)) if known else "not known how many"
    spent = sum(row.cost or 0 for row in ours)
    return (
        f"{len(ours)} address{'' if len(ours) == 1 else 'es'} of this cluster, {orphans} orphaned: "
        f"{len(ours) * DOLLARS_AN_HOUR:.3f} USD an hour, {spent:.2f} USD so far."
    )
