"""The line before lent addresses: who can have what comes back is woken, and nobody holds up the others."""

import pytest

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import NamespaceFull
from eip.names import Step
from eip.observe import gone
from eip.store.keys import Keys
from tests.handover.conftest import POOL, Pods, X, Y

BY_ID, BY_IP = f"address:{X.allocation_id}", f"address:{X.public_ip}"


@pytest.fixture
def line(pods: Pods) -> Pods:
    """The pod `a` has the only address; `b`, `c` and `d` wait for one, in this order."""
    for uid in "abcd":
        pods.want(uid)
        pods.borrow(uid, X)
        pods.past.grow(1)
        pods.client.zincrby(Keys.waiting(POOL), -1000, "b")
    assert pods.line() == ["b", "c", "d"]
    assert pods.woken() == set()
    return pods


def test_who_gives_back_wakes_the_first(line: Pods) -> None:
    """And nobody else: one address is there, so one look is enough."""
    line.give_back("a")

    assert line.woken() == {"b"}
    assert line.borrow("b", X) == X.allocation_id
    assert line.line() == ["c", "d"]


def test_who_takes_one_wakes_the_next(line: Pods) -> None:
    """Two may have come back before the first was looked at."""
    line.give_back("a")
    line.woken()
    line.borrow("b", X)

    assert line.woken() == {"c"}
    assert line.borrow("c", Y) == Y.allocation_id


def test_who_cannot_take_it_wakes_the_next_and_keeps_its_place(line: Pods) -> None:
    """What came back is not lent to it; the last wakes nobody, or they would wake each other for ever."""
    line.give_back("a")
    seen = []
    while woken := line.woken():
        (uid,) = woken
        seen.append(uid)
        line.borrow(uid)

    assert seen == ["b", "c", "d"]
    assert line.line() == ["b", "c", "d"]


def test_who_looks_unasked_wakes_nobody(line: Pods) -> None:
    """Its ten minutes are over, and nothing is free."""
    line.borrow("c", X)

    assert line.woken() == set()


def test_who_is_in_a_full_namespace_lets_pass(line: Pods) -> None:
    """It leaves the line, for it could not take what is offered, and the next is woken."""
    line.give_back("a")
    line.client.sadd(Keys.holders("shop"), "other")
    line.woken()
    with pytest.raises(NamespaceFull):
        line.handover.borrow(line.held("b"), POOL, [X], 1)

    assert line.line() == ["c", "d"]
    assert "c" in line.woken()


ENDS = {
    "gone": gone,
    "held": lambda c: changed(c, desired=Desired.HOLD, pod_ip=""),
    "ending": lambda c: changed(c, terminating=True),
    "other pool": lambda c: changed(c, pool="red"),
    "no pool": lambda c: changed(c, pool=""),
    "own address": lambda c: changed(c, allocation_id="eipalloc-own"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_who_waits_no_longer_leaves_the_line(line: Pods, end: object) -> None:
    """It was woken for what came back, and will not take it: that is offered to the next."""
    line.give_back("a")
    line.woken()
    line.change("b", end)

    assert line.line() == ["c", "d"]
    assert "c" in line.woken()


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_who_was_not_woken_leaves_the_line_unnoticed(line: Pods, end: object) -> None:
    """Nothing has come back: a Deployment that shrinks must not make all others ask EC2."""
    line.change("b", end)

    assert line.line() == ["c", "d"]
    assert not line.woken() & {"c", "d"}


def test_who_asks_for_something_else_is_looked_at(line: Pods) -> None:
    """The Event says `change what the pod asks for`: who does so need not wait out the ten minutes."""
    line.sent.take()
    line.change("d", lambda c: changed(c, pool="red"))

    assert line.sent.take() == [(Step.ALLOCATE, "d")]


def test_who_asks_for_something_else_during_its_step_is_looked_at_after_it(line: Pods) -> None:
    """The step looked for what was asked for before."""
    held = line.held("d")
    line.handover.borrow(held, POOL, [X], 0)
    line.change("d", lambda c: changed(c, pool="red"))
    line.queue.finish(held, lambda c: c, again=600, step=Step.ALLOCATE)

    assert "d" in line.woken()


def test_who_changes_something_else_keeps_its_place(line: Pods) -> None:
    """A new IP or annotation of no concern neither moves nor wakes."""
    line.change("b", lambda c: changed(c, reason="other", keep=0, eni_hint="{}"))

    assert line.line() == ["b", "c", "d"]
    assert line.woken() == set()


def test_a_lost_claim_holds_up_nobody(line: Pods) -> None:
    """Who is in the line without a claim is skipped, and no claim is made of the wake-up."""
    line.lose("b")
    line.lose("c")
    line.give_back("a")

    assert line.woken() == {"d"}
    assert line.line() == ["d"]
    assert line.ledger.claim("b") is None


@pytest.mark.parametrize("asked", [BY_ID, BY_IP])
def test_who_asked_by_name_is_woken_too(line: Pods, asked: str) -> None:
    """By its id or its public IP, though the pod that had it asked for a pool."""
    line.want("e", request_address=asked.partition(":")[2])
    line.borrow("e", X, line=asked)
    line.woken()

    line.give_back("a")

    assert line.woken() == {"b", "e"}


def test_a_sweep_offers_what_is_free(line: Pods) -> None:
    """An admin has added one: the first of every line that it may be given to."""
    line.want("e", request_address=Y.public_ip)
    line.borrow("e", line=f"address:{Y.public_ip}")

    line.handover.offer(Y.allocation_id, Y.public_ip, "blue")

    assert line.woken() == {"b", "e"}


def test_a_sweep_does_not_offer_what_a_pod_has(line: Pods) -> None:
    """EC2 shows it free for as long as it is not associated."""
    line.handover.offer(X.allocation_id, X.public_ip, "blue")

    assert line.woken() == set()


def test_a_sweep_offers_what_a_lost_claim_had(line: Pods) -> None:
    """Nobody will ever give it back."""
    line.lose("a")

    line.handover.offer(X.allocation_id, X.public_ip, "blue")

    assert line.woken() == {"b"}


def test_a_pool_without_a_name_is_no_line(line: Pods) -> None:
    """An address in no pool is offered to no pool's pods."""
    line.handover.offer(Y.allocation_id, Y.public_ip, "")

    assert line.woken() == set()


def test_the_end_of_who_has_it_wakes_the_first(line: Pods) -> None:
    """Forgotten in the same write in which it lost the address, or after it."""
    line.change(
        "a",
        lambda c: Claim(uid="a", namespace="shop", name="web-a", desired=Desired.RELEASE, version=c.version),
    )

    assert line.ledger.claim("a") is None
    assert line.woken() == {"b"}
    assert line.borrower() == ""


def test_a_wake_up_during_a_step_is_not_lost(line: Pods) -> None:
    """It is looked at again, whatever the step thought when it began."""
    held = line.held("b")
    line.give_back("a")
    line.handover.borrow(held, POOL, [], 0)
    line.queue.finish(held, lambda c: c, again=600, step=Step.ALLOCATE)

    assert line.woken() == {"c"}


def test_a_wake_up_after_the_look_is_not_lost(line: Pods) -> None:
    """What it waits for came free while its step ended: it looks again at once."""
    held = line.held("b")
    line.handover.borrow(held, POOL, [X], 0)
    line.give_back("a")
    line.queue.finish(held, lambda c: c, again=600, step=Step.ALLOCATE)

    assert line.woken() == {"b"}
    assert line.borrow("b", X) == X.allocation_id


def test_a_wake_up_shortens_no_back_off(line: Pods) -> None:
    """EC2 did not answer who was woken: it waits like anybody else whom EC2 does not answer."""
    line.give_back("a")
    assert line.woken() == {"b"}
    line.queue.finish(line.held("b"), lambda c: c, again=600, step=Step.ALLOCATE)

    assert line.woken() == set()
