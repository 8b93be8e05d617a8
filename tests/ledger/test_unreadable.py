"""A claim that somebody wrote into by hand must not hold up the others."""

from collections.abc import Callable

import pytest
import redis

from eip.claim import Claim
from eip.errors import RedisAway
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.workqueue import WorkQueue

Spoil = Callable[[redis.Redis, WorkQueue, str], None]


def spoilt(client: redis.Redis, queue: WorkQueue, uid: str) -> None:
    """A claim whose version is no number."""
    queue.update(uid, lambda _: Claim(uid=uid, allocation_id="eipalloc-1"))
    client.hset(Keys.claim(uid), "allocated_at", "yesterday")


def replaced(client: redis.Redis, queue: WorkQueue, uid: str) -> None:
    """A claim that is no hash any more."""
    queue.update(uid, lambda _: Claim(uid=uid, allocation_id="eipalloc-1"))
    client.set(Keys.claim(uid), "nothing")


spoil = pytest.mark.parametrize("spoil", [spoilt, replaced])


@spoil
def test_the_others_are_read(
    redis_client: redis.Redis, ledger: Ledger, work_queue: WorkQueue, spoil: Spoil
) -> None:
    """One that can't be read is left out."""
    spoil(redis_client, work_queue, "a")
    work_queue.update("b", lambda _: Claim(uid="b", allocation_id="eipalloc-2"))

    assert ledger.claims(["a", "b"]).keys() == {"b"}


@spoil
def test_it_is_dropped_so_that_a_sweep_can_fill_it(
    redis_client: redis.Redis, ledger: Ledger, work_queue: WorkQueue, spoil: Spoil
) -> None:
    """What is in EC2 and Kubernetes makes a new claim of it."""
    spoil(redis_client, work_queue, "a")

    work_queue.update("a", lambda before: before or Claim(uid="a", allocation_id="eipalloc-2"))

    claim = ledger.claim("a")
    assert claim is not None
    assert claim.allocation_id == "eipalloc-2"


def test_no_step_begins_on_it(redis_client: redis.Redis, ledger: Ledger, work_queue: WorkQueue) -> None:
    """A worker that is woken for it goes on with the next message."""
    spoilt(redis_client, work_queue, "a")

    assert ledger.begin("a", Queue.RELEASE) is None


def test_an_error_of_redis_own_is_none_of_the_claim(redis_client: redis.Redis, ledger: Ledger) -> None:
    """Rights that are missing come back; nothing is dropped."""
    redis_client.hset(Keys.claim("a"), "uid", "a")
    redis_client.execute_command("ACL", "SETUSER", "default", "-hgetall")  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(RedisAway):
            ledger.claim("a")
    finally:
        redis_client.execute_command("ACL", "SETUSER", "default", "+hgetall")  # type: ignore[no-untyped-call]

    assert ledger.claim("a") is not None
