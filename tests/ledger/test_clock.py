"""Redis' clock is put back: nothing waits longer for it, and no age is negative."""

import pytest

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.names import Queue, Step
from eip.store import backlog
from eip.store.ledger import Ledger
from eip.store.workqueue import WorkQueue
from tests.conftest import Past, Sent

HOUR = 3600.0
CLAIM = Claim(uid="u", desired=Desired.SERVE, pod_ip="10.0.0.7")


def set_back(past: Past, queue: WorkQueue) -> None:
    """An hour, and the first look after it."""
    queue.dispatch()
    past.grow(-HOUR)
    queue.dispatch()


@pytest.fixture
def waiting(ledger: Ledger, work_queue: WorkQueue, sent: Sent) -> WorkQueue:
    """One claim is to be looked at again in 10 s."""
    work_queue.update("u", lambda _: CLAIM)
    held = ledger.begin("u", Queue.ALLOCATE)
    assert held is not None
    work_queue.finish(held, lambda claim: claim, again=10.0, step=Step.ALLOCATE)
    sent.take()
    return work_queue


def test_what_is_due_stays_due(waiting: WorkQueue, past: Past, sent: Sent) -> None:
    """It is looked at after its 10 s, and not after an hour more."""
    set_back(past, waiting)
    past.grow(9)
    waiting.dispatch()
    assert sent.take() == []

    past.grow(2)
    waiting.dispatch()
    assert [uid for _, uid in sent.take()] == ["u"]


def test_a_lease_of_the_dead_runs_out(ledger: Ledger, waiting: WorkQueue, past: Past, sent: Sent) -> None:
    """After 15 s, as it would have."""
    past.grow(11)
    waiting.dispatch()
    assert ledger.begin("u", Queue.ALLOCATE) is not None
    sent.take()
    set_back(past, waiting)
    past.grow(16)
    waiting.dispatch()

    held = ledger.begin("u", Queue.ALLOCATE)

    assert held is not None


def test_the_clock_does_not_go_back(ledger: Ledger, waiting: WorkQueue, past: Past) -> None:
    """Neither for who measures an age, nor for who shows one."""
    before = ledger.now()
    set_back(past, waiting)

    assert ledger.now() >= before
    assert backlog.read(ledger._client).now >= before


def test_an_age_goes_on(ledger: Ledger, waiting: WorkQueue, past: Past, sent: Sent) -> None:
    """What was noted before counts from when it was noted."""
    waiting.update("u", lambda claim: claim and changed(claim, looked_at=ledger.now()))
    set_back(past, waiting)
    past.grow(10)
    waiting.dispatch()
    past.grow(10)
    held = ledger.begin("u", Queue.ALLOCATE)

    assert held is not None
    assert 19_000 < held.now - held.claim.looked_at < 25_000
    sent.take()
