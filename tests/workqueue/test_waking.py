"""Who is woken by an update, and who is not: once for each pod and queue, and never under a lease."""

from typing import Any

import pytest
import redis

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import LeaseLost, StaleLeader
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import Held, Ledger
from eip.store.workqueue import WorkQueue
from tests.conftest import Past, Sent

WANTED: dict[str, Any] = {
    "desired": Desired.SERVE,
    "pod_ip": "10.0.0.7",
    "namespace": "shop",
    "name": "web-0",
}
ADDRESS: dict[str, Any] = {"allocation_id": "eipalloc-1", "public_ip": "203.0.113.1"}
ASSOCIATED: dict[str, Any] = {**ADDRESS, "association_id": "eipassoc-1", "associated_ip": "10.0.0.7"}
SERVED: dict[str, Any] = {**WANTED, **ASSOCIATED, "written": "203.0.113.1|eipalloc-1|203.0.113.1|True"}
UNWANTED: dict[str, Any] = {"desired": Desired.RELEASE, "pod_ip": ""}


def update(queue: WorkQueue, uid: str = "u", *, ensure: bool = False, **fields: Any) -> Claim | None:
    """Change some fields of a claim from outside a step."""

    def change(claim: Claim | None) -> Claim:
        before = claim or Claim(uid=uid)
        after = changed(before, **fields)
        return before if claim and after == before else after

    return queue.update(uid, change, ensure=ensure)


def begin(ledger: Ledger, queue: Queue, uid: str = "u") -> Held:
    """Take the lease, which must be free."""
    held = ledger.begin(uid, queue)
    assert held is not None
    return held


def places(client: redis.Redis, uid: str = "u") -> set[str]:
    """Where a claim waits for somebody to look at it."""
    keys = [Keys.DUE, Keys.PARKED, *(Keys.wakeups(queue) for queue in Queue)]
    return {key for key in keys if client.zscore(key, uid) is not None}


def test_first_update_wakes(work_queue: WorkQueue, sent: Sent) -> None:
    """A pod that wants an address is handed to allocate."""
    update(work_queue, **WANTED)

    assert sent.take() == [(Step.ALLOCATE, "u")]


def test_message_goes_out_after_the_claim_is_written(ledger: Ledger) -> None:
    """A worker that is quicker than the sender finds claim and wake-up."""
    seen = []
    queue = WorkQueue(ledger, lambda step, claim, _: seen.append(ledger.begin(claim.uid, step.queue)))
    update(queue, **WANTED)

    assert [held.claim.desired for held in seen if held] == [Desired.SERVE]


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        pytest.param(WANTED, Step.ALLOCATE, id="allocate"),
        pytest.param({**WANTED, **ADDRESS}, Step.ASSOCIATE, id="associate"),
        pytest.param({**WANTED, **ASSOCIATED}, Step.ANNOTATE, id="annotate"),
        pytest.param({**UNWANTED, **ADDRESS}, Step.RELEASE, id="release"),
    ],
)
def test_queue_of_the_next_step(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis, fields: dict[str, Any], step: Step
) -> None:
    """The wake-up goes to the queue of the next step, and stands there alone."""
    update(work_queue, **fields)

    assert sent.take() == [(step, "u")]
    assert places(redis_client) == {Keys.wakeups(step.queue)}


def test_further_updates_are_coalesced(work_queue: WorkQueue, sent: Sent) -> None:
    """While a wake-up stands in its queue the same pod is not queued there again."""
    update(work_queue, **WANTED)
    for version in range(5):
        update(work_queue, resource_version=version, reason=f"seen {version}")

    assert sent.take() == [(Step.ALLOCATE, "u")]


def test_coalesced_update_is_not_lost(work_queue: WorkQueue, ledger: Ledger) -> None:
    """The step that was queued before sees what came after."""
    update(work_queue, **WANTED)
    update(work_queue, node="node-2")

    assert begin(ledger, Queue.ALLOCATE).claim.node == "node-2"


def test_pods_are_woken_apart(work_queue: WorkQueue, sent: Sent) -> None:
    """One pod's wake-up does not stand for another's."""
    update(work_queue, "u", **WANTED)
    update(work_queue, "v", **WANTED)

    assert sent.take() == [(Step.ALLOCATE, "u"), (Step.ALLOCATE, "v")]


def test_release_does_not_wait_behind_the_pods_own_step(work_queue: WorkQueue, sent: Sent) -> None:
    """A release is queued although an associate of the same pod stands in its queue."""
    update(work_queue, **WANTED, **ADDRESS)
    update(work_queue, **UNWANTED)

    assert sent.take() == [(Step.ASSOCIATE, "u"), (Step.RELEASE, "u")]


def test_back_and_forth_is_coalesced(work_queue: WorkQueue, sent: Sent) -> None:
    """A label that is set and removed again and again leaves one wake-up in each queue."""
    for _ in range(4):
        update(work_queue, **WANTED, **ADDRESS)
        update(work_queue, **UNWANTED)

    assert sorted(sent.take()) == [(Step.ASSOCIATE, "u"), (Step.RELEASE, "u")]


def test_each_message_has_its_own_number(work_queue: WorkQueue, sent: Sent, ledger: Ledger) -> None:
    """Two wake-ups of a pod's step can be told apart in Flower."""
    update(work_queue, **WANTED)
    work_queue.finish(begin(ledger, Queue.ALLOCATE), lambda claim: changed(claim, attempts=1))

    assert sent.sequences == [1, 2]


def test_nothing_changed(work_queue: WorkQueue, sent: Sent, ledger: Ledger) -> None:
    """A change that answers with the same claim writes nothing and wakes nobody."""
    update(work_queue, **WANTED)
    before = ledger.claim("u")
    sent.take()
    update(work_queue, **WANTED)

    assert ledger.claim("u") == before
    assert sent.take() == []


def test_nothing_wanted(work_queue: WorkQueue, sent: Sent, ledger: Ledger) -> None:
    """A change that answers with nothing makes no claim."""
    assert work_queue.update("u", lambda _: None) is None
    assert ledger.uids() == set()
    assert sent.take() == []


def test_change_is_made_again_on_conflict(work_queue: WorkQueue, ledger: Ledger) -> None:
    """When another wrote in between, the change is made to what he wrote."""
    update(work_queue, **WANTED)
    interruptions: list[dict[str, Any]] = [{"node": "node-1"}, {"host_ip": "10.0.0.1"}]

    def change(claim: Claim | None) -> Claim:
        assert claim is not None
        if interruptions:
            update(work_queue, **interruptions.pop())
        return changed(claim, reason="ours")

    work_queue.update("u", change)
    after = ledger.claim("u")

    assert after is not None
    assert (after.node, after.host_ip, after.reason) == ("node-1", "10.0.0.1", "ours")


def test_fence_is_passed_on(work_queue: WorkQueue) -> None:
    """A producer that leads no longer hears of it."""
    work_queue.update("u", lambda _: Claim(uid="u", **WANTED), fence=3)

    with pytest.raises(StaleLeader):
        work_queue.update("u", lambda _: Claim(uid="u", **UNWANTED), fence=2)


def test_done_claim_rests(work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis) -> None:
    """A claim with nothing to do waits nowhere."""
    update(work_queue, **SERVED)

    assert sent.take() == []
    assert places(redis_client) == set()


def test_over_is_forgotten(work_queue: WorkQueue, ledger: Ledger) -> None:
    """A claim with nothing to do or to remember is forgotten."""
    update(work_queue, **WANTED)
    update(work_queue, **UNWANTED)

    assert ledger.claim("u") is None
    assert ledger.tombstoned("u")


def test_nobody_is_woken_under_a_lease(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """While a step works on a pod, an update of it wakes nobody."""
    update(work_queue, **WANTED, **ADDRESS)
    begin(ledger, Queue.ASSOCIATE)
    sent.take()
    update(work_queue, **UNWANTED)

    assert sent.take() == []


def test_holder_decides_again(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """What came under a lease is seen at its end: both changes are kept, and the right queue is woken."""
    update(work_queue, **WANTED, **ADDRESS)
    held = begin(ledger, Queue.ASSOCIATE)
    sent.take()
    update(work_queue, **UNWANTED)
    after = work_queue.finish(
        held, lambda c: changed(c, association_id="eipassoc-1", associated_ip="10.0.0.7")
    )

    assert (after.desired, after.association_id) == (Desired.RELEASE, "eipassoc-1")
    assert sent.take() == [(Step.RELEASE, "u")]


def test_finish_wakes_what_follows(work_queue: WorkQueue, ledger: Ledger, sent: Sent) -> None:
    """After allocate comes associate."""
    update(work_queue, **WANTED)
    held = begin(ledger, Queue.ALLOCATE)
    sent.take()
    work_queue.finish(held, lambda c: changed(c, **ADDRESS))

    assert sent.take() == [(Step.ASSOCIATE, "u")]


def test_finish_of_the_last_step(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, redis_client: redis.Redis
) -> None:
    """After the last step the claim rests, and its lease is over."""
    update(work_queue, **{**SERVED, "written": ""})
    held = begin(ledger, Queue.ANNOTATE)
    sent.take()
    work_queue.finish(held, lambda c: changed(c, **SERVED))

    assert sent.take() == []
    assert places(redis_client) == set()
    assert redis_client.hget(Keys.claim("u"), "lease_token") is None


def test_finish_of_the_last_release(work_queue: WorkQueue, ledger: Ledger) -> None:
    """After the last release the claim is forgotten."""
    update(work_queue, **UNWANTED, **ADDRESS)
    held = begin(ledger, Queue.RELEASE)
    work_queue.finish(held, lambda c: changed(c, allocation_id="", public_ip=""))

    assert ledger.uids() == set()


def test_finish_too_late(work_queue: WorkQueue, ledger: Ledger, past: Past) -> None:
    """Who was taken over writes nothing."""
    update(work_queue, **WANTED)
    held = begin(ledger, Queue.ALLOCATE)
    past.grow(16)
    begin(ledger, Queue.ALLOCATE)

    with pytest.raises(LeaseLost):
        work_queue.finish(held, lambda c: changed(c, **ADDRESS))


def test_finish_of_a_claim_that_is_gone(
    work_queue: WorkQueue, ledger: Ledger, redis_client: redis.Redis
) -> None:
    """A claim whose hash is gone can't be given back."""
    update(work_queue, **WANTED)
    held = begin(ledger, Queue.ALLOCATE)
    redis_client.delete(Keys.claim("u"))

    with pytest.raises(LeaseLost):
        work_queue.finish(held, lambda c: c)


@pytest.mark.parametrize("queue", [Queue.ALLOCATE, Queue.RELEASE])
def test_double_finds_nothing_to_do(work_queue: WorkQueue, ledger: Ledger, queue: Queue) -> None:
    """A message that comes twice finds its pod in another's hands."""
    update(work_queue, **WANTED)
    begin(ledger, Queue.ALLOCATE)

    assert ledger.begin("u", queue) is None


def test_ensure_wakes_what_rests_wrongly(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis
) -> None:
    """A claim that waits nowhere although it has something to do is woken by a list."""
    update(work_queue, **WANTED)
    sent.take()
    redis_client.delete(Keys.wakeups(Queue.ALLOCATE))
    update(work_queue, ensure=True)

    assert sent.take() == [(Step.ALLOCATE, "u")]


def test_without_ensure_it_is_not(work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis) -> None:
    """An event that changes nothing does not look for what rests wrongly."""
    update(work_queue, **WANTED)
    sent.take()
    redis_client.delete(Keys.wakeups(Queue.ALLOCATE))
    update(work_queue)

    assert sent.take() == []


def test_ensure_also_where_something_changed(
    work_queue: WorkQueue, sent: Sent, redis_client: redis.Redis
) -> None:
    """What rests wrongly is woken also when the list brings a change that alone would not wake it."""
    update(work_queue, **WANTED)
    sent.take()
    redis_client.delete(Keys.wakeups(Queue.ALLOCATE))
    update(work_queue, ensure=True, reason="seen again")

    assert sent.take() == [(Step.ALLOCATE, "u")]


@pytest.mark.parametrize("state", ["queued", "due", "parked", "leased", "done"])
def test_ensure_wakes_nothing_else(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, redis_client: redis.Redis, state: str
) -> None:
    """A list should not hurry what somebody will look at anyway."""
    update(work_queue, **(SERVED if state == "done" else WANTED))
    if state not in {"queued", "done"}:
        held = begin(ledger, Queue.ALLOCATE)
        if state == "due":
            work_queue.finish(held, lambda c: c, again=30.0, step=Step.ALLOCATE)
        if state == "parked":
            work_queue.finish(held, lambda c: c, park=True, step=Step.ALLOCATE)
    sent.take()
    before = places(redis_client)
    update(work_queue, ensure=True)

    assert sent.take() == []
    assert places(redis_client) == before


@pytest.mark.parametrize("fields", [{"pool": "blue"}, {"request_address": "203.0.113.9"}])
def test_who_asks_for_another_address_need_not_wait_for_the_first(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, fields: dict[str, Any]
) -> None:
    """The quota of Elastic IPs stands in the way of a new one, and not of one that is lent."""
    update(work_queue, **WANTED)
    work_queue.finish(begin(ledger, Queue.ALLOCATE), lambda c: c, step=Step.ALLOCATE, park=True)
    sent.take()

    update(work_queue, **fields)

    assert sent.take() == [(Step.ALLOCATE, "u")]
