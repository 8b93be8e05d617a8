"""What a sweep is to do: desired and actual side by side, without a call to anyone.

| EC2                       | claim                | pod       | to do                               |
|---------------------------|----------------------|-----------|-------------------------------------|
| another cluster's address |                      |           | report                              |
| one of the pod's          | has none, or another | any       | adopt                               |
| association as claimed    | has it               | any       | nothing                             |
| association differs       | has the address      | any       | adopt: next_step mends it           |
| several of the pod's      | any                  | any       | adopt the live one, the rest double |
| one                       | none                 | gone      | suspect; adopt the second time      |
| none                      | has one, not young   | any       | lost: allocate anew                 |
|                           | none, or resting     | wants one | observe                             |
|                           | any                  | not there | left                                |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eip import names
from eip.claim import Claim
from eip.decide import Desired, Scope
from eip.pod import Pod
from workers.ours import Identity, whose
from workers.ports import Address

QUIET_MS = 10_000
"""A claim that changed within this time of the snapshot may know better than EC2's answer."""

YOUNG_MS = 300_000
"""An allocation younger than this may be missing from EC2's answer."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read, in this order: EC2 at `taken_at` (Redis' milliseconds), claims, pods."""

    taken_at: int
    addresses: tuple[Address, ...]
    claims: Mapping[str, Claim]
    pods: Mapping[str, Pod]
    suspects: Mapping[str, int]


@dataclass(slots=True)
class Plan:
    """What to do: by pod uid, and for reports and suspects by allocation id."""

    adopt: dict[str, list[Address]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)
    suspects: dict[str, int] = field(default_factory=dict)


def plan(snapshot: Snapshot, identity: Identity, scope: Scope, orphan_age_ms: int) -> Plan:
    """Compare; pods are all observed again in any case, so that nothing rests that has something to do."""
    result = Plan()
    owned = _by_pod(snapshot.addresses, identity, scope, result)
    for uid, addresses in owned.items():
        _compare(uid, addresses, snapshot, orphan_age_ms, result)
    for uid, claim in snapshot.claims.items():
        if scope.namespaces and claim.namespace not in scope.namespaces:
            continue
        if claim.allocation_id and uid not in owned and _settled(claim, snapshot, YOUNG_MS):
            result.lost.append(uid)
        if uid not in snapshot.pods and claim.desired not in (Desired.RELEASE, Desired.UNKNOWN):
            result.left.append(uid)
    return result


def _by_pod(
    addresses: Iterable[Address], identity: Identity, scope: Scope, result: Plan
) -> dict[str, list[Address]]:
    owned: dict[str, list[Address]] = {}
    for address in addresses:
        stranger = whose(address, identity, scope)
        if stranger:
            result.reports[address.allocation_id] = stranger
        else:
            owned.setdefault(address.tags[names.POD_UID_TAG], []).append(address)
    return owned


def _compare(
    uid: str, addresses: list[Address], snapshot: Snapshot, orphan_age_ms: int, result: Plan
) -> None:
    claim = snapshot.claims.get(uid)
    if claim is None and uid not in snapshot.pods:
        _suspect(uid, addresses, snapshot, orphan_age_ms, result)
    elif claim is None or (_settled(claim, snapshot, QUIET_MS) and not matches(claim, addresses)):
        result.adopt[uid] = addresses


def _suspect(
    uid: str, addresses: list[Address], snapshot: Snapshot, orphan_age_ms: int, result: Plan
) -> None:
    """An address of nobody: its pod may be too new for a list, so it is seen twice and grows old first."""
    for address in addresses:
        since = snapshot.suspects.get(address.allocation_id)
        result.suspects[address.allocation_id] = snapshot.taken_at if since is None else since
        if since is not None and snapshot.taken_at - since >= orphan_age_ms:
            result.adopt.setdefault(uid, []).append(address)


def _settled(claim: Claim, snapshot: Snapshot, quiet_ms: int) -> bool:
    leased = claim.lease_until > snapshot.taken_at
    return not leased and not claim.intent_at and snapshot.taken_at - claim.changed_at > quiet_ms


def matches(claim: Claim, addresses: Iterable[Address]) -> bool:
    """Whether the claim says the same as EC2."""
    known = {claim.allocation_id, *claim.extra} - {""}
    found = {address.allocation_id: address for address in addresses}
    mine = found.get(claim.allocation_id)
    if mine is None or known != found.keys():
        return False
    return (mine.association_id, mine.private_ip) == (claim.association_id, claim.associated_ip)
