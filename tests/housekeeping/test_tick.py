"""What every worker does on a timer: wake what is due, send again what was lost, fill what is empty."""

import pytest
import redis
import structlog

from eip.decide import EventType
from eip.errors import EpochChanged, RedisAway
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.workers_world import IP, UID, Workers
from workers.alive import PULSE
from workers.housekeeping import REFILL_SECONDS, SLOW_TICK, Housekeeping


@pytest.fixture
def house(workers: Workers) -> Housekeeping:
    """Housekeeping that ticks when a test says so."""
    return Housekeeping(workers.sweeper, workers.time)


def test_what_is_due_is_woken(workers: Workers, house: Housekeeping) -> None:
    """At every tick: recovery needs no producer."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.ec2.refuse(Action.ALLOCATE, "InsufficientAddressCapacity")
    workers.run()
    house.tick()
    workers.time.pass_by(0.6)

    house.tick()

    assert workers.messages == [(Step.ALLOCATE, UID)]


def test_a_lost_message_is_sent_again(workers: Workers, house: Housekeeping) -> None:
    """Kombu loses one now and then; the wake-up still stands in its queue's list."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.time.pass_by(10)

    house.tick()

    assert workers.messages == [(Step.ALLOCATE, UID)]


def test_a_message_that_is_on_its_way_is_not_sent_again(workers: Workers, house: Housekeeping) -> None:
    """It has some seconds to arrive."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.time.pass_by(3)

    house.tick()

    assert workers.messages == []


def test_lost_messages_are_looked_for_every_two_seconds(workers: Workers, house: Housekeeping) -> None:
    """Not at every tick."""
    house.tick()
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.client.zincrby("eip:wakeups:allocate", -60_000, UID)

    house.tick()
    assert workers.messages == []

    workers.time.seconds += SLOW_TICK
    house.tick()
    assert workers.messages == [(Step.ALLOCATE, UID)]


def test_an_empty_redis_is_filled_from_ec2(workers: Workers, house: Housekeeping) -> None:
    """Once; then the gate for allocations is open."""
    workers.serve()
    workers.client.flushall()
    workers.ledger.open_epoch()

    for _ in range(5):
        house.tick()
        workers.time.pass_by(SLOW_TICK)

    assert workers.ec2.made(Action.DESCRIBE_ADDRESSES) == [("cluster",)]
    assert workers.claim().allocation_id
    assert workers.ledger.open_epoch().refilled


def test_many_workers_fill_it_once(workers: Workers, house: Housekeeping) -> None:
    """The first one does it for all."""
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "NoReply", 9)
    others = [Housekeeping(workers.sweeper, workers.time) for _ in range(3)]

    for worker in [house, *others]:
        worker._tick()

    assert len(workers.ec2.calls) == 1


def test_a_fill_that_failed_is_tried_again(workers: Workers, house: Housekeeping) -> None:
    """After some seconds, by whoever comes first; meanwhile nothing is allocated."""
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "NoReply")
    house._tick()
    assert not workers.ledger.open_epoch().refilled

    workers.time.pass_by(REFILL_SECONDS + 1)
    house._tick()
    assert workers.ledger.open_epoch().refilled


def test_a_flush_is_noticed_at_the_next_tick(workers: Workers, house: Housekeeping) -> None:
    """It is one log line, and the tick after it fills the claims."""
    house._tick()
    workers.serve()
    workers.client.flushall()

    with structlog.testing.capture_logs() as lines:
        house._tick()
        house._tick()

    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert workers.claim().allocation_id


def test_who_waits_for_the_quota_is_woken_to_probe(workers: Workers, house: Housekeeping) -> None:
    """Once a minute, by the tick of whichever worker."""
    workers.ec2.quota = 0
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()
    workers.time.pass_by(61)

    house.tick()
    workers.time.pass_by(1)
    house.tick()

    assert workers.messages == [(Step.ALLOCATE, UID)]


@pytest.mark.parametrize(
    "error",
    [RedisAway("gone"), EpochChanged("EPOCH"), ZeroDivisionError("a fault of ours")],
    ids=["redis-away", "flushed", "unforeseen"],
)
def test_a_tick_that_fails_is_followed_by_another(
    workers: Workers, house: Housekeeping, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The thread outlives whatever happens in it: without it nothing would recover any more."""

    def fail() -> int:
        raise error

    with monkeypatch.context() as broken, structlog.testing.capture_logs() as lines:
        broken.setattr(workers.world.queue, "dispatch", fail)
        house._tick()
    assert [line["log_level"] for line in lines] == ["warning"]

    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.time.pass_by(10)
    house._tick()
    assert workers.messages == [(Step.ALLOCATE, UID)]


def test_the_same_trouble_is_told_once(
    workers: Workers, house: Housekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage of an hour is not seven thousand lines."""

    def fail(*_: object, **__: object) -> None:
        raise redis.exceptions.ConnectionError("gone")

    monkeypatch.setattr(workers.client.connection_pool, "get_connection", fail)

    with structlog.testing.capture_logs() as lines:
        for _ in range(20):
            house._tick()

    assert len(lines) == 1


def test_a_trouble_of_the_slow_tick_is_told_once(workers: Workers, house: Housekeeping) -> None:
    """The ticks between two of its tries find nothing wrong, because they look for less."""
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "UnauthorizedOperation", 100)

    with structlog.testing.capture_logs() as lines:
        for _ in range(60):
            house._tick()
            workers.time.pass_by(0.5)

    assert len(workers.ec2.calls) > 5
    assert [line["log_level"] for line in lines] == ["warning"]


def test_a_trouble_is_over_when_the_slow_tick_went_well(workers: Workers, house: Housekeeping) -> None:
    """The next of its kind is told again."""
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "UnauthorizedOperation")

    def ticks() -> None:
        for _ in range(20):
            house._tick()
            workers.time.pass_by(0.5)

    with structlog.testing.capture_logs() as lines:
        ticks()
        assert workers.ledger.open_epoch().refilled
        workers.client.hset(Keys.EPOCH, "refilled", 0)
        workers.time.pass_by(REFILL_SECONDS + 1)
        workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "UnauthorizedOperation")
        ticks()

    assert [line["log_level"] for line in lines if line["log_level"] == "warning"] == ["warning", "warning"]


def test_it_stops(house: Housekeeping) -> None:
    """And lets the process end."""
    house.start()
    house.stop()

    assert not house._thread.is_alive()


def test_the_refill_marks_only_its_own_epoch(workers: Workers, house: Housekeeping) -> None:
    """Redis was flushed again while EC2 answered, and a step saw it: the claims must be filled once more."""
    workers.client.flushall()
    workers.ledger.open_epoch()

    def flush() -> None:
        workers.client.flushall()
        workers.step(Step.ALLOCATE, UID)

    workers.meanwhile(Action.DESCRIBE_ADDRESSES, flush)

    house._tick()

    assert workers.client.hget(Keys.EPOCH, "refilled") in {None, "0"}


def test_a_lost_message_is_sent_again_though_ec2_does_not_say_what_there_is(
    workers: Workers, house: Housekeeping
) -> None:
    """Redis failed over with its claims: to take an address off its IP no look-up is needed."""
    workers.serve()
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.messages.clear()
    workers.client.hset(Keys.EPOCH, "refilled", 0)
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "UnauthorizedOperation", 100)

    for _ in range(4):
        house._tick()
        workers.time.pass_by(SLOW_TICK)

    assert workers.messages == [(Step.RELEASE, UID)]


def test_redis_answers_though_ec2_does_not(workers: Workers, house: Housekeeping) -> None:
    """Else nobody would ever say that this worker consumes nothing."""
    workers.client.hset(Keys.EPOCH, "refilled", 0)
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "UnauthorizedOperation")
    PULSE.redis_away()

    house._tick()

    assert PULSE.redis_since is not None
