"""After FLUSHALL: the claims are filled from EC2, nothing is allocated twice, and nothing leaks."""

import pytest

from eip import names
from eip.decide import EventType, Scope
from eip.names import Action, Step
from eip.store.keys import Keys
from producer.run import AFTER_LOSS
from tests.workers_world import IP, IP2, IP3, OTHER, UID, Workers
from workers.ports import Address, Owner


@pytest.fixture
def flushed(workers: Workers) -> Workers:
    """Two served pods, and a Redis that knows nothing of them."""
    workers.serve()
    workers.serve(OTHER, "db", IP2)
    workers.client.flushall()
    workers.ledger.open_epoch()
    workers.messages.clear()
    return workers


def listed(workers: Workers) -> None:
    """The producer lists all pods again."""
    for name in ("web", "db"):
        if ("shop", name) in workers.kubernetes.pods:
            workers.see(workers.kubernetes.pod(name), EventType.READ)


def test_refill_takes_one_describe(flushed: Workers) -> None:
    """However many addresses there are."""
    flushed.sweeper.refill()

    assert flushed.ec2.made(Action.DESCRIBE_ADDRESSES) == [("cluster",)]
    assert flushed.ledger.open_epoch().refilled


def test_nobody_is_told_before_it_that_there_is_no_address(flushed: Workers) -> None:
    """external-dns would take the names of a whole cluster away, for as long as EC2 does not answer."""
    flushed.ec2.refuse(Action.DESCRIBE_ADDRESSES, "RequestLimitExceeded", 100)
    listed(flushed)
    flushed.run_for(60)

    assert flushed.kubernetes.asked("patch") == []


@pytest.mark.parametrize("order", ["refill-first", "list-first"])
def test_nothing_is_allocated_twice(flushed: Workers, order: str) -> None:
    """Whether EC2 or Kubernetes answers first: both pods keep the addresses that they had."""
    before = {address.allocation_id for address in flushed.ec2.addresses}
    if order == "list-first":
        listed(flushed)
        flushed.run()
    flushed.sweeper.refill()
    if order == "refill-first":
        listed(flushed)
    flushed.run_for(10)

    assert flushed.ec2.mutating == []
    assert {address.allocation_id for address in flushed.ec2.addresses} == before
    assert flushed.claim(UID).serving
    assert flushed.claim(OTHER).serving


def test_nothing_is_allocated_before_the_refill(flushed: Workers) -> None:
    """A list that comes first waits for EC2's answer."""
    listed(flushed)
    flushed.run_for(30)

    assert flushed.ec2.calls == []


def test_who_ended_before_it_gives_its_address_back(flushed: Workers) -> None:
    """The claim ended without knowing of its address: the list saw the pod, and then it went."""
    listed(flushed)
    flushed.see(flushed.kubernetes.remove("web"), EventType.DELETED)
    flushed.run()
    assert UID not in flushed.ledger.uids()

    flushed.sweeper.refill()
    flushed.run_for(10)

    assert flushed.ec2.at(IP) == []
    assert len(flushed.ec2.addresses) == 1


def test_who_ends_while_a_second_refill_reads_is_not_brought_back(
    flushed: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EC2 was slow, another worker has filled the claims, and what was read is old."""
    look = flushed.ec2.addresses_of_cluster

    def slow() -> list[Address]:
        shown = list(look())
        monkeypatch.undo()
        flushed.sweeper.refill()
        listed(flushed)
        flushed.see(flushed.kubernetes.remove("web"), EventType.DELETED)
        flushed.run_for(10)
        return shown

    monkeypatch.setattr(flushed.ec2, "addresses_of_cluster", slow)
    flushed.sweeper.refill()

    assert flushed.ledger.uids() == {OTHER}


def test_a_new_pod_is_served_after_the_refill(flushed: Workers) -> None:
    """The gate opens."""
    pod = flushed.kubernetes.add("33333333-3333-4333-8333-333333333333", "new", IP3)
    flushed.see(pod)
    flushed.sweeper.refill()
    flushed.run_for(10)

    assert flushed.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]


def test_a_pod_that_went_meanwhile_gives_its_address_back(flushed: Workers) -> None:
    """Its DELETED event was lost with Redis; the release asks the API server first."""
    flushed.kubernetes.remove("web")
    flushed.sweeper.refill()
    listed(flushed)
    flushed.run_for(10)

    assert flushed.ec2.at(IP) == []
    assert len(flushed.ec2.addresses) == 1
    assert flushed.kubernetes.asked("get").count("shop/web") == 2


@pytest.mark.parametrize("code", [0, 403, 503])
def test_nothing_is_released_while_kubernetes_is_unknown(flushed: Workers, code: int) -> None:
    """All addresses look like nobody's, and none is touched."""
    flushed.kubernetes.breaks(code)
    flushed.sweeper.refill()
    flushed.run_for(60)

    assert flushed.ec2.mutating == []


def test_no_live_address_is_disassociated_by_a_refill(flushed: Workers) -> None:
    """Even when the release runs before the producer has listed anything."""
    flushed.sweeper.refill()
    flushed.run_for(10)

    assert flushed.ec2.mutating == []
    assert flushed.claim(UID).serving


def test_a_strangers_address_gets_no_claim(flushed: Workers) -> None:
    """Not at a refill either."""
    flushed.ec2.give("33333333-3333-4333-8333-333333333333", "theirs", IP3, **{names.CLUSTER_UID_TAG: "x"})
    flushed.sweeper.refill()

    assert flushed.ledger.uids() == {UID, OTHER}


def test_an_address_of_a_namespace_that_is_not_served_gets_no_claim(flushed: Workers) -> None:
    """A refill with a narrower scope leaves it aside."""
    flushed.narrow(Scope(frozenset({"bank"})))
    flushed.sweeper.refill()

    assert flushed.ledger.uids() == set()


def test_a_double_is_found_by_a_refill(flushed: Workers) -> None:
    """The live one is kept, whichever of the two EC2 names first."""
    double = flushed.ec2.give(UID, "web")
    flushed.sweeper.refill()
    listed(flushed)
    flushed.run_for(10)

    assert double.allocation_id not in {address.allocation_id for address in flushed.ec2.addresses}
    assert Action.DISASSOCIATE not in flushed.ec2.mutating
    assert flushed.claim(UID).serving


def test_an_address_that_was_allocated_while_redis_went_is_found(workers: Workers) -> None:
    """The reply came, and nobody could write it down: the pod gets this very address."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    workers.meanwhile(Action.ALLOCATE, workers.client.flushall)
    workers.step(Step.ALLOCATE)
    [address] = workers.ec2.addresses

    workers.sweeper.refill()
    workers.see(workers.kubernetes.pod("web"), EventType.READ)
    workers.run_for(10)

    assert workers.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert workers.claim().allocation_id == address.allocation_id
    assert workers.claim().serving


def test_a_kept_address_that_the_next_pod_has_is_left_to_it(workers: Workers) -> None:
    """A Redis that failed over has forgotten who took it over a moment ago; EC2's tag has not."""
    address = workers.serve().allocation_id
    workers.set(tagged_keep=86_400)
    workers.ec2.tag(address, Owner(OTHER, "shop", "web"), 86_400)

    workers.sweeper.refill()

    assert not workers.claim().allocation_id
    assert workers.claim(OTHER).allocation_id == address


@pytest.fixture
def late(workers: Workers) -> Workers:
    """A pod's address was associated 2 s ago, and EC2 shows things 5 s late."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(*workers.messages.pop())
    workers.time.pass_by(60)
    workers.run()
    workers.time.pass_by(2)
    workers.ec2.lag = 5
    return workers


def no_network(workers: Workers) -> None:
    """The pod's network is gone."""
    condition = {"type": names.NETWORK_CONDITION, "status": "False"}
    workers.see(workers.kubernetes.edit("web", "status", conditions=[condition]), EventType.READ)


def test_a_claim_that_has_just_changed_knows_better(late: Workers) -> None:
    """Redis failed over with it."""
    late.client.hset(Keys.EPOCH, "run_id", "another")
    late.ledger.open_epoch()
    late.sweeper.refill()
    no_network(late)
    late.run_for(10)

    assert late.ec2.at(IP) == []


def test_the_sweep_after_it_finds_what_ec2_showed_late(late: Workers) -> None:
    """The producer has it made 15 s later: the IP may be another's after 30 s."""
    late.client.flushall()
    late.messages.clear()
    late.ledger.open_epoch()
    late.sweeper.refill()
    no_network(late)
    late.run_for(AFTER_LOSS)
    late.sweeper.sweep()
    late.run_for(5)

    assert late.ec2.at(IP) == []
