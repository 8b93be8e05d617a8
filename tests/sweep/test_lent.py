"""Sweeps and lent addresses: what changed by hand is seen, what is left on a freed IP goes, no other."""

import pytest

from eip import names
from eip.decide import EventType, Scope
from eip.names import Action
from eip.store.keys import Keys
from tests.fakes.ec2 import CLUSTER, VPC
from tests.workers_world import IP, IP2, IP3, OTHER, UID, Workers
from workers.ports import Address, Interface


def asking(workers: Workers, uid: str = UID, name: str = "web", ip: str = IP, pool: str = "blue") -> None:
    """A pod that asks for an address of a pool."""
    asked = {"annotations": {names.POOL_ANNOTATION: pool}}
    workers.see(workers.kubernetes.add(uid, name, ip, metadata=asked))
    workers.run()


def sweep(workers: Workers, times: int = 1) -> None:
    """Sweeps of five minutes, and what follows from each."""
    for _ in range(times):
        workers.sweeper.sweep()
        workers.run_for(300)


def now(workers: Workers, address: Address) -> Address:
    """The address as it is at this moment."""
    return next(a for a in workers.ec2.addresses if a.allocation_id == address.allocation_id)


def forget(workers: Workers) -> None:
    """Redis is empty, and filled again from EC2."""
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.sweeper.refill()


@pytest.fixture
def lent(workers: Workers) -> Address:
    """An address of the pool blue."""
    return workers.ec2.lend(CLUSTER[0], "blue")


@pytest.fixture
def stray(workers: Workers) -> Address:
    """One on the IP of a pod that ended while Redis was lost, which two sweeps have seen by the next one."""
    address = workers.ec2.lend(CLUSTER[0], "blue", IP3)
    sweep(workers)
    assert workers.ec2.mutating == []
    return address


def test_what_was_taken_off_by_hand_is_associated_again(workers: Workers, lent: Address) -> None:
    """It is the pod's for as long as it lives."""
    asking(workers)
    workers.age()
    workers.ec2.take(lent.allocation_id)
    sweep(workers)

    assert workers.claim().serving
    assert now(workers, lent).private_ip == IP


def test_what_was_moved_by_hand_is_left_there(workers: Workers, lent: Address) -> None:
    """And the pod gets another of the pool, or waits."""
    asking(workers)
    workers.age()
    workers.ec2.put(lent.allocation_id, "172.16.0.9")
    spare = workers.ec2.lend(CLUSTER[0], "blue")
    sweep(workers)

    assert now(workers, lent).private_ip == "172.16.0.9"
    assert workers.claim().public_ip == spare.public_ip
    assert workers.claim().serving


def test_what_is_lent_no_longer_stays_with_its_pod_and_goes_with_it(workers: Workers, lent: Address) -> None:
    """The tag says who may take it, not who must leave it: forgotten, it would stay on a freed IP."""
    asking(workers)
    workers.age()
    workers.ec2._book.tag(workers.ec2._book.get(lent.allocation_id), {})
    sweep(workers)
    assert workers.claim().serving

    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run()

    assert workers.ec2.at(IP) == []
    assert workers.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE]


def test_what_was_released_by_hand_is_replaced(workers: Workers, lent: Address) -> None:
    """EC2 knows it no longer: the pod gets another, or waits."""
    asking(workers)
    workers.age()
    workers.ec2.drop(lent.allocation_id)
    spare = workers.ec2.lend(CLUSTER[0], "blue")
    sweep(workers)

    assert workers.claim().public_ip == spare.public_ip
    assert workers.claim().serving


def test_a_stray_is_taken_off_and_given_to_who_waits(workers: Workers, stray: Address) -> None:
    """The second time, after the API server was asked for pods on that IP."""
    asking(workers)
    assert workers.claim().allocation_id == ""
    workers.forget_calls()
    sweep(workers)

    assert workers.kubernetes.asked("at") == [IP3]
    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert now(workers, stray).private_ip == IP
    assert workers.ledger.uids() == {UID}


def test_a_stray_is_neither_tagged_nor_released(workers: Workers, stray: Address) -> None:
    """However many sweeps there are."""
    sweep(workers, times=3)

    assert workers.ec2.mutating == [Action.DISASSOCIATE]
    assert now(workers, stray).tags == stray.tags
    assert workers.client.hgetall(Keys.BORROWED) == {}


def test_who_looks_at_a_stray_keeps_the_lease(workers: Workers, stray: Address) -> None:
    """The look may take 9 s, and so may the question for pods; EC2 is called after both."""
    workers.sweeper.sweep()
    [(step, uid)] = workers.messages

    def slow(name: str) -> None:
        if name in {"at", Action.DESCRIBE_ADDRESSES}:
            workers.time.pass_by(9.0)
            assert workers.ledger.begin(uid, step.queue) is None

    workers.ec2.before = workers.kubernetes.before = slow
    workers.run()

    assert now(workers, stray).private_ip == ""


@pytest.mark.parametrize("code", [0, 403, 503])
def test_a_stray_stays_while_nothing_is_known(workers: Workers, stray: Address, code: int) -> None:
    """There may be a pod."""
    workers.sweeper.sweep()
    workers.kubernetes.breaks(code)
    workers.run_for(60)

    assert workers.ec2.mutating == []
    workers.kubernetes.mend()
    workers.run_for(60)
    assert workers.ec2.at(IP3) == []


def test_a_pod_that_gets_the_strays_ip_takes_it_over(workers: Workers, stray: Address) -> None:
    """It came between the sweep's list and the stray's step; neither waits for the other."""
    workers.sweeper.sweep()
    asking(workers, ip=IP3)
    workers.run_for(30)

    assert workers.claim().serving
    assert workers.claim().allocation_id == stray.allocation_id
    assert workers.ec2.mutating == []
    assert workers.ledger.uids() == {UID}


def test_a_pod_that_was_first_keeps_it(workers: Workers, stray: Address) -> None:
    """It has the address by the time that the stray's claim is written."""
    workers.meanwhile("nodes", lambda: asking(workers, ip=IP3))
    sweep(workers)

    assert workers.claim().serving
    assert workers.ec2.mutating == []
    assert workers.client.hgetall(Keys.BORROWED) == {stray.allocation_id: UID}
    assert workers.ledger.uids() == {UID}


@pytest.mark.parametrize("where", ["another machine", "another network"])
def test_what_sits_on_no_node_of_ours_is_left_alone(workers: Workers, where: str) -> None:
    """It is an admin's business, or another cluster's that is lent the same."""
    if where == "another machine":
        workers.ec2.interfaces.append(Interface("eni-7", "i-7", VPC, frozenset({"10.0.7.7"})))
    workers.ec2.lend("*/*", "blue", "10.0.7.7")
    sweep(workers, times=3)

    assert workers.ec2.mutating == []
    assert workers.ec2.at("10.0.7.7")


def test_what_another_cluster_is_lent_is_left_alone(workers: Workers) -> None:
    """On a node of ours too: nobody has named it to us."""
    workers.ec2.lend("staging", "blue", IP3)
    sweep(workers, times=3)

    assert workers.ec2.mutating == []


def test_what_another_installation_has_given_is_left_alone(workers: Workers) -> None:
    """It serves the pod's namespace, and has a Redis of its own."""
    workers.kubernetes.add(OTHER, "theirs", IP3, metadata={"annotations": {names.POOL_ANNOTATION: "blue"}})
    workers.ec2.lend(CLUSTER[0], "blue", IP3)
    workers.narrow(Scope(frozenset({"bank"})))
    sweep(workers, times=3)

    assert workers.ec2.mutating == []
    assert workers.ledger.uids() == set()


def test_nothing_is_taken_off_by_who_may_not_list_nodes(workers: Workers, stray: Address) -> None:
    """Which interfaces are ours is not known then."""
    sweeper = type(workers.sweeper)(workers.world, workers.kubernetes, orphan_age=120, reads_nodes=False)
    sweeper.sweep()
    workers.run_for(60)

    assert workers.ec2.mutating == []


def test_a_stray_makes_room_for_a_pod_that_asks_for_nothing_lent(workers: Workers) -> None:
    """It is not lent to the pod that has the IP by then; it is told what is in the way."""
    workers.ec2.lend("bank/*", "", IP)
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()
    assert workers.kubernetes.told("AssociateFailed")
    sweep(workers, times=3)

    assert workers.claim().serving
    assert [address.allocation_id for address in workers.ec2.at(IP)] == [workers.claim().allocation_id]


def test_a_lost_redis_between_pods_ends_in_who_waits_being_served(workers: Workers, lent: Address) -> None:
    """The pod that had it ended unseen, and the next stood in a line that nobody remembers."""
    asking(workers)
    workers.age()
    asking(workers, OTHER, "db", IP2)
    workers.kubernetes.remove("web")
    forget(workers)
    workers.see(workers.kubernetes.pod("db"), EventType.READ)
    workers.run()
    sweep(workers, times=2)

    assert workers.claim(OTHER).serving
    assert now(workers, lent).private_ip == IP2


def test_a_refill_makes_no_claim_of_what_is_lent(workers: Workers, lent: Address) -> None:
    """Whose it is says the pod that asks for it, or nobody."""
    asking(workers)
    forget(workers)

    assert workers.ledger.uids() == set()
    assert workers.ledger.open_epoch().refilled


def test_steady_state_is_one_describe(workers: Workers, lent: Address) -> None:
    """Lent addresses or not."""
    asking(workers)
    workers.ec2.lend("*/*", "red")
    workers.age()
    workers.forget_calls()
    workers.sweeper.sweep()

    assert [call.arguments for call in workers.ec2.calls] == [("cluster",)]


def test_what_is_left_on_the_ip_of_a_pod_of_another_pool_goes(workers: Workers) -> None:
    """Redis was lost while its pod ended: who has the IP now asks for a lent address, but for another."""
    workers.ec2.lend(CLUSTER[0], "blue")
    workers.time.pass_by(60)
    asking(workers)
    workers.kubernetes.remove("web")
    forget(workers)
    asking(workers, OTHER, "db", IP, "red")
    sweep(workers, 3)

    assert workers.ec2.at(IP) == []


def test_what_is_left_on_the_ip_of_a_pod_that_may_not_have_it_makes_room(workers: Workers) -> None:
    """That pod has an address of its own, which EC2 would refuse to associate for ever."""
    theirs = workers.ec2.lend(f"{CLUSTER[0]}:shop/db")
    mine = workers.ec2.lend(f"{CLUSTER[0]}:shop/web")
    workers.time.pass_by(60)

    def fixed(uid: str, name: str, address: Address) -> None:
        asked = {names.REQUEST_ADDRESS_ANNOTATION: address.allocation_id}
        workers.see(workers.kubernetes.add(uid, name, IP, metadata={"annotations": asked}))
        workers.run()

    fixed(UID, "web", mine)
    workers.kubernetes.remove("web")
    forget(workers)
    fixed(OTHER, "db", theirs)
    sweep(workers, 4)

    assert workers.claim(OTHER).serving
