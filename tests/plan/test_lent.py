"""What a sweep is to do about lent and kept addresses, by the table in workers.sweep.plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from eip import names
from eip.claim import Claim
from eip.decide import Desired, Scope
from eip.pod import OwnerMeta, Pod, PodStatus
from tests.fakes.ec2 import CLUSTER
from workers.ours import Identity
from workers.ports import Address
from workers.sweep.plan import Plan, Snapshot, matches, plan

NOW = 10_000_000
MINUTES = 60_000
AGE = 120_000
UID, BEFORE = "u1", "u0"
IP, OTHER_IP = "10.0.0.9", "10.0.0.77"


def lent(ip: str = "", to: str = CLUSTER[0], association: str = "eipassoc-1", eni: str = "eni-1") -> Address:
    """A lent address; associated where there is an IP."""
    where = (association, ip, eni) if ip else ("", "", "")
    return Address("eipalloc-1", "198.18.0.1", *where, {names.LEND_TAG: to, names.POOL_TAG: "blue"})


def untagged(ip: str = "") -> Address:
    """One that an admin lends no longer."""
    return replace(lent(ip), tags={})


def owned(uid: str = UID, ip: str = IP) -> Address:
    """An address of ours, with a pod's uid on it."""
    tags = {
        names.CLUSTER_NAME_TAG: CLUSTER[0],
        names.CLUSTER_UID_TAG: CLUSTER[1],
        names.POD_UID_TAG: uid,
        names.NAMESPACE_TAG: "shop",
        names.POD_NAME_TAG: "web",
    }
    where = ("eipassoc-1", ip, "eni-1") if ip else ("", "", "")
    return Address("eipalloc-1", "198.18.0.1", *where, tags)


def claim(*, is_lent: bool = True, ip: str = IP, **fields: object) -> Claim:
    """A claim of a pod that is served with the address, and has been for long."""
    known: dict[str, object] = {
        "uid": UID,
        "namespace": "shop",
        "name": "web",
        "desired": Desired.SERVE,
        "pod_ip": IP,
        "allocation_id": "eipalloc-1",
        "association_id": "eipassoc-1" if ip else "",
        "associated_ip": ip,
        "interface_id": "eni-1" if ip else "",
        "lent": is_lent,
        "changed_at": NOW - 10 * MINUTES,
        "allocated_at": NOW - 10 * MINUTES,
    }
    return Claim(**{**known, **fields})  # type: ignore[arg-type]


@dataclass
class Case:
    """What was read, and what is to be done; `pods` are uids and IPs, `asked` is their pool."""

    addresses: tuple[Address, ...] = ()
    claims: tuple[Claim, ...] = ()
    pods: Mapping[str, str] = field(default_factory=lambda: {UID: IP})
    asked: str = "blue"
    suspect_since: int | None = None
    shown: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    free: int = 0
    strays: int = 0
    suspected: bool = False
    adopt: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


NOBODY: Mapping[str, str] = {}
OLD = NOW - AGE

CASES = {
    "as claimed": Case((lent(IP),), (claim(),)),
    "as claimed and unassociated": Case((lent(),), (claim(ip=""),)),
    "disassociated by hand": Case((lent(),), (claim(),), shown=[UID]),
    "associated by a lost answer": Case((lent(IP),), (claim(ip=""),), shown=[UID]),
    "associated anew on the same ip": Case((lent(IP, association="eipassoc-2"),), (claim(),), shown=[UID]),
    "moved to another ip": Case((lent(OTHER_IP, association="eipassoc-2"),), (claim(),), lost=[UID]),
    "moved to the same ip of another network": Case(
        (lent(IP, association="eipassoc-2", eni="eni-9"),), (claim(),), lost=[UID]
    ),
    "moved while its pod ends": Case(
        (lent(OTHER_IP, association="eipassoc-2"),),
        (claim(desired=Desired.RELEASE, pod_ip=""),),
        NOBODY,
        lost=[UID],
    ),
    "associated by a lost answer while its pod ends": Case(
        (lent(IP),), (claim(ip="", desired=Desired.RELEASE, pod_ip="", contested=True),), NOBODY
    ),
    "associated by a lost answer before its network was gone": Case(
        (lent(IP),), (claim(ip="", desired=Desired.HOLD, pod_ip="", contested=True),)
    ),
    "associated once its network was gone": Case(
        (lent(IP),), (claim(ip="", desired=Desired.HOLD, pod_ip=""),), doubted=[UID]
    ),
    "moved by a lost answer": Case((lent(OTHER_IP, association="eipassoc-2"),), (claim(contested=True),)),
    "differs, and is at work": Case((lent(),), (claim(lease_until=NOW + 1),)),
    "differs, and has just changed": Case((lent(),), (claim(changed_at=NOW - 9_000),)),
    "its pod is not there": Case((lent(IP),), (claim(),), NOBODY, left=[UID]),
    "free": Case((lent(),), free=1),
    "free, of another cluster": Case((lent(to="staging"),)),
    "free, and an operators own": Case((owned(ip=""),), (), adopt=[UID]),
    "taken by a pod that was seen later": Case((lent(),), (claim(ip="", changed_at=NOW + 5),)),
    "on the ip of a pod that wants one": Case((lent(IP),)),
    "on the ip of a pod that wants one of its own": Case((lent(IP),), asked="", suspected=True),
    "on nobodys ip, for the first time": Case((lent(OTHER_IP),), suspected=True),
    "on nobodys ip, again and young": Case((lent(OTHER_IP),), suspect_since=OLD + 1, suspected=True),
    "on nobodys ip, again and old": Case((lent(OTHER_IP),), suspect_since=OLD, suspected=True, strays=1),
    "on nobodys ip, lent to another cluster": Case((lent(OTHER_IP, to="staging"),), suspect_since=OLD),
    "on nobodys ip, and lent to nobody": Case((lent(OTHER_IP, to=""),), suspect_since=OLD),
    "a stray that is being taken off": Case(
        (lent(OTHER_IP),),
        (claim(uid="s", name="", ip=OTHER_IP, pod_ip="", desired=Desired.UNKNOWN),),
        suspect_since=OLD,
    ),
    "gone from ec2": Case((), (claim(ip=""),), lost=[UID]),
    "gone from ec2, and young": Case((), (claim(ip="", changed_at=NOW - 4 * MINUTES),)),
    "its tag was taken away": Case((untagged(IP),), (claim(),)),
    "its tag was taken away, and it was taken off": Case((untagged(),), (claim(),), shown=[UID]),
    "gone from ec2 while it was associated": Case((), (claim(),), lost=[UID]),
    "kept, and to be tagged": Case((owned(BEFORE),), (claim(is_lent=False, retag=True),)),
    "kept, to be tagged, and not there": Case((), (claim(is_lent=False, retag=True),), lost=[UID]),
    "tagged a moment ago": Case((owned(BEFORE),), (claim(is_lent=False, changed_at=NOW - 9_000),)),
    "tagged as anothers by a late call": Case((owned(BEFORE),), (claim(is_lent=False),), adopt=[UID]),
    "tagged as anothers that has it": Case(
        (owned(BEFORE),),
        (claim(is_lent=False, uid=BEFORE, pod_ip=OTHER_IP), claim(is_lent=False)),
        {UID: IP, BEFORE: OTHER_IP},
        lost=[UID],
    ),
    "kept for nobody yet": Case(
        (owned(ip=""),),
        (claim(is_lent=False, ip="", desired=Desired.RELEASE, pod_ip="", tagged_keep=60, idle_since=5),),
        NOBODY,
    ),
}


def made(case: Case) -> Plan:
    """The plan for what was read."""
    suspects = {} if case.suspect_since is None else {"eipalloc-1": case.suspect_since}
    labels, asked = {names.MANAGE_LABEL: "true"}, {names.POOL_ANNOTATION: case.asked}
    pods = {
        uid: Pod(OwnerMeta(uid=uid, labels=labels, annotations=asked), status=PodStatus(pod_ip=ip))
        for uid, ip in case.pods.items()
    }
    snapshot = Snapshot(NOW, case.addresses, {c.uid: c for c in case.claims}, pods, suspects)
    return plan(snapshot, Identity(*CLUSTER), Scope(), AGE)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plan(case: Case) -> None:
    """Each situation has its row of the table, and nothing else is done."""
    result = made(case)

    assert list(result.shown) == case.shown
    assert result.doubted == case.doubted
    assert result.lost == case.lost
    assert len(result.free) == case.free
    assert len(result.strays) == case.strays
    assert bool(result.suspects) == case.suspected
    assert list(result.adopt) == case.adopt
    assert result.left == case.left


@pytest.mark.parametrize("to", [CLUSTER[0], "staging", ""])
def test_a_lent_address_is_nobodys_to_adopt_or_to_report(to: str) -> None:
    """It has no pod, and is no stranger's."""
    result = made(Case((lent(OTHER_IP, to),), suspect_since=OLD))

    assert (result.adopt, result.reports) == ({}, {})


@pytest.mark.parametrize(
    ("given", "tagged", "same"),
    [
        (claim(is_lent=False), UID, True),
        (claim(is_lent=False), BEFORE, False),
        (claim(is_lent=False, retag=True), BEFORE, True),
    ],
    ids=["own tags", "another's tags", "another's tags, to be written"],
)
def test_matches(given: Claim, tagged: str, *, same: bool) -> None:
    """Tags that name another pod are a difference, unless they are to be written anyway."""
    assert matches(given, [owned(tagged)]) is same
