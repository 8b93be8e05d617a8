"""Wake-ups whose Celery message was lost are found and sent again; those that only wait are not."""

import pytest
import redis

from eip.claim import Claim
from eip.decide import Desired
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.workqueue import RESYNC_BATCH, WorkQueue
from tests.conftest import Past, Sent


def want(queue: WorkQueue, *uids: str) -> None:
    """Pods that are handed to allocate."""
    for uid in uids:
        claim = Claim(uid=uid, desired=Desired.SERVE, pod_ip=f"10.0.0.{uid}", namespace="shop", name="web")
        queue.update(uid, lambda _, claim=claim: claim)  # type: ignore[misc]


def lose(client: redis.Redis, *uids: str) -> None:
    """Their messages vanish from Celery's queue."""
    for uid in uids:
        assert client.lrem("allocate", 0, uid) == 1


def test_found_by_the_empty_queue(work_queue: WorkQueue, sent: Sent, past: Past) -> None:
    """A wake-up that stands while its queue is empty has lost its message."""
    want(work_queue, "1")
    sent.take()
    past.grow(5.1)

    assert work_queue.resync() == 1
    assert sent.take() == [(Step.ALLOCATE, "1")]


def test_not_at_once(work_queue: WorkQueue, sent: Sent, past: Past) -> None:
    """A message may be on its way, or in a worker's hands, for 5 s."""
    want(work_queue, "1")
    sent.take()
    past.grow(4)

    assert work_queue.resync() == 0


def test_not_again_at_once(work_queue: WorkQueue, sent: Sent, past: Past) -> None:
    """What was sent again has its time, too; then it is sent once more."""
    want(work_queue, "1")
    past.grow(6)
    sent.take()
    assert work_queue.resync() == 1
    sent.take()
    assert work_queue.resync() == 0
    past.grow(6)

    assert work_queue.resync() == 1


def test_found_by_progress(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past, redis_client: redis.Redis
) -> None:
    """A wake-up is overdue when one that was queued after it has begun."""
    want(work_queue, "1", "2")
    past.grow(6)
    want(work_queue, "3", "4")
    lose(redis_client, "1")
    redis_client.lrem("allocate", 0, "3")
    ledger.begin("3", Queue.ALLOCATE)
    redis_client.lrem("allocate", 0, "2")
    ledger.begin("2", Queue.ALLOCATE)
    sent.messages.clear()

    assert work_queue.resync() == 1
    assert sent.take() == [(Step.ALLOCATE, "1")]


def test_progress_does_not_go_back(
    work_queue: WorkQueue, ledger: Ledger, past: Past, redis_client: redis.Redis
) -> None:
    """An older wake-up that begins later is no step back."""
    want(work_queue, "1")
    past.grow(6)
    want(work_queue, "2")
    ledger.begin("2", Queue.ALLOCATE)
    before = redis_client.hget(Keys.PROGRESS, "allocate")
    ledger.begin("1", Queue.ALLOCATE)

    assert redis_client.hget(Keys.PROGRESS, "allocate") == before


def test_those_that_only_wait(work_queue: WorkQueue, sent: Sent, past: Past) -> None:
    """However long a full queue takes, nothing in it is sent twice."""
    want(work_queue, *(str(number) for number in range(20)))
    past.grow(3600)
    sent.messages.clear()

    assert work_queue.resync() == 0
    assert sent.take() == []


def test_those_that_wait_behind_what_began(
    work_queue: WorkQueue, ledger: Ledger, past: Past, redis_client: redis.Redis
) -> None:
    """That the first of a queue began says nothing of those behind it."""
    want(work_queue, "1")
    past.grow(60)
    want(work_queue, "2")
    past.grow(60)
    redis_client.rpop("allocate")
    ledger.begin("1", Queue.ALLOCATE)

    assert work_queue.resync() == 0


def test_queues_are_apart(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """Progress in one queue, or its emptiness, says nothing of another."""
    want(work_queue, "1")
    past.grow(60)
    work_queue.update("r", lambda _: Claim(uid="r", desired=Desired.RELEASE, allocation_id="eipalloc-1"))
    ledger.begin("r", Queue.RELEASE)
    sent.messages.clear()

    assert work_queue.resync() == 0


def test_under_a_lease_nothing_is_lost(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """A wake-up that was begun stands no longer, so that it can't look lost."""
    want(work_queue, "1")
    sent.take()
    ledger.begin("1", Queue.ALLOCATE)
    past.grow(10)

    assert work_queue.resync() == 0


def test_of_a_claim_that_is_gone(
    work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past, redis_client: redis.Redis
) -> None:
    """A wake-up of a forgotten claim is sent once more, and its step strikes it off."""
    redis_client.zadd(Keys.wakeups(Queue.RELEASE), {"gone": 1})
    assert work_queue.resync() == 1
    assert sent.take() == [(Step.RELEASE, "gone")]
    assert ledger.begin("gone", Queue.RELEASE) is None
    past.grow(60)

    assert work_queue.resync() == 0


@pytest.mark.parametrize("lost", [RESYNC_BATCH, RESYNC_BATCH + 1, 2 * RESYNC_BATCH])
def test_no_flood(work_queue: WorkQueue, redis_client: redis.Redis, lost: int) -> None:
    """One resync sends a bounded number, the longest lost first; the next ones send the others."""
    redis_client.zadd(Keys.wakeups(Queue.ALLOCATE), {f"u{number:03}": number for number in range(lost)})

    assert work_queue.resync() == RESYNC_BATCH
    redis_client.delete("allocate")
    assert work_queue.resync() == lost - RESYNC_BATCH


def test_message_says_which_pod(work_queue: WorkQueue, ledger: Ledger, sent: Sent, past: Past) -> None:
    """What is sent again carries the same as the first time."""
    want(work_queue, "1")
    sent.take()
    past.grow(6)
    seen: list[tuple[Step, str, int]] = []
    WorkQueue(ledger, lambda step, claim, number: seen.append((step, claim.key, number))).resync()

    assert seen == [(Step.ALLOCATE, "shop/web", 1)]
