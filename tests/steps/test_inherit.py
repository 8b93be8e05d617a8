"""The next pod of a name takes the kept address over: tagged, then associated, never from a living pod."""

from dataclasses import replace

import pytest

from eip import names
from eip.claim import changed
from eip.decide import EventType
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.workers_world import IP, IP2, OTHER, UID, Workers
from workers.ports import Owner

KEEP = {names.KEEP_ANNOTATION: "1h"}


def keeping(workers: Workers, uid: str, ip: str, **annotations: str) -> None:
    """A pod that is called web, whose address is to stay."""
    asked = {**KEEP, **annotations}
    workers.see(workers.kubernetes.add(uid, "web", ip, metadata={"annotations": asked}))


@pytest.fixture
def replaced(workers: Workers) -> Workers:
    """A pod with its address is gone, the next of its name is there, and nothing is done for either yet."""
    keeping(workers, UID, IP)
    workers.run()
    assert workers.claim().serving
    workers.age()
    workers.forget_calls()
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    keeping(workers, OTHER, IP2)
    return workers


def test_it_costs_create_tags_and_one_association(replaced: Workers) -> None:
    """After the disassociation of the pod before it; it is the same address, with the new pod's uid on it."""
    before = replaced.claim().public_ip
    replaced.run_for(5)

    assert replaced.ec2.mutating == [Action.DISASSOCIATE, Action.TAG, Action.ASSOCIATE]
    assert replaced.claim(OTHER).public_ip == before
    assert replaced.claim(OTHER).serving
    [address] = replaced.ec2.addresses
    assert address.tags[names.POD_UID_TAG] == OTHER


def test_it_is_moved_when_the_new_pod_comes_first(replaced: Workers) -> None:
    """Nothing has taken it off the old IP yet: that comes first, and the old pod's step ends."""
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.run()

    assert replaced.ec2.mutating == [Action.DISASSOCIATE, Action.TAG, Action.ASSOCIATE]
    assert replaced.ec2.at(IP) == []
    replaced.step(Step.RELEASE, UID)
    assert len(replaced.ec2.mutating) == 3
    assert replaced.claim(OTHER).serving


def test_it_follows_its_pods_ip_though_redis_was_lost(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis was lost; whose address it is need not be known to take it off an IP that is not its pod's."""
    keeping(workers, UID, IP)
    workers.run()
    opened = workers.ledger.open_epoch
    monkeypatch.setattr(workers.ledger, "open_epoch", lambda: replace(opened(), refilled=False))

    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    workers.run_for(5)

    assert workers.ec2.at(IP) == []
    assert workers.claim().serving


def test_a_double_waits_for_the_refill(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next pod of the name may have it, and nobody knows yet."""
    keeping(workers, UID, IP)
    workers.run()
    double = workers.ec2.give(UID, "web")
    workers.set(doubles=double.allocation_id)
    workers.forget_calls()
    opened = workers.ledger.open_epoch
    monkeypatch.setattr(workers.ledger, "open_epoch", lambda: replace(opened(), refilled=False))
    workers.messages.append((Step.RELEASE, UID))

    workers.run_for(5)

    assert workers.ec2.mutating == []


def test_a_step_of_the_old_pod_is_waited_for(replaced: Workers) -> None:
    """No second address is allocated because the first is being taken off its IP."""
    held = replaced.ledger.begin(UID, Step.RELEASE.queue)
    assert held is not None
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.run()
    assert replaced.ec2.mutating == []

    replaced.world.queue.finish(held, lambda c: c)
    replaced.run_for(5)

    assert Action.ALLOCATE not in replaced.ec2.mutating
    assert replaced.claim(OTHER).serving


@pytest.mark.parametrize("code", [0, 403, 503])
def test_nothing_is_taken_over_while_nothing_is_known(replaced: Workers, code: int) -> None:
    """Only the API server's word says that the old pod is gone."""
    replaced.kubernetes.breaks(code)
    replaced.run()

    assert replaced.ec2.mutating == []
    assert replaced.claim().allocation_id
    assert replaced.claim(OTHER).allocation_id == ""


def test_a_pod_that_is_not_there_takes_nothing_over(replaced: Workers) -> None:
    """The old one is alive after all: its claim keeps its address."""
    replaced.kubernetes.add(UID, "web", IP, metadata={"annotations": dict(KEEP)})
    replaced.run_for(5)

    assert replaced.ec2.mutating == []
    assert replaced.claim().serving


def test_who_does_not_ask_for_a_kept_one_gets_another(workers: Workers) -> None:
    """And the kept one stays for its time."""
    keeping(workers, UID, IP)
    workers.run()
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run()
    workers.see(workers.kubernetes.add(OTHER, "web", IP2))
    workers.run()

    assert workers.claim(OTHER).allocation_id != workers.claim().allocation_id
    assert len(workers.ec2.addresses) == 2


def test_another_name_gets_another(replaced: Workers) -> None:
    """Only the name says for whom it is kept."""
    del replaced.kubernetes.pods["shop", "web"]
    replaced.messages.clear()
    asked = {"annotations": dict(KEEP)}
    third = replaced.kubernetes.add("33333333-3333-4333-8333-333333333333", "web-1", IP2, metadata=asked)
    replaced.see(third)
    replaced.run()

    assert replaced.claim().allocation_id
    assert replaced.claim(third.uid).allocation_id != replaced.claim().allocation_id


@pytest.mark.parametrize("lost", ["answer", "call"])
def test_tags_are_written_again_when_it_is_not_sure(replaced: Workers, lost: str) -> None:
    """No association before EC2 has said that the address is this pod's."""
    if lost == "answer":
        replaced.ec2.lose_reply(Action.TAG)
    else:
        replaced.ec2.refuse(Action.TAG, "InternalError")
    replaced.run_for(30)

    made = replaced.ec2.mutating
    assert made.count(Action.TAG) == 2
    assert made.index(Action.ASSOCIATE) > [i for i, action in enumerate(made) if action is Action.TAG][1]
    assert replaced.claim(OTHER).serving


def test_what_cannot_be_tagged_leaves_the_old_ip(replaced: Workers) -> None:
    """The right to CreateTags is missing: another pod may have that IP by then."""
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.ec2.refuse(Action.TAG, "UnauthorizedOperation", times=100)
    replaced.run_for(25)

    assert replaced.ec2.at(IP) == []
    assert Action.ASSOCIATE not in replaced.ec2.mutating
    assert replaced.claim(OTHER).allocation_id


def test_the_new_pod_that_goes_before_it_tagged_keeps_the_address(replaced: Workers) -> None:
    """For the next of the name, whoever's uid stands on it."""
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.step(*replaced.messages.pop())
    assert replaced.claim(OTHER).retag
    replaced.see(replaced.kubernetes.remove("web"), EventType.DELETED)
    replaced.run()

    assert replaced.ec2.mutating == [Action.DISASSOCIATE]
    assert replaced.ledger.kept_for("shop", "web") == OTHER
    third = "33333333-3333-4333-8333-333333333333"
    keeping(replaced, third, IP2)
    replaced.run_for(5)
    assert replaced.claim(third).serving
    assert len(replaced.ec2.addresses) == 1


def flush(workers: Workers) -> None:
    """Redis is empty, and filled again from EC2 and Kubernetes."""
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.sweeper.refill()
    for _, name in list(workers.kubernetes.pods):
        workers.see(workers.kubernetes.pod(name), EventType.READ)


@pytest.mark.parametrize("steps", range(5))
def test_a_lost_redis_after_any_step_costs_no_second_address(replaced: Workers, steps: int) -> None:
    """Disassociated, taken over, tagged, associated, written: the new pod gets the one that there is."""
    [before] = replaced.ec2.addresses
    for _ in range(steps):
        if replaced.messages:
            replaced.step(*replaced.messages.pop(0))
        replaced.world.queue.dispatch()
    flush(replaced)
    replaced.run_for(60)

    assert [address.allocation_id for address in replaced.ec2.addresses] == [before.allocation_id]
    assert replaced.claim(OTHER).serving
    assert replaced.ledger.uids() == {OTHER}


def test_a_late_event_of_the_old_pod_takes_nothing_away(replaced: Workers) -> None:
    """Its tombstone stands, whatever the tags say at that moment."""
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.step(*replaced.messages.pop())

    assert replaced.client.exists(Keys.tombstone(UID))
    assert replaced.ec2.addresses[0].tags[names.POD_UID_TAG] == UID
    replaced.sweeper.sweep()
    replaced.run_for(5)
    assert replaced.claim(OTHER).serving
    assert replaced.ledger.uids() == {OTHER}


def test_the_owner_on_the_tags_is_the_pod_of_the_claim(replaced: Workers) -> None:
    """With how long it stays by what this pod asks for."""
    replaced.kubernetes.edit("web", "metadata", annotations={names.KEEP_ANNOTATION: "2h"})
    replaced.see(replaced.kubernetes.pod("web"))
    replaced.run_for(5)

    mine = replaced.claim(OTHER).allocation_id
    assert replaced.ec2.made(Action.TAG) == [(mine, Owner(OTHER, "shop", "web"), 7200)]


def test_who_waits_long_for_the_pod_before_it_is_told_and_asks_seldom(replaced: Workers) -> None:
    """Something of the old pod is not settled, and nobody looks at a pod that is gone."""
    replaced.world.queue.update(UID, lambda c: changed(c, doubles="eipalloc-2") if c else c)
    replaced.client.delete(Keys.wakeups(Step.RELEASE.queue))
    replaced.messages = [m for m in replaced.messages if m[1] == OTHER]
    replaced.client.hincrby(Keys.claim(OTHER), "wanted_at", -120_000)
    replaced.step(*replaced.messages.pop())

    [event] = replaced.kubernetes.told("NoAddressFree")
    assert event["involvedObject"]["uid"] == OTHER
    assert "keep" in event["message"]
    due = replaced.client.zscore(Keys.DUE, OTHER)
    assert due is not None
    assert due > replaced.ledger.now() + 10_000


def test_who_waits_for_a_kept_one_holds_up_no_probe(replaced: Workers) -> None:
    """It was parked, and the pod before it is at work on the address that is to be its own."""
    replaced.client.zadd(Keys.PARKED, {OTHER: 1})
    replaced.job(Step.RELEASE, UID)
    replaced.step(Step.ALLOCATE, OTHER)

    assert replaced.client.zrange(Keys.PARKED, 0, -1) == []


def test_a_double_that_stays_holds_no_successor_up(replaced: Workers) -> None:
    """EC2 refuses for ever to release the former pod's second address; a sweep will find that."""
    replaced.set(doubles=replaced.ec2.give(UID, "web").allocation_id)
    replaced.ec2.refuse(Action.RELEASE, "InvalidAddress.Locked", 1000)
    replaced.run_for(130)

    assert replaced.claim(OTHER).serving


def test_the_doubt_of_a_worker_that_died_goes_with_the_address(workers: Workers) -> None:
    """It died after its call, and the next pod of the name comes as the lease ends."""
    keeping(workers, UID, IP)
    workers.step(*workers.messages.pop())
    workers.messages.clear()
    held = workers.job(Step.ASSOCIATE).held
    workers.ec2.put(held.claim.allocation_id, IP)
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.time.pass_by(15.01)

    keeping(workers, OTHER, "10.0.9.9")
    workers.run_for(30)

    assert workers.ec2.at(IP) == []
