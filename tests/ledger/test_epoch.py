"""The epoch of the claims: begun, kept, and changed when Redis has lost something or may have."""

from collections.abc import Callable

import pytest
import redis

from eip.claim import Claim
from eip.decide import Desired
from eip.errors import EpochChanged, RedisAway
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import REST, Ledger
from eip.store.quota import Quota
from eip.store.redis_connection import connect
from eip.store.workqueue import WorkQueue
from sandbox.redis import RedisServer

CLAIM = Claim(uid="u", desired=Desired.SERVE, pod_ip="10.0.0.7")


def test_begins_unfilled(redis_client: redis.Redis) -> None:
    """A new epoch was filled from neither EC2 nor Kubernetes."""
    epoch = Ledger(redis_client).open_epoch()

    assert epoch.name
    assert (epoch.refilled, epoch.listed) == (False, False)


def test_is_shared(redis_client: redis.Redis) -> None:
    """Whoever opens it later finds the same epoch, and what was marked in it."""
    first = Ledger(redis_client)
    name = first.open_epoch().name
    first.mark("refilled")

    second = Ledger(redis_client).open_epoch()

    assert (second.name, second.refilled, second.listed) == (name, True, False)


def test_marks_are_apart(ledger: Ledger) -> None:
    """That Kubernetes was listed does not say that EC2 was asked."""
    ledger.mark("listed")

    epoch = ledger.open_epoch()

    assert (epoch.refilled, epoch.listed) == (False, True)


def test_flushall_begins_another(redis_client: redis.Redis, ledger: Ledger) -> None:
    """After FLUSHALL nothing is known to be filled."""
    before = ledger.open_epoch().name
    ledger.mark("refilled")
    redis_client.flushall()

    after = ledger.open_epoch()

    assert after.name != before
    assert not after.refilled


def test_restarted_server_begins_another(redis_server: RedisServer, ledger: Ledger) -> None:
    """A restarted server may have forgotten its last second, even when its data is there."""
    ledger.commit(None, CLAIM, REST)
    ledger.mark("refilled")
    ledger.mark("listed")
    before = ledger.open_epoch().name
    redis_server.restart(keep_data=True)

    with pytest.raises(EpochChanged):
        ledger.commit(ledger.claim("u"), CLAIM, REST)
    after = ledger.open_epoch()

    assert after.name != before
    assert (after.refilled, after.listed) == (False, False)
    assert ledger.claim("u") is not None


def test_restart_keeps_the_fence(
    redis_server: RedisServer, ledger: Ledger, redis_client: redis.Redis
) -> None:
    """A new epoch does not let a deposed leader write again."""
    ledger.commit(None, CLAIM, REST, fence=7)
    redis_server.restart(keep_data=True)
    ledger.open_epoch()

    assert redis_client.hget(Keys.EPOCH, "fence") == "7"


def test_opens_by_itself(redis_client: redis.Redis) -> None:
    """A ledger that was not opened yet opens its epoch with the first call."""
    fresh = Ledger(redis_client)

    assert not fresh.commit(None, CLAIM, REST).conflict


def test_goes_on_after_opening_again(redis_client: redis.Redis, ledger: Ledger) -> None:
    """Once the new epoch is opened the ledger works in it."""
    redis_client.flushall()
    with pytest.raises(EpochChanged):
        ledger.commit(None, CLAIM, REST)
    ledger.open_epoch()

    assert not ledger.commit(None, CLAIM, REST).conflict


CALLS: dict[str, Callable[[Ledger, WorkQueue], object]] = {
    "begin": lambda ledger, _: ledger.begin("u", Queue.RELEASE),
    "commit": lambda ledger, _: ledger.commit(None, CLAIM, REST),
    "mark": lambda ledger, _: ledger.mark("refilled"),
    "suspect": lambda ledger, _: ledger.suspect({"eipalloc-1": 1}),
    "dispatch": lambda _, queue: queue.dispatch(),
    "resync": lambda _, queue: queue.resync(),
    "may_allocate": lambda ledger, _: Quota(ledger).may_allocate("u"),
    "tripped": lambda ledger, _: Quota(ledger).tripped(),
    "freed": lambda ledger, _: Quota(ledger).freed(),
    "pass_on": lambda ledger, _: Quota(ledger).pass_on("u"),
    "tick": lambda ledger, _: Quota(ledger).tick(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_every_script_refuses_another_epoch(
    call: Callable[[Ledger, WorkQueue], object],
    redis_client: redis.Redis,
    ledger: Ledger,
    work_queue: WorkQueue,
) -> None:
    """What was decided on claims that are lost is not written among the new ones."""
    redis_client.flushall()
    Ledger(redis_client).open_epoch()
    before = {key: redis_client.type(key) for key in redis_client.scan_iter()}

    with pytest.raises(EpochChanged):
        call(ledger, work_queue)

    assert {key: redis_client.type(key) for key in redis_client.scan_iter()} == before


def test_renew_refuses_another_epoch(redis_client: redis.Redis, ledger: Ledger) -> None:
    """A step that began before the loss does not make its call."""
    ledger.commit(None, CLAIM, REST)
    held = ledger.begin("u", Queue.ALLOCATE)
    assert held is not None
    redis_client.flushall()

    with pytest.raises(EpochChanged):
        ledger.renew(held, intent=True)


def test_server_that_is_away() -> None:
    """A server that does not answer is away, whichever call asks."""
    with RedisServer() as server:
        client = connect(server.url)
        client.set_retry(redis.retry.Retry(redis.backoff.NoBackoff(), 0))
        ledger = Ledger(client)
        ledger.open_epoch()
        server.stop()
        calls: list[Callable[[], object]] = [
            ledger.open_epoch,
            ledger.uids,
            ledger.now,
            ledger.suspects,
            lambda: ledger.claim("u"),
            lambda: ledger.tombstoned("u"),
            lambda: ledger.ip_holder("10.0.0.7"),
            lambda: ledger.first_in("u", "why", 1),
            lambda: ledger.mark("listed"),
        ]
        for call in calls:
            with pytest.raises(RedisAway):
                call()
        client.close()


def test_a_replica_is_left_for_whoever_has_its_name_by_now(redis_client: redis.Redis, ledger: Ledger) -> None:
    """A failover moves the name, and the former server may keep its connections."""
    before = redis_client.client_id()
    redis_client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(RedisAway):
            ledger.mark("listed")
    finally:
        redis_client.replicaof("NO", "ONE")

    assert redis_client.client_id() != before


def test_server_that_refuses_to_write(redis_client: redis.Redis, ledger: Ledger) -> None:
    """A server without memory is away too: the same is tried again later."""
    redis_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(RedisAway, match="maxmemory"):
            ledger.commit(None, CLAIM, REST)
    finally:
        redis_client.config_set("maxmemory", 0)


def test_scripts_are_loaded_again(redis_client: redis.Redis, ledger: Ledger) -> None:
    """A server that forgot its scripts is given them again."""
    redis_client.script_flush()

    assert not ledger.commit(None, CLAIM, REST).conflict
