"""What a sweep is to do: desired and actual side by side, without a call to anyone.

| EC2                       | claim                | pod       | to do                               |
|---------------------------|----------------------|-----------|-------------------------------------|
| another cluster's address |                      |           | report                              |
| one of the pod's          | has none, or another | any       | adopt                               |
| association as claimed    | has it               | any       | nothing                             |
| association differs       | has the address      | any       | adopt: next_step mends it           |
| several of the pod's      | any                  | any       | adopt the live one, the rest double |
| one                       | none                 | gone      | suspect; adopt the second time      |
| one with another's tags   | has it               | any       | nothing while it is to be tagged    |
|                           |                      |           | else adopt: it is to be tagged anew |
| lent, as claimed          | has it               | any       | nothing                             |
| lent, association differs | has it               | any       | put what EC2 shows on the claim     |
| lent, with another's IP   | has it               | any       | lost: somebody moved it             |
| lent, somewhere           | has it, on hold      | any       | doubt: a call may have come late    |
| lent, association differs | is contested         | any       | nothing: it may be its own call's   |
| lent and free             | none                 | any       | offer it to who waits               |
| lent here, on nobody's IP | none                 | gone      | suspect; stray the second time      |
| lent no longer            | has it               | any       | as if it were: the pod gives it back |
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
from workers.ours import Identity, asks_for, asks_for_lent, is_lent, is_lent_here, whose
from workers.ports import Address

QUIET_MS = 10_000
"""A claim that changed within this time of EC2's answer may know better."""

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
    shown: dict[str, Address] = field(default_factory=dict)
    free: list[Address] = field(default_factory=list)
    strays: list[Address] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)
    suspects: dict[str, int] = field(default_factory=dict)


def plan(snapshot: Snapshot, identity: Identity, scope: Scope, orphan_age_ms: int) -> Plan:
    """Compare; pods are all observed again in any case, so that nothing rests that has something to do."""
    result = Plan()
    taken = {c.allocation_id for c in snapshot.claims.values() if c.lent}
    lent = {a.allocation_id: a for a in snapshot.addresses if is_lent(a) or a.allocation_id in taken}
    rest = [a for a in snapshot.addresses if a.allocation_id not in lent]
    owned = _by_pod(rest, snapshot, identity, scope, result)
    for uid, addresses in owned.items():
        _compare(uid, addresses, snapshot, orphan_age_ms, result)
    for uid, claim in snapshot.claims.items():
        if not scope.serves(claim.namespace):
            continue
        there = claim.allocation_id in lent if claim.lent else uid in owned
        if claim.allocation_id and not there and _settled(claim, snapshot, YOUNG_MS):
            result.lost.append(uid)
        if uid not in snapshot.pods and claim.desired not in (Desired.RELEASE, Desired.UNKNOWN):
            result.left.append(uid)
    _compare_lent(lent, snapshot, identity, scope, orphan_age_ms, result)
    return result


def _by_pod(
    addresses: Iterable[Address], snapshot: Snapshot, identity: Identity, scope: Scope, result: Plan
) -> dict[str, list[Address]]:
    """Addresses by the pod that has them: by their tags, unless the claim of another has taken one over."""
    holders = {c.allocation_id: c.uid for c in snapshot.claims.values() if c.allocation_id and not c.lent}
    owned: dict[str, list[Address]] = {}
    for address in addresses:
        stranger = whose(address, identity, scope)
        if stranger:
            result.reports[address.allocation_id] = stranger
            continue
        uid = address.tags[names.POD_UID_TAG]
        tagged = snapshot.claims.get(uid)
        if tagged is None or address.allocation_id not in _known(tagged):
            uid = holders.get(address.allocation_id, uid)
        owned.setdefault(uid, []).append(address)
    return owned


def _compare_lent(
    lent: Mapping[str, Address],
    snapshot: Snapshot,
    identity: Identity,
    scope: Scope,
    orphan_age_ms: int,
    result: Plan,
) -> None:
    holders = {c.allocation_id: c for c in snapshot.claims.values() if c.lent}
    wanting = {pod.ipv4: pod for pod in snapshot.pods.values() if asks_for_lent(pod, scope)}
    for address in lent.values():
        claim = holders.get(address.allocation_id)
        if claim is not None:
            if _settled(claim, snapshot, QUIET_MS):
                _compare_held(claim, address, result)
        elif not is_lent_here(address, identity):
            continue
        elif not address.association_id:
            result.free.append(address)
        else:
            there = wanting.get(address.private_ip)
            wanted = there is not None and asks_for(there, address, identity, scope)
            if not wanted and _ripe(address, snapshot, orphan_age_ms, result):
                result.strays.append(address)


def _compare_held(claim: Claim, address: Address, result: Plan) -> None:
    if claim.contested or address.association_id == claim.association_id:
        return
    elsewhere = address.private_ip != claim.pod_ip or claim.interface_id not in {"", address.interface_id}
    if address.association_id and claim.desired is Desired.HOLD:
        result.doubted.append(claim.uid)
    elif address.association_id and elsewhere:
        result.lost.append(claim.uid)
    else:
        result.shown[claim.uid] = address


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
        if _ripe(address, snapshot, orphan_age_ms, result):
            result.adopt.setdefault(uid, []).append(address)


def _ripe(address: Address, snapshot: Snapshot, orphan_age_ms: int, result: Plan) -> bool:
    """Note the address as suspect; whether it was one in the sweep before, and for long enough."""
    since = snapshot.suspects.get(address.allocation_id)
    result.suspects[address.allocation_id] = snapshot.taken_at if since is None else since
    return since is not None and snapshot.taken_at - since >= orphan_age_ms


def _settled(claim: Claim, snapshot: Snapshot, quiet_ms: int) -> bool:
    leased = claim.lease_until > snapshot.taken_at
    return not leased and not claim.intent_at and snapshot.taken_at - claim.changed_at > quiet_ms


def matches(claim: Claim, addresses: Iterable[Address]) -> bool:
    """Whether the claim says the same as EC2."""
    known = {"" if claim.lent else claim.allocation_id, *claim.extra} - {""}
    found = {address.allocation_id: address for address in addresses}
    mine = found.get(claim.allocation_id)
    if known != found.keys():
        return False
    if mine is None:
        return claim.lent
    if mine.tags.get(names.POD_UID_TAG) != claim.uid and not claim.retag:
        return False
    return (mine.association_id, mine.private_ip) == (claim.association_id, claim.associated_ip)


def _known(claim: Claim) -> set[str]:
    return {claim.allocation_id, *claim.extra} - {""}
