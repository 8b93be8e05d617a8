"""AllocateAddress: never twice for a pod, whatever gets lost on the way."""

import pytest

from eip.decide import Desired, EventType
from eip.errors import LeaseLost
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.workers_world import IP, UID, Workers
from workers.steps.allocate import allocate


class Crashed(Exception):
    """The worker died here."""


@pytest.fixture
def asking(workers: Workers) -> Workers:
    """A pod that wants an address, and whose message is on its way."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    return workers


def crash(_: str) -> None:
    """End the step as a kill -9 would: nothing after it runs."""
    raise Crashed


def test_the_intent_is_written_before_the_call(asking: Workers) -> None:
    """A worker that dies in the call leaves behind that there may be an address."""
    asking.ec2.before = crash
    with pytest.raises(Crashed):
        allocate(asking.job(Step.ALLOCATE))

    assert asking.claim().intent_at > 0


def test_nothing_waits_between_the_intent_and_the_call(asking: Workers) -> None:
    """Token first: an intent that grew old in a queue would be looked up for nothing."""
    asking.step(Step.ALLOCATE)

    assert asking.journal == [
        "token AllocateAddress",
        "served",
        "intent",
        "AllocateAddress",
    ]


def test_success_clears_the_intent(asking: Workers) -> None:
    """What is known needs no look-up."""
    asking.step(Step.ALLOCATE)

    assert asking.claim().intent_at == 0
    assert asking.claim().allocation_id == asking.ec2.addresses[0].allocation_id


def test_a_lost_reply_is_adopted(asking: Workers) -> None:
    """The pod's tag is looked up, and what was paid for is used: there is no second address."""
    asking.ec2.lose_reply(Action.ALLOCATE)

    asking.step(Step.ALLOCATE)
    asking.run_for(5)

    assert len(asking.ec2.addresses) == 1
    assert len(asking.ec2.made(Action.ALLOCATE)) == 1
    assert asking.claim().serving


def test_a_lost_reply_is_adopted_late(asking: Workers) -> None:
    """EC2 shows the new address only after some seconds; nobody allocates in between."""
    asking.ec2.lag = 8
    asking.ec2.lose_reply(Action.ALLOCATE)

    asking.step(Step.ALLOCATE)
    asking.run_for(40)

    assert len(asking.ec2.made(Action.ALLOCATE)) == 1
    assert asking.claim().serving


def test_a_crash_after_the_call_is_adopted(asking: Workers) -> None:
    """Another worker finds the intent when the lease has ended, and the address by its tag."""
    job = asking.job(Step.ALLOCATE)
    allocate(job)
    asking.run_for(30)

    assert len(asking.ec2.made(Action.ALLOCATE)) == 1
    assert asking.claim().serving


def test_a_crash_before_the_call_is_tried_again(asking: Workers) -> None:
    """Two empty look-ups of an old intent are believed, and then the address is allocated."""
    asking.meanwhile(Action.ALLOCATE, lambda: crash(""))
    with pytest.raises(Crashed):
        allocate(asking.job(Step.ALLOCATE))

    asking.run_for(60)

    assert len(asking.ec2.made(Action.ALLOCATE)) == 1
    assert asking.claim().serving


def intend(workers: Workers, age: float) -> None:
    """An intent of another worker, so many seconds old."""
    workers.set(intent_at=workers.ledger.now() - int(age * 1000), intent_by="another")


@pytest.mark.parametrize("age", [0, 5, 14])
def test_a_young_intent_is_not_believed_to_be_nothing(asking: Workers, age: float) -> None:
    """Its call may still be under way: an empty look-up does not count."""
    intend(asking, age)

    asking.step(Step.ALLOCATE)

    assert asking.claim().intent_at > 0
    assert asking.claim().intent_looks == 0
    assert asking.ec2.mutating == []


def test_one_empty_look_up_is_not_believed(asking: Workers) -> None:
    """A new address may not be visible yet."""
    intend(asking, 60)

    asking.step(Step.ALLOCATE)

    assert asking.claim().intent_looks == 1
    assert asking.ec2.mutating == []


def test_two_empty_look_ups_in_a_row_count_once(asking: Workers) -> None:
    """They must be 5 s apart: twice the same answer is one answer."""
    intend(asking, 60)

    for _ in range(3):
        asking.step(Step.ALLOCATE)
        asking.client.delete(Keys.DUE)

    assert len(asking.ec2.calls) == 3
    assert asking.claim().intent_looks == 1
    assert asking.ec2.mutating == []


def test_two_empty_look_ups_apart_are_believed(asking: Workers) -> None:
    """Nothing had been allocated, so it is allocated."""
    intend(asking, 60)

    asking.step(Step.ALLOCATE)
    asking.time.pass_by(5)
    asking.step(Step.ALLOCATE)
    assert asking.claim().intent_at == 0
    asking.run()

    assert len(asking.ec2.made(Action.ALLOCATE)) == 1


def test_an_intent_is_not_acted_on_before_20_seconds(asking: Workers) -> None:
    """The other worker's call has ended by then, whatever became of it."""
    intend(asking, 0)
    asking.messages.append((Step.ALLOCATE, UID))

    asking.run_for(19)
    assert asking.ec2.mutating == []

    asking.run_for(10)
    assert len(asking.ec2.made(Action.ALLOCATE)) == 1


def test_a_strangers_address_with_the_pods_tag_is_not_adopted(asking: Workers) -> None:
    """Tags can be copied: another cluster's address stays the other cluster's."""
    theirs = asking.ec2.give(UID, "web", **{"eip.aws.materialize.com/cluster_uid": "another"})
    intend(asking, 60)
    asking.messages.append((Step.ALLOCATE, UID))

    asking.run_for(30)

    assert asking.claim().allocation_id not in {"", theirs.allocation_id}


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "InvalidParameterValue", "NotSent"])
def test_a_refusal_leaves_no_intent(asking: Workers, code: str) -> None:
    """EC2 said no before it did anything: there is nothing to look up."""
    asking.ec2.refuse(Action.ALLOCATE, code)

    asking.step(Step.ALLOCATE)

    assert asking.claim().intent_at == 0
    assert asking.claim().attempts == 1
    assert asking.claim().error == code


@pytest.mark.parametrize("code", ["NoReply", "InternalError", "Unavailable", "Http5xx"])
def test_an_uncertain_answer_leaves_the_intent(asking: Workers, code: str) -> None:
    """An address may have been allocated."""
    asking.ec2.refuse(Action.ALLOCATE, code)

    asking.step(Step.ALLOCATE)

    assert asking.claim().intent_at > 0


def test_nothing_is_allocated_before_ec2_was_asked(asking: Workers) -> None:
    """After Redis lost its data, an address may be there already."""
    asking.client.hset(Keys.EPOCH, "refilled", 0)

    asking.step(Step.ALLOCATE)
    assert asking.ec2.calls == []
    assert asking.claim().attempts == 0

    asking.ledger.mark("refilled")
    asking.run_for(2)
    assert len(asking.ec2.made(Action.ALLOCATE)) == 1


def finished(workers: Workers) -> None:
    """A pod whose claim came to its end a short while ago, and that an old event brings back."""
    pod = workers.kubernetes.add(UID, "web", IP)
    workers.client.set(Keys.tombstone(UID), 1, ex=3600)
    workers.see(pod)


def test_a_finished_pod_does_not_revive_by_an_old_event(workers: Workers) -> None:
    """The API server says that it is gone: nothing is allocated, and the claim is forgotten again."""
    finished(workers)
    workers.kubernetes.remove("web")

    workers.run()

    assert workers.ec2.calls == []
    assert workers.ledger.uids() == set()


def test_a_finished_pod_revives_when_the_api_server_says_so(workers: Workers) -> None:
    """It was labelled again, for example: one read confirms it."""
    finished(workers)

    workers.run()

    assert workers.claim().serving


def test_a_finished_pod_is_asked_about_once(workers: Workers) -> None:
    """What one read said is not read again."""
    finished(workers)
    workers.kubernetes.remove("web")

    workers.run()

    assert workers.kubernetes.asked("get") == ["shop/web"]


@pytest.mark.parametrize("code", [0, 401, 403, 500, 503])
def test_a_finished_pod_of_which_nothing_is_known_waits(workers: Workers, code: int) -> None:
    """An unknown answer revives nobody, and ends nothing."""
    finished(workers)
    workers.kubernetes.breaks(code)

    workers.run()

    assert workers.ec2.calls == []
    assert workers.claim().desired is Desired.SERVE
    assert workers.claim().attempts == 1


def test_a_pod_that_went_before_its_turn_gets_nothing(asking: Workers) -> None:
    """The message finds no claim any more."""
    asking.see(asking.kubernetes.remove("web"), EventType.DELETED)

    asking.step(Step.ALLOCATE)

    assert asking.ec2.mutating == []


def test_a_claim_that_changed_while_it_waited_is_decided_on_again(asking: Workers) -> None:
    """The token is given back, and no address is allocated for a pod that is gone."""
    last = asking.kubernetes.remove("web")
    job = asking.job(Step.ALLOCATE)
    asking.see(last, EventType.DELETED)

    with pytest.raises(LeaseLost):
        allocate(job)

    assert asking.tokens_spent(Action.ALLOCATE) == 0
    assert asking.ec2.mutating == []
