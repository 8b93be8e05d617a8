"""How many claims are at what: each is counted once, and so is each address."""

from typing import Any

import pytest

from eip.claim import Claim
from eip.decide import Desired
from eip.metrics.definitions import Holding, State
from workers.observing.counts import count, holdings_of, state_of

NOW = 1_000_000
IP = "10.0.0.9"
SERVED: dict[str, Any] = {
    "desired": Desired.SERVE,
    "pod_ip": IP,
    "allocation_id": "eipalloc-1",
    "public_ip": "203.0.113.1",
    "association_id": "eipassoc-1",
    "associated_ip": IP,
    "changed_at": NOW - 1000,
    "written": "203.0.113.1|eipalloc-1|203.0.113.1|True",
}
HELD: dict[str, Any] = {
    "desired": Desired.SERVE,
    "pod_ip": IP,
    "allocation_id": "eipalloc-1",
    "public_ip": "203.0.113.1",
}
NONE_YET: dict[str, Any] = {"desired": Desired.SERVE, "pod_ip": IP}
GONE: dict[str, Any] = {"desired": Desired.RELEASE, "rule": "gone", "allocation_id": "eipalloc-1"}


def claim(uid: str = "a", **fields: Any) -> Claim:
    """A claim with these fields."""
    return Claim(uid=uid, namespace="default", name="web", **fields)


@pytest.mark.parametrize(
    ("fields", "parked", "state"),
    [
        pytest.param(SERVED, False, State.SERVING, id="served"),
        pytest.param({**SERVED, "written": ""}, False, State.ANNOTATING, id="not written yet"),
        pytest.param({**SERVED, "reverse_dns": "a.b"}, False, State.SERVING, id="served, and not named yet"),
        pytest.param(HELD, False, State.ASSOCIATING, id="allocated"),
        pytest.param(NONE_YET, False, State.ALLOCATING, id="has nothing"),
        pytest.param(NONE_YET, True, State.PARKED, id="waits for the quota"),
        pytest.param(
            {**GONE, "attempts": 1}, True, State.FAILING, id="was parked once, and fails to release"
        ),
        pytest.param({**NONE_YET, "attempts": 2}, False, State.FAILING, id="failed"),
        pytest.param(GONE, False, State.RELEASING, id="gone"),
        pytest.param({"desired": Desired.HOLD}, False, State.WAITING, id="no IP yet"),
        pytest.param(
            {"desired": Desired.RELEASE, "warn": True, "written": "|||False"},
            False,
            State.REFUSED,
            id="refused",
        ),
    ],
)
def test_a_claim_is_at_one_thing(fields: dict[str, Any], *, parked: bool, state: State) -> None:
    """By its next step, and by what holds that up."""
    assert state_of(claim(**fields), parked=parked) is state


@pytest.mark.parametrize(
    ("fields", "holdings"),
    [
        pytest.param(NONE_YET, [], id="none"),
        pytest.param(SERVED, [Holding.ASSOCIATED], id="associated"),
        pytest.param(HELD, [Holding.IDLE], id="idle"),
        pytest.param({**SERVED, "lent": True}, [Holding.LENT], id="lent"),
        pytest.param({**GONE, "idle_since": 1}, [Holding.KEPT], id="kept"),
        pytest.param(
            {**SERVED, "doubles": "x,y"}, [Holding.DOUBLE, Holding.DOUBLE, Holding.ASSOCIATED], id="doubles"
        ),
    ],
)
def test_each_address_is_counted_once(fields: dict[str, Any], holdings: list[Holding]) -> None:
    """Also a second one of the same pod: it costs as much."""
    assert list(holdings_of(claim(**fields))) == holdings


def test_every_state_is_there_even_at_none() -> None:
    """A series that comes and goes breaks alerts; orphans are not the claims' to know."""
    counts = count([], NOW)

    assert counts.claims == dict.fromkeys(State, 0)
    assert counts.addresses.keys() == set(Holding) - {Holding.ORPHANED}
    assert (counts.longest_wait, counts.longest_held) == (0, 0)


def test_claims_are_counted_by_state() -> None:
    """All of them, once."""
    claims = [claim("a", **SERVED), claim("b", **NONE_YET), claim("c", **NONE_YET)]

    counts = count([(claims[0], False), (claims[1], True), (claims[2], False)], NOW)

    assert {state: number for state, number in counts.claims.items() if number} == {
        "serving": 1,
        "parked": 1,
        "allocating": 1,
    }


def test_the_longest_wait_is_the_oldest_wish() -> None:
    """Of those that still wait: who has its address, or has no IP, does not."""
    waiting = [
        claim("a", **NONE_YET, wanted_at=NOW - 7000),
        claim("b", **HELD, wanted_at=NOW - 3000),
        claim("c", **SERVED, wanted_at=NOW - 90_000),
        claim("d", desired=Desired.HOLD, wanted_at=NOW - 90_000),
    ]

    assert count([(each, False) for each in waiting], NOW).longest_wait == 7.0


def test_an_association_older_than_the_wish_is_no_wait() -> None:
    """Redis was filled again: the pod was served all the time, and what it says is being mended."""
    mended = claim(**{**SERVED, "written": "", "changed_at": 0}, wanted_at=NOW - 5000)

    assert count([(mended, False)], NOW).longest_wait == 0


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [("gone", 12.0), ("network-down", 12.0), ("left-watch", 12.0), ("not-managed", 0.0), ("denied", 0.0)],
)
def test_an_address_is_left_behind_when_its_ip_is_freed(rule: str, seconds: float) -> None:
    """A pod that only lost its label keeps its IP: no stranger can get it."""
    left = claim(
        desired=Desired.RELEASE,
        rule=rule,
        allocation_id="eipalloc-1",
        association_id="eipassoc-1",
        associated_ip=IP,
        freed_at=NOW - 12_000,
    )

    assert count([(left, False)], NOW).longest_held == seconds


def test_a_claim_stamped_after_the_look_at_the_clock_is_not_below_zero() -> None:
    """Claims are read after the time was asked for."""
    assert count([(claim(**NONE_YET, wanted_at=NOW + 50), False)], NOW).longest_wait == 0
