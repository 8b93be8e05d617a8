"""What a sweep is to do, by the table in workers.sweep.plan: each row, and what must not be touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from eip import names
from eip.claim import Claim
from eip.decide import Desired, Scope
from eip.pod import Pod
from tests.fakes.ec2 import CLUSTER
from workers.ours import Identity
from workers.ports import Address
from workers.sweep.plan import Plan, Snapshot, matches, plan

NOW = 10_000_000
MINUTES = 60_000
AGE = 120_000
UID = "u1"
NO_TAGS: Mapping[str, str] = {}
OURS = {
    names.CLUSTER_NAME_TAG: CLUSTER[0],
    names.CLUSTER_UID_TAG: CLUSTER[1],
    names.POD_UID_TAG: UID,
    names.NAMESPACE_TAG: "shop",
    names.POD_NAME_TAG: "web",
}


def address(number: int = 1, ip: str = "", tags: Mapping[str, str] = NO_TAGS) -> Address:
    """An address of the pod; associated where there is an IP."""
    merged = {key: value for key, value in {**OURS, **tags}.items() if value}
    association = f"eipassoc-{number}" if ip else ""
    return Address(f"eipalloc-{number}", f"198.18.0.{number}", association, ip, "eni-1" if ip else "", merged)


def claim(number: int = 1, ip: str = "10.0.0.9", **fields: object) -> Claim:
    """A claim that says the same as `address(number, ip)`, and has for long."""
    known: dict[str, object] = {
        "uid": UID,
        "namespace": "shop",
        "name": "web",
        "desired": Desired.SERVE,
        "pod_ip": ip,
        "allocation_id": f"eipalloc-{number}",
        "association_id": f"eipassoc-{number}" if ip else "",
        "associated_ip": ip,
        "changed_at": NOW - 10 * MINUTES,
        "allocated_at": NOW - 10 * MINUTES,
    }
    return Claim(**{**known, **fields})  # type: ignore[arg-type]


@dataclass
class Case:
    """What was read, and what is to be done."""

    addresses: tuple[Address, ...] = ()
    claims: tuple[Claim, ...] = ()
    pods: tuple[str, ...] = ()
    suspects: dict[str, int] = field(default_factory=dict)
    adopt: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reported: set[str] = field(default_factory=set)
    suspected: dict[str, int] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)


SERVED = address(1, "10.0.0.9")
NONE = claim(ip="", allocation_id="", pod_ip="10.0.0.9")

CASES = {
    "nothing-anywhere": Case(),
    "as-claimed": Case((SERVED,), (claim(),), (UID,)),
    "as-claimed-and-unassociated": Case((address(),), (claim(ip=""),), (UID,)),
    "other-clusters-name": Case(
        (address(tags={names.CLUSTER_NAME_TAG: "staging"}),), reported={"eipalloc-1"}
    ),
    "other-cluster-of-the-same-name": Case(
        (address(tags={names.CLUSTER_UID_TAG: "x"}),), reported={"eipalloc-1"}
    ),
    "no-cluster-uid": Case((address(tags={names.CLUSTER_UID_TAG: ""}),), reported={"eipalloc-1"}),
    "no-pod-uid": Case((address(tags={names.POD_UID_TAG: ""}),), reported={"eipalloc-1"}),
    "no-pod-name": Case((address(tags={names.POD_NAME_TAG: ""}),), reported={"eipalloc-1"}),
    "no-namespace": Case((address(tags={names.NAMESPACE_TAG: ""}),), reported={"eipalloc-1"}),
    "other-namespace": Case((SERVED,), scope=Scope(frozenset({"bank"})), reported={"eipalloc-1"}),
    "served-namespace": Case((SERVED,), (claim(),), (UID,), scope=Scope(frozenset({"shop"}))),
    "strangers-twice-and-old": Case(
        (address(tags={names.CLUSTER_UID_TAG: "x"}),),
        suspects={"eipalloc-1": NOW - 60 * MINUTES},
        reported={"eipalloc-1"},
    ),
    "claim-has-none": Case((SERVED,), (NONE,), (UID,), adopt={UID: ["eipalloc-1"]}),
    "claim-has-another": Case((SERVED,), (claim(2),), (UID,), adopt={UID: ["eipalloc-1"]}),
    "no-claim-and-a-pod": Case((SERVED,), (), (UID,), adopt={UID: ["eipalloc-1"]}),
    "association-differs": Case((address(1, "10.0.0.77"),), (claim(),), (UID,), adopt={UID: ["eipalloc-1"]}),
    "association-is-gone": Case((address(1),), (claim(),), (UID,), adopt={UID: ["eipalloc-1"]}),
    "association-is-unknown-to-the-claim": Case(
        (SERVED,), (claim(ip=""),), (UID,), adopt={UID: ["eipalloc-1"]}
    ),
    "association-differs-and-the-pod-is-not-there": Case(
        (address(1, "10.0.0.77"),), (claim(),), (), adopt={UID: ["eipalloc-1"]}, left=[UID]
    ),
    "a-double": Case((SERVED, address(2)), (claim(),), (UID,), adopt={UID: ["eipalloc-1", "eipalloc-2"]}),
    "a-double-that-is-known": Case((SERVED, address(2)), (claim(doubles="eipalloc-2"),), (UID,)),
    "a-double-that-is-gone": Case(
        (SERVED,), (claim(doubles="eipalloc-2"),), (UID,), adopt={UID: ["eipalloc-1"]}
    ),
    "young-claim": Case((address(1, "10.0.0.77"),), (claim(changed_at=NOW - 9_000),), (UID,)),
    "claim-changed-after-the-answer": Case((address(1),), (claim(changed_at=NOW + 500),), (UID,)),
    "claim-that-is-just-old-enough": Case(
        (address(1),), (claim(changed_at=NOW - 10_001),), (UID,), adopt={UID: ["eipalloc-1"]}
    ),
    "leased-claim": Case((address(1),), (claim(lease_until=NOW + 1),), (UID,)),
    "lease-that-has-ended": Case(
        (address(1),), (claim(lease_until=NOW - 1),), (UID,), adopt={UID: ["eipalloc-1"]}
    ),
    "claim-with-an-intent": Case((SERVED,), (claim(ip="", allocation_id="", intent_at=NOW - 9_000),), (UID,)),
    "orphan-for-the-first-time": Case((SERVED,), suspected={"eipalloc-1": NOW}),
    "orphan-again-and-young": Case(
        (SERVED,),
        suspects={"eipalloc-1": NOW - AGE + 1},
        suspected={"eipalloc-1": NOW - AGE + 1},
    ),
    "orphan-again-and-old": Case(
        (SERVED,),
        suspects={"eipalloc-1": NOW - AGE},
        suspected={"eipalloc-1": NOW - AGE},
        adopt={UID: ["eipalloc-1"]},
    ),
    "orphans-of-two-ages": Case(
        (SERVED, address(2)),
        suspects={"eipalloc-1": NOW - AGE},
        suspected={"eipalloc-1": NOW - AGE, "eipalloc-2": NOW},
        adopt={UID: ["eipalloc-1"]},
    ),
    "suspect-that-is-gone": Case((), suspects={"eipalloc-1": NOW - AGE}),
    "suspect-whose-pod-appeared": Case(
        (SERVED,), (), (UID,), suspects={"eipalloc-1": NOW - AGE}, adopt={UID: ["eipalloc-1"]}
    ),
    "suspect-that-has-a-claim": Case((SERVED,), (claim(),), (UID,), suspects={"eipalloc-1": NOW - AGE}),
    "lost": Case((), (claim(changed_at=NOW - 6 * MINUTES),), (UID,), lost=[UID]),
    "lost-but-young": Case((), (claim(changed_at=NOW - 4 * MINUTES),), (UID,)),
    "lost-but-leased": Case((), (claim(lease_until=NOW + 1),), (UID,)),
    "lost-of-a-pod-that-left": Case((), (claim(),), (), lost=[UID], left=[UID]),
    "claim-without-an-address": Case((), (NONE,), (UID,)),
    "left": Case((SERVED,), (claim(),), (), left=[UID]),
    "left-without-an-address": Case((), (NONE,), (), left=[UID]),
    "left-while-held": Case((address(),), (claim(ip="", desired=Desired.HOLD),), (), left=[UID]),
    "being-released": Case((SERVED,), (claim(desired=Desired.RELEASE),), ()),
    "found-in-ec2-and-being-confirmed": Case((SERVED,), (claim(desired=Desired.UNKNOWN),), ()),
}


def made(case: Case) -> Plan:
    """The plan for what was read."""
    snapshot = Snapshot(
        NOW,
        case.addresses,
        {entry.uid: entry for entry in case.claims},
        dict.fromkeys(case.pods, Pod()),
        case.suspects,
    )
    return plan(snapshot, Identity(*CLUSTER), case.scope, AGE)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plan(case: Case) -> None:
    """Each situation has its row of the table."""
    result = made(case)

    assert {uid: [a.allocation_id for a in owned] for uid, owned in result.adopt.items()} == case.adopt
    assert result.lost == case.lost
    assert result.left == case.left
    assert set(result.reports) == case.reported
    assert result.suspects == case.suspected


def test_several_pods_are_compared_each_with_its_own() -> None:
    """One pod's trouble is no other's."""
    other = claim(2, uid="u2")
    theirs = address(2, "10.0.0.9", {names.POD_UID_TAG: "u2"})
    case = Case((address(1), theirs), (claim(), other), (UID, "u2"))

    assert list(made(case).adopt) == [UID]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({names.CLUSTER_NAME_TAG: "staging"}, "cluster's name"),
        ({names.CLUSTER_UID_TAG: "x"}, "another cluster that is called prod too"),
        ({names.POD_UID_TAG: ""}, "no pod uid"),
        ({names.POD_NAME_TAG: ""}, "does not name its pod"),
    ],
    ids=["name", "uid", "pod", "pod-name"],
)
def test_a_report_says_why(tags: dict[str, str], words: str) -> None:
    """Who reads the log can find the address' owner."""
    assert words in made(Case((address(tags=tags),))).reports["eipalloc-1"]


@pytest.mark.parametrize(
    ("addresses", "same"),
    [
        ((SERVED,), True),
        ((), False),
        ((address(1),), False),
        ((address(2, "10.0.0.9"),), False),
        ((SERVED, address(2)), False),
        ((Address("eipalloc-1", "198.18.0.1", "eipassoc-9", "10.0.0.9"),), False),
    ],
    ids=["same", "none", "unassociated", "another", "one-more", "associated-anew"],
)
def test_matches(addresses: tuple[Address, ...], same: bool) -> None:  # noqa: FBT001
    """A claim says the same as EC2 when ids, association and IP agree."""
    assert matches(claim(), addresses) is same
