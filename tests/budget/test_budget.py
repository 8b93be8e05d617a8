"""Waiting for a rate token: the lease is kept alive meanwhile, and nothing is spent for nothing."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from eip.decide import EventType
from eip.errors import LeaseLost
from eip.names import Action, Step
from eip.store.ledger import Held
from tests.workers_world import IP, UID, Workers
from workers.budget import DESCRIBE_MAX_WAIT, MAX_WAIT
from workers.outcome import TryLater


@pytest.fixture
def held(workers: Workers) -> Held:
    """A claim under a lease."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    return workers.job(Step.ALLOCATE).held


def served(workers: Workers) -> Callable[[], None]:
    """Notes that the task waits no longer."""
    return lambda: workers.journal.append("served")


def test_a_token_that_is_there_costs_no_wait(workers: Workers, held: Held) -> None:
    """The burst is for that."""
    workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert workers.time.slept == []
    assert workers.journal == ["token AllocateAddress", "served"]


def test_a_token_that_is_not_there_is_waited_for(workers: Workers, held: Held) -> None:
    """One fifth of a second at 5/s, and `served` comes after it."""
    workers.empty(Action.ALLOCATE)

    workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert 0 < sum(workers.time.slept) <= 0.21
    assert workers.journal[-1] == "served"


def test_the_lease_is_kept_alive_during_a_long_wait(workers: Workers, held: Held) -> None:
    """Longer than a lease: once a second it is renewed, and in the end it is still this task's."""
    workers.empty(Action.ALLOCATE, promised=89)

    workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert sum(workers.time.slept) == pytest.approx(18, abs=1)
    assert max(workers.time.slept) <= 1.0
    assert 15 <= workers.journal.count("renew") <= 18
    assert workers.claim().lease_token == held.token
    assert workers.claim().lease_until > workers.ledger.now()


def test_waits_are_in_line(workers: Workers, held: Held) -> None:
    """Who comes later waits longer: nobody is overtaken, and the rate is kept."""
    workers.empty(Action.ALLOCATE)
    waits = [workers.limiter.take(Action.ALLOCATE, 20).wait for _ in range(5)]

    assert waits == sorted(waits)
    assert 0.4 < waits[-1] - waits[0] <= 0.81


def test_a_claim_that_changed_ends_the_wait(workers: Workers, held: Held) -> None:
    """Within a second; the token is given back, and the task counts as waiting no further."""
    workers.empty(Action.ALLOCATE, promised=50)
    sleep = workers.time.sleep
    last = workers.kubernetes.remove("web")

    def passing(seconds: float) -> None:
        sleep(seconds)
        if len(workers.time.slept) == 2:
            workers.see(last, EventType.DELETED)

    workers.time.sleep = passing  # type: ignore[method-assign]

    with pytest.raises(LeaseLost):
        workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert len(workers.time.slept) == 2
    assert workers.journal[-1] == "refund AllocateAddress"
    assert "served" not in workers.journal


def test_a_lease_that_is_anothers_ends_the_wait(workers: Workers, held: Held) -> None:
    """The token is the other's to take."""
    workers.empty(Action.ALLOCATE, promised=50)
    workers.set(lease_token="another")

    with pytest.raises(LeaseLost):
        workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert workers.tokens_spent(Action.ALLOCATE) == 0


@pytest.mark.parametrize("action", [Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE])
def test_a_wait_of_more_than_20_seconds_is_done_elsewhere(
    workers: Workers, held: Held, action: Action
) -> None:
    """The claim is due when its turn comes, and the slot is free."""
    workers.empty(action, promised=105)

    with pytest.raises(TryLater) as later:
        workers.world.budget.acquire(action, held, served(workers))

    assert later.value.after == pytest.approx(20, abs=2)
    assert workers.time.slept == []
    assert workers.tokens_spent(action) == 0


def test_a_release_waits_half_a_second_at_most(workers: Workers, held: Held) -> None:
    """What stands behind it in its queue may be a disassociation."""
    workers.empty(Action.RELEASE, promised=30)

    with pytest.raises(TryLater) as later:
        workers.world.budget.acquire(Action.RELEASE, held, served(workers))

    assert later.value.after > MAX_WAIT[Action.RELEASE]
    assert workers.time.slept == []


def test_a_release_waits_if_it_is_short(workers: Workers, held: Held) -> None:
    """A token in a fifth of a second is not worth a message."""
    workers.empty(Action.RELEASE)

    workers.world.budget.acquire(Action.RELEASE, held, served(workers))

    assert 0 < sum(workers.time.slept) <= 0.21


def test_turns_come_one_after_another(workers: Workers, held: Held) -> None:
    """Many releases that are sent away come back at the bucket's pace, and not all at once."""
    workers.empty(Action.RELEASE, promised=30)
    turns = []
    for _ in range(4):
        with pytest.raises(TryLater) as later:
            workers.world.budget.acquire(Action.RELEASE, held, served(workers))
        turns.append(later.value.after)

    gaps = [after - before for before, after in pairwise(turns)]
    assert max(gaps) <= 0.21
    assert sum(gaps) > 0.3


def test_a_look_up_waits_four_seconds_at_most(workers: Workers) -> None:
    """It is made under a lease that nobody renews meanwhile."""
    workers.empty(Action.DESCRIBE_ADDRESSES, promised=10)
    workers.world.budget.describe(Action.DESCRIBE_ADDRESSES)
    assert 0 < sum(workers.time.slept) <= DESCRIBE_MAX_WAIT

    workers.empty(Action.DESCRIBE_ADDRESSES, promised=30)
    workers.time.slept.clear()
    with pytest.raises(TryLater):
        workers.world.budget.describe(Action.DESCRIBE_ADDRESSES)
    assert workers.time.slept == []


def test_a_refund_is_there_for_the_next(workers: Workers, held: Held) -> None:
    """A call that was not made costs nobody anything."""
    workers.empty(Action.ALLOCATE)
    workers.limiter.take(Action.ALLOCATE, 20)

    workers.world.budget.refund(Action.ALLOCATE)

    assert workers.limiter.take(Action.ALLOCATE, 20).wait <= 0.21


def test_a_throttled_bucket_is_empty(workers: Workers, held: Held) -> None:
    """EC2's word counts more than our own count: the next call waits, and at half the rate."""
    workers.world.budget.throttled(Action.ALLOCATE)

    workers.world.budget.acquire(Action.ALLOCATE, held, served(workers))

    assert 0.2 < sum(workers.time.slept) <= 0.41
