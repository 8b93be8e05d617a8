"""One wake-up: it may be stale, doubled or late, and does no more than the claim's next step."""

import pytest
import redis

from eip.decide import EventType
from eip.errors import RedisAway
from eip.names import Action, Queue, Step
from eip.store.keys import Keys
from tests.workers_world import IP, IP2, OTHER, UID, Workers
from workers.perform import NOTHING


@pytest.mark.parametrize("step", list(Step))
def test_a_message_of_an_unknown_pod_does_nothing(workers: Workers, step: Step) -> None:
    """Its claim was forgotten, or never was."""
    assert workers.step(step) == NOTHING
    assert workers.ec2.calls == []
    assert workers.ledger.uids() == set()


def test_a_doubled_message_does_nothing(workers: Workers) -> None:
    """The second of two finds that the step was done."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)

    assert workers.step(Step.ALLOCATE) == NOTHING
    assert len(workers.ec2.made(Action.ALLOCATE)) == 1


def test_a_message_during_the_step_does_nothing(workers: Workers) -> None:
    """Another worker holds the claim: at most one step runs for a pod."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    second: list[str] = []
    workers.meanwhile(Action.ALLOCATE, lambda: second.append(workers.step(Step.ALLOCATE)))

    workers.step(Step.ALLOCATE)

    assert second == [NOTHING]
    assert len(workers.ec2.addresses) == 1


def test_a_message_of_the_wrong_step_wakes_the_right_one(workers: Workers) -> None:
    """The queue of what is next gets a message, if it has none."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)
    workers.messages.clear()
    workers.client.delete(Keys.wakeups(Queue.ASSOCIATE))

    assert workers.step(Step.RELEASE) == NOTHING
    assert workers.messages == [(Step.ASSOCIATE, UID)]
    assert workers.ec2.mutating == [Action.ALLOCATE]


def test_each_step_wakes_the_next(workers: Workers) -> None:
    """One message at a time, in the order of what follows."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    order = []
    while workers.messages:
        message = workers.messages.pop()
        order.append(message[0])
        workers.step(*message)

    assert order == [Step.ALLOCATE, Step.ASSOCIATE, Step.ANNOTATE]


def test_a_claim_that_changed_during_the_call_keeps_both(workers: Workers) -> None:
    """What EC2 did is not lost, and what the watch said decides what follows."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.meanwhile(
        Action.ALLOCATE, lambda: workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    )

    workers.run()

    assert len(workers.ec2.made(Action.ALLOCATE)) == 1
    assert workers.claim().associated_ip == IP2


def test_a_pod_that_goes_during_the_allocation_gives_the_address_back(workers: Workers) -> None:
    """The release follows at once."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.meanwhile(
        Action.ALLOCATE, lambda: workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    )

    workers.run()

    assert workers.ec2.mutating == [Action.ALLOCATE, Action.RELEASE]
    assert workers.ledger.uids() == set()


def another_takes_over(workers: Workers) -> None:
    """The lease ran out, and another worker's step has begun."""
    workers.time.pass_by(15.1)
    assert workers.ledger.begin(UID, Queue.ASSOCIATE) is not None


def test_a_lost_lease_is_given_up_without_a_call(workers: Workers) -> None:
    """The other worker does it; the token is given back, and the claim is left alone."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)
    workers.meanwhile(Action.DESCRIBE_INTERFACES, lambda: another_takes_over(workers))

    note = workers.step(Step.ASSOCIATE)

    assert "lost" in note or "ran out" in note
    assert Action.ASSOCIATE not in workers.ec2.mutating
    assert workers.tokens_spent(Action.ASSOCIATE) == 0
    assert workers.claim().lease_until > workers.ledger.now()


def test_a_changed_claim_is_given_back_and_decided_on_again(workers: Workers) -> None:
    """No lease stays behind for its 15 s: the next step is woken at once."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)
    workers.messages.clear()
    workers.meanwhile(
        Action.DESCRIBE_INTERFACES,
        lambda: workers.see(workers.kubernetes.remove("web"), EventType.DELETED),
    )

    workers.step(Step.ASSOCIATE)

    assert Action.ASSOCIATE not in workers.ec2.mutating
    assert workers.claim().lease_token == ""
    assert workers.messages == [(Step.RELEASE, UID)]


def test_a_flushed_redis_is_no_error(workers: Workers) -> None:
    """The claims are gone: the step is given up, and the pod comes back by the refill."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.meanwhile(Action.ALLOCATE, workers.client.flushall)

    assert workers.step(Step.ALLOCATE) == "Redis lost its data"


def test_after_a_flush_the_next_message_is_served(workers: Workers) -> None:
    """The worker goes on with the new epoch without a restart."""
    workers.client.flushall()
    workers.step(Step.ALLOCATE)
    workers.ledger.mark("refilled")

    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()

    assert workers.claim().serving


def refuse(*_: object, **__: object) -> None:
    """No connection is to be had."""
    raise redis.exceptions.ConnectionError("gone")


def away() -> None:
    """Redis is gone, in the ledger's words."""
    raise RedisAway("gone")


def test_a_redis_that_is_away_is_no_error(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message ends; the claim's lease runs out, and it is due again."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    monkeypatch.setattr(workers.client.connection_pool, "get_connection", refuse)

    assert workers.step(Step.ALLOCATE) == "Redis is away"


def test_a_redis_that_goes_away_after_it_lost_its_data_is_no_error(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new epoch cannot be read either."""
    workers.client.flushall()
    monkeypatch.setattr(workers.ledger, "open_epoch", away)

    assert workers.step(Step.ALLOCATE) == "Redis lost its data"


def test_a_dead_workers_claim_is_due_again(workers: Workers) -> None:
    """Its lease has run out: a dispatch wakes the step again, and nobody's messages are needed for it."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.ledger.begin(UID, Queue.ALLOCATE)
    workers.messages.clear()

    workers.world.queue.dispatch()
    assert workers.messages == []

    workers.time.pass_by(15.1)
    workers.world.queue.dispatch()
    assert workers.messages == [(Step.ALLOCATE, UID)]


def test_a_step_of_another_pod_is_not_held_up(workers: Workers) -> None:
    """A lease is one pod's."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.see(workers.kubernetes.add(OTHER, "db", IP2))
    workers.ledger.begin(UID, Queue.ALLOCATE)

    workers.step(Step.ALLOCATE, OTHER)

    assert workers.claim(OTHER).allocation_id
