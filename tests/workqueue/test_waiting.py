"""What waits for its time: back-off, the quota, a dead worker; and what may shorten the wait."""

from typing import Any

import pytest
import redis

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import Held, Ledger
from eip.store.workqueue import DISPATCH_BATCH, WorkQueue
from tests.conftest import Past, Sent

WANTED: dict[str, Any] = {"desired": Desired.SERVE, "pod_ip": "10.0.0.7"}
ADDRESS: dict[str, Any] = {"allocation_id": "eipalloc-1", "public_ip": "203.0.113.1"}
UNWANTED: dict[str, Any] = {"desired": Desired.RELEASE, "pod_ip": ""}


def update(queue: WorkQueue, uid: str = "u", **fields: Any) -> None:
    """Change some fields of a claim from outside a step."""
    queue.update(uid, lambda claim: changed(claim or Claim(uid=uid), **fields))


def begin(ledger: Ledger, queue: Queue) -> Held:
    """Take the lease, which must be free."""
    held = ledger.begin("u", queue)
    assert held is not None
    return held


@pytest.fixture
def backing_off(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """A claim whose associate failed, to be tried again in 30 s."""
    update(work_queue, **WANTED, **ADDRESS)
    held = begin(ledger, Queue.ASSOCIATE)
    work_queue.finish(held, lambda c: changed(c, attempts=1), again=30.0, step=Step.ASSOCIATE)
    sent.take()


@pytest.fixture
def parked(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """A claim that waits for the quota."""
    update(work_queue, **WANTED)
    work_queue.finish(begin(ledger, Queue.ALLOCATE), lambda c: c, park=True, step=Step.ALLOCATE)
    sent.take()


@pytest.mark.usefixtures("backing_off")
def test_woken_when_its_time_has_come(work_queue: WorkQueue, sent: Sent, past: Past) -> None:
    """A back-off lasts as long as it was said to, and is dispatched once."""
    past.grow(29)
    assert work_queue.dispatch() == 0
    past.grow(1.1)
    assert work_queue.dispatch() == 1
    assert work_queue.dispatch() == 0

    assert sent.take() == [(Step.ASSOCIATE, "u")]


@pytest.mark.usefixtures("backing_off")
def test_unrelated_update_does_not_shorten(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis
) -> None:
    """A pod that is written to all the time is not tried more often for it."""
    before = redis_client.zscore(Keys.DUE, "u")
    update(work_queue, reason="seen again", resource_version=99)

    assert redis_client.zscore(Keys.DUE, "u") == before
    assert sent.take() == []


@pytest.mark.usefixtures("backing_off")
def test_changed_desire_shortens(work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis) -> None:
    """A release does not wait for the back-off of what it makes needless."""
    update(work_queue, **UNWANTED)

    assert sent.take() == [(Step.RELEASE, "u")]
    assert redis_client.zscore(Keys.DUE, "u") is None


@pytest.mark.usefixtures("backing_off")
def test_changed_ip_shortens(work_queue: WorkQueue, sent: Sent) -> None:
    """What failed for one IP is tried at once for another."""
    update(work_queue, pod_ip="10.0.0.8")

    assert sent.take() == [(Step.ASSOCIATE, "u")]


@pytest.mark.parametrize("fields", [{"association_id": "eipassoc-1"}, {"doubles": "eipalloc-2"}])
def test_a_kept_address_that_somebody_moved_shortens(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, fields: dict[str, str]
) -> None:
    """It rests for up to an hour; what a sweep finds on a strange IP, or beside it, goes at once."""
    update(work_queue, **UNWANTED, **ADDRESS)
    work_queue.finish(begin(ledger, Queue.RELEASE), lambda c: c, again=3600.0, step=Step.RELEASE)
    sent.take()

    update(work_queue, **fields)

    assert sent.take() == [(Step.RELEASE, "u")]


@pytest.mark.usefixtures("backing_off")
def test_double_does_not_shorten(ledger: Ledger, redis_client: redis.Redis) -> None:
    """A message that comes twice finds that the step was tried, and waits."""
    before = redis_client.zscore(Keys.DUE, "u")

    assert ledger.begin("u", Queue.ASSOCIATE) is None
    assert redis_client.zscore(Keys.DUE, "u") == before


@pytest.mark.usefixtures("backing_off")
def test_end_of_the_wait_may_be_late(ledger: Ledger, past: Past) -> None:
    """A message without a wake-up may begin once the wait is over."""
    past.grow(31)

    assert ledger.begin("u", Queue.ASSOCIATE) is not None


def test_back_off_holds_up_no_other_step(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """What follows from what a failed step learned is not delayed."""
    update(work_queue, **WANTED, **ADDRESS)
    held = begin(ledger, Queue.ASSOCIATE)
    sent.take()
    work_queue.finish(held, lambda c: changed(c, **UNWANTED), again=30.0, step=Step.ASSOCIATE)

    assert sent.take() == [(Step.RELEASE, "u")]


@pytest.mark.usefixtures("parked")
def test_parked_waits_for_the_quota_alone(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis, past: Past
) -> None:
    """A parked claim is neither due nor queued, however long it waits."""
    past.grow(3600)

    assert work_queue.dispatch() == 0
    assert work_queue.resync() == 0
    assert sent.take() == []
    assert redis_client.zrange(Keys.PARKED, 0, -1) == ["u"]


@pytest.mark.usefixtures("parked")
def test_parked_keeps_its_place(
    work_queue: WorkQueue, ledger: Ledger, redis_client: redis.Redis, past: Past
) -> None:
    """Who parks again after a probe waits since the first time."""
    past.grow(100)
    before = redis_client.zscore(Keys.PARKED, "u")
    work_queue.finish(begin(ledger, Queue.ALLOCATE), lambda c: c, park=True, step=Step.ALLOCATE)

    assert redis_client.zscore(Keys.PARKED, "u") == before


@pytest.mark.usefixtures("parked")
def test_parked_pod_that_goes(work_queue: WorkQueue, redis_client: redis.Redis) -> None:
    """A pod that goes while it waits for the quota waits no longer."""
    update(work_queue, **UNWANTED)

    assert redis_client.exists(Keys.PARKED, Keys.DUE, Keys.claim("u")) == 0


def test_park_holds_up_no_other_step(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """A pod that went while its step found the quota used up is not parked."""
    update(work_queue, **WANTED, intent_at=1)
    held = begin(ledger, Queue.ALLOCATE)
    sent.take()
    update(work_queue, **UNWANTED)
    work_queue.finish(held, lambda c: c, park=True, step=Step.ALLOCATE)

    assert sent.take() == [(Step.RELEASE, "u")]


def test_dead_workers_claim_comes_back(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """A worker that dies in a step costs its pod the rest of the lease."""
    update(work_queue, **WANTED)
    begin(ledger, Queue.ALLOCATE)
    sent.take()
    past.grow(14)
    assert work_queue.dispatch() == 0
    past.grow(1.1)
    work_queue.dispatch()

    assert sent.take() == [(Step.ALLOCATE, "u")]


def test_living_workers_claim_does_not(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """A worker that renews its lease is left at work."""
    update(work_queue, **WANTED)
    held = begin(ledger, Queue.ALLOCATE)
    sent.take()
    past.grow(14)
    ledger.renew(held)
    past.grow(14)

    assert work_queue.dispatch() == 0
    assert sent.take() == []


def test_renewed_while_dispatched(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past, redis_client: redis.Redis
) -> None:
    """A lease that is renewed late, just as its claim is handed out, wakes nobody and ends in `due`."""
    update(work_queue, **WANTED)
    held = begin(ledger, Queue.ALLOCATE)
    sent.take()
    past.grow(16)
    ledger.run("due", [Keys.DUE], [DISPATCH_BATCH, 5000])
    ledger.renew(held)
    past.grow(6)
    work_queue.dispatch()

    assert sent.take() == []
    assert redis_client.zscore(Keys.DUE, "u") is not None


def test_dispatch_of_a_claim_that_is_gone(work_queue: WorkQueue, redis_client: redis.Redis) -> None:
    """What is due and not there is struck off."""
    redis_client.zadd(Keys.DUE, {"stranger": 1})
    work_queue.dispatch()

    assert not redis_client.exists(Keys.DUE, Keys.claim("stranger"))


def test_dispatch_of_a_claim_with_nothing_to_do(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis
) -> None:
    """What is due and has nothing to do rests."""
    update(work_queue, desired=Desired.HOLD)
    redis_client.zadd(Keys.DUE, {"u": 1})
    work_queue.dispatch()

    assert sent.take() == []
    assert not redis_client.exists(Keys.DUE)


@pytest.mark.usefixtures("backing_off")
def test_each_is_handed_to_one_dispatcher(ledger: Ledger, past: Past) -> None:
    """Of two workers that dispatch at once only one gets a claim."""
    past.grow(31)

    assert ledger.run("due", [Keys.DUE], [DISPATCH_BATCH, 5000]) == ["u"]
    assert ledger.run("due", [Keys.DUE], [DISPATCH_BATCH, 5000]) == []


@pytest.mark.usefixtures("backing_off")
def test_dispatcher_that_dies(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """What a dispatcher took and did not wake is due again after 5 s."""
    past.grow(31)
    ledger.run("due", [Keys.DUE], [DISPATCH_BATCH, 5000])
    assert work_queue.dispatch() == 0
    past.grow(5.1)
    work_queue.dispatch()

    assert sent.take() == [(Step.ASSOCIATE, "u")]


def test_dispatch_takes_the_longest_due_first(work_queue: WorkQueue, redis_client: redis.Redis) -> None:
    """One dispatch takes a bounded number, and the others are for the next."""
    redis_client.zadd(Keys.DUE, {f"u{number:04}": number for number in range(DISPATCH_BATCH + 3)})

    assert work_queue.dispatch() == DISPATCH_BATCH
    assert redis_client.zrange(Keys.DUE, 0, -1) == ["u0200", "u0201", "u0202"]
    assert work_queue.dispatch() == 3
