"""A pod with a lent address: one call up, one down; what is an admin's is not tagged, released or moved."""

from dataclasses import replace

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from eip.pod import Pod
from eip.store.keys import Keys
from tests.fakes.ec2 import CLUSTER
from tests.workers_world import ENI, IP, IP2, IP3, OTHER, UID, Workers
from workers.ports import Address

THIRD = "33333333-3333-4333-8333-333333333333"
ELSEWHERE = "172.16.0.9"


def asking(workers: Workers, uid: str = UID, name: str = "web", ip: str = IP, **asks: str) -> Pod:
    """A pod that asks for an address of the pool blue, or what `asks` says."""
    asks = asks or {"pool": "blue"}
    annotations = {f"{names.PREFIX}/{key.replace('_', '-')}": value for key, value in asks.items()}
    pod = workers.kubernetes.add(uid, name, ip, metadata={"annotations": annotations})
    workers.see(pod)
    return pod


def deleted(workers: Workers, name: str = "web") -> None:
    """The pod is gone, and the watch said so."""
    workers.see(workers.kubernetes.remove(name), EventType.DELETED)


def now(workers: Workers, allocation_id: str) -> Address:
    """The address as it is at this moment."""
    return next(a for a in workers.ec2.addresses if a.allocation_id == allocation_id)


@pytest.fixture
def lent(workers: Workers) -> Address:
    """An address of the pool blue that is lent to the cluster."""
    return workers.ec2.lend(CLUSTER[0], "blue")


@pytest.fixture
def served(workers: Workers, lent: Address) -> Workers:
    """A pod that has it, and has had it for long."""
    asking(workers)
    workers.run()
    assert workers.claim().serving
    workers.age()
    workers.forget_calls()
    return workers


@pytest.mark.parametrize("way", ["pool", "id", "ip"])
def test_a_pod_costs_one_call_up_and_one_down(workers: Workers, lent: Address, way: str) -> None:
    """It is there already, and stays when the pod goes, as the admin left it."""
    asks = {"pool": {"pool": "blue"}, "id": {"request_address": lent.allocation_id}}
    asking(workers, **asks.get(way, {"request_address": lent.public_ip}))
    workers.run()
    assert workers.claim().serving
    assert workers.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION] == lent.public_ip

    deleted(workers)
    workers.run()

    assert workers.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE]
    assert now(workers, lent.allocation_id) == lent
    assert workers.ledger.uids() == set()
    assert workers.client.hgetall(Keys.BORROWED) == {}


def test_it_is_never_moved_from_where_it_sits(workers: Workers, lent: Address) -> None:
    """It was free when EC2 was asked; by the time of the call an admin has used it, and that counts."""
    asking(workers)
    workers.meanwhile(Action.ASSOCIATE, lambda: workers.ec2.put(lent.allocation_id, ELSEWHERE))

    workers.run_for(30)

    assert len(workers.ec2.made(Action.ASSOCIATE)) == 1
    assert now(workers, lent.allocation_id).private_ip == ELSEWHERE
    assert workers.claim().allocation_id == ""
    assert workers.claim().error == "NoAddressFree"
    assert workers.kubernetes.told("NoAddressFree")


def test_the_same_ip_in_another_vpc_is_an_admins(workers: Workers, lent: Address) -> None:
    """Somebody uses it there by the time of the call: that is not the pod's, though the IP is the same."""
    asking(workers)
    workers.meanwhile(Action.ASSOCIATE, lambda: workers.ec2.put(lent.allocation_id, IP, "eni-of-another-vpc"))

    workers.run_for(30)

    assert now(workers, lent.allocation_id).interface_id == "eni-of-another-vpc"
    assert workers.claim().allocation_id == ""
    assert Action.DISASSOCIATE not in workers.ec2.mutating


def test_it_is_not_moved_though_ours_is_in_the_way(workers: Workers, lent: Address) -> None:
    """That the IP's former pod makes room gives no right to take the lent one from somebody else."""
    workers.ec2.give(OTHER, "old", IP)
    asking(workers)
    workers.meanwhile(Action.ASSOCIATE, lambda: workers.ec2.put(lent.allocation_id, ELSEWHERE))

    workers.run_for(30)

    assert now(workers, lent.allocation_id).private_ip == ELSEWHERE


def test_one_that_the_ips_former_pod_still_has_makes_room(served: Workers) -> None:
    """It is tried again seconds later to take it off that; the next pod of the pool has the IP by then."""
    served.ec2.lend(CLUSTER[0], "blue")
    served.ec2.refuse(Action.DISASSOCIATE, "RequestLimitExceeded")
    deleted(served)
    served.step(*served.messages.pop())
    served.forget_calls()

    asking(served, OTHER, "db", IP)
    served.run()

    assert served.claim(OTHER).serving
    assert served.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE, Action.ASSOCIATE]


@pytest.mark.parametrize("asks", ["another pool", "an own one"])
def test_one_that_the_pod_does_not_ask_for_makes_room(workers: Workers, lent: Address, asks: str) -> None:
    """It is lent to the pod, and to others that wait for it."""
    other = workers.ec2.lend(CLUSTER[0], "red")
    pool = {names.POOL_ANNOTATION: "red"} if asks == "another pool" else {}
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata={"annotations": pool}))
    workers.meanwhile(Action.ASSOCIATE, lambda: workers.ec2.put(lent.allocation_id, IP))

    workers.run_for(30)

    assert now(workers, lent.allocation_id).private_ip == ""
    assert workers.claim().serving
    assert (workers.claim().allocation_id == other.allocation_id) is (asks == "another pool")


@pytest.mark.parametrize(
    ("to", "asks", "words"),
    [
        ("staging", {"pool": "blue"}, "not lent to this pod"),
        ("bank/*", {"pool": "blue"}, "not lent to this pod"),
        ("shop/*", {"pool": "red"}, "there is no address of the pool red"),
        ("shop/*", {"request_address": "198.18.77.77"}, "there is no address 198.18.77.77"),
    ],
    ids=["other cluster", "other namespace", "other pool", "no such address"],
)
def test_what_is_not_lent_is_not_taken(workers: Workers, to: str, asks: dict[str, str], words: str) -> None:
    """The Event says whom to ask; nothing is called."""
    workers.ec2.lend(to, "blue")
    asking(workers, **asks)

    workers.run_for(30)

    assert workers.ec2.mutating == []
    [event] = workers.kubernetes.told("AllocateFailed")
    assert words in event["message"].lower()
    assert names.LEND_TAG in event["message"]


@pytest.mark.parametrize("theirs", ["a strangers", "an operators own"])
def test_an_address_that_nobody_lends_is_not_taken_by_its_name(workers: Workers, theirs: str) -> None:
    """An author who knows an allocation id gets nothing by it, and nothing of another pod's."""
    if theirs == "a strangers":
        address = workers.ec2.give("", "", **{names.CLUSTER_NAME_TAG: "", names.CLUSTER_UID_TAG: ""})
    else:
        address = workers.ec2.give(OTHER, "db", IP2, **{names.LEND_TAG: CLUSTER[0]})
    asking(workers, request_address=address.allocation_id)

    workers.run_for(30)

    assert workers.ec2.mutating == []
    assert workers.claim().allocation_id == ""


def test_an_admin_who_lends_one_is_noticed_by_the_next_sweep(workers: Workers) -> None:
    """Who was told that it may have none need not wait out its ten minutes."""
    asking(workers)
    workers.run()
    assert workers.claim().error == "NotLent"

    workers.ec2.lend("shop/web", "blue")
    workers.sweeper.sweep()
    workers.run_for(1)

    assert workers.claim().serving


def test_who_may_not_have_it_lets_pass_who_may(served: Workers) -> None:
    """The first in the line was lent it when it lined up; by now only the one behind it is."""
    asking(served, OTHER, "db", IP2)
    served.run()
    asking(served, THIRD, "cart", IP3)
    served.run()
    mine = served.claim().allocation_id
    retagged = {**now(served, mine).tags, names.LEND_TAG: "shop/web shop/cart"}
    served.ec2._book.tag(served.ec2._book.get(mine), retagged)

    deleted(served)
    served.run_for(2)

    assert served.claim(THIRD).serving
    assert served.claim(OTHER).allocation_id == ""


def test_who_waits_is_served_when_one_comes_back(served: Workers) -> None:
    """At once, though EC2 shows the association for seconds; the pod is told who has it until then."""
    asking(served, OTHER, "db", IP2, request_address=served.claim().public_ip)
    served.run()
    [event] = served.kubernetes.told("NoAddressFree")
    assert "in use by the pod shop/web" in event["message"]

    served.ec2.lag = 5.0
    deleted(served)
    served.run_for(20)

    assert served.claim(OTHER).serving
    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]


@pytest.mark.parametrize("unknown", [False, True])
def test_a_pod_that_ends_before_it_is_served_lets_others_have_it(
    workers: Workers, lent: Address, *, unknown: bool
) -> None:
    """It may take minutes to end; where a call was made, that is looked up first."""
    asking(workers)
    workers.step(*workers.messages.pop())
    if unknown:
        workers.ec2.refuse(Action.ASSOCIATE, "NoReply")
        workers.step(*workers.messages.pop())
    asking(workers, OTHER, "db", IP2)
    workers.see(workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))

    workers.run_for(15)

    assert workers.claim(OTHER).serving
    assert now(workers, lent.allocation_id).private_ip == IP2


def test_a_pod_that_ends_without_network_lets_others_have_it(served: Workers) -> None:
    """A finalizer may hold it for hours; it will not be served again."""
    asking(served, OTHER, "db", IP2)
    served.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z")
    condition = {"type": names.NETWORK_CONDITION, "status": "False"}
    served.see(served.kubernetes.edit("web", "status", conditions=[condition]))

    served.run_for(15)

    assert served.claim(OTHER).serving


def test_who_waits_costs_no_calls(served: Workers) -> None:
    """One look in ten minutes."""
    asking(served, OTHER, "db", IP2)
    served.run()
    served.forget_calls()

    served.run_for(599)

    assert served.ec2.calls == []


def test_it_follows_the_pods_ip(served: Workers) -> None:
    """The same one, and no other pod gets it in between."""
    served.see(served.kubernetes.edit("web", "status", podIP=IP2))
    served.run()

    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.ASSOCIATE]
    assert served.claim().associated_ip == IP2


def test_an_edit_on_a_live_pod_takes_nothing_from_it(served: Workers) -> None:
    """Whatever it asks for by then: what it has stays until it ends, and is given back."""
    mine = served.claim().allocation_id
    for asks in ({}, {"pool": "red"}, {"pool": "***"}, {"pool": "blue", "keep": "1h"}, {"keep": "forever"}):
        written = served.kubernetes.annotations("web")
        kept = {k: v for k, v in written.items() if k not in {names.POOL_ANNOTATION, names.KEEP_ANNOTATION}}
        asked = {f"{names.PREFIX}/{key}": value for key, value in asks.items()}
        served.see(served.kubernetes.edit("web", "metadata", annotations={**kept, **asked}))
        served.run()
        assert served.claim().allocation_id == mine
        assert served.claim().serving
    assert served.ec2.mutating == []

    deleted(served)
    served.run()

    assert served.ec2.mutating == [Action.DISASSOCIATE]


def test_the_pod_that_asks_for_another_pool_is_served_from_it(served: Workers) -> None:
    """It waited in vain, and its author did what the Event says."""
    asking(served, OTHER, "db", IP2)
    served.run()
    red = served.ec2.lend("*/*", "red")

    served.see(served.kubernetes.edit("db", "metadata", annotations={names.POOL_ANNOTATION: "red"}))
    served.run_for(1)

    assert served.claim(OTHER).public_ip == red.public_ip
    assert served.claim(OTHER).serving


# Answers that were lost, and Redis that was.


def test_a_lost_answer_leaves_nothing_on_a_freed_ip(workers: Workers, lent: Address) -> None:
    """The pod went before anybody looked: it sits on the IP that a stranger's pod gets next."""
    asking(workers)
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.step(*workers.messages.pop())
    workers.step(*workers.messages.pop())
    assert workers.ec2.at(IP)

    deleted(workers)
    workers.run_for(25)

    assert workers.ec2.at(IP) == []
    assert workers.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE]
    assert workers.client.hgetall(Keys.BORROWED) == {}


def test_a_lost_answer_that_lags_leaves_nothing_on_a_freed_ip(workers: Workers, lent: Address) -> None:
    """The first look does not show it yet."""
    workers.time.pass_by(10)
    asking(workers)
    workers.ec2.lag = 4.0
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.step(*workers.messages.pop())
    workers.step(*workers.messages.pop())

    deleted(workers)
    workers.run_for(25)

    assert workers.ec2.at(IP) == []


def test_a_refused_one_is_not_taken_from_who_has_it(workers: Workers, lent: Address) -> None:
    """EC2 said that something is associated, and the pod went: it is somebody else's association."""
    asking(workers)
    workers.step(*workers.messages.pop())
    workers.ec2.put(lent.allocation_id, ELSEWHERE)
    workers.step(*workers.messages.pop())
    assert workers.claim().contested

    deleted(workers)
    workers.run_for(25)

    assert now(workers, lent.allocation_id).private_ip == ELSEWHERE
    assert Action.DISASSOCIATE not in workers.ec2.mutating


def test_what_an_admin_moved_is_not_taken_from_there(served: Workers) -> None:
    """The pod's association is gone, and the new one is none of ours: the pod's end frees nothing."""
    mine = served.claim().allocation_id
    served.ec2.put(mine, ELSEWHERE)
    deleted(served)

    served.run_for(30)

    assert now(served, mine).private_ip == ELSEWHERE
    assert served.ledger.uids() == set()


def test_a_lost_redis_finds_it_on_the_pods_own_ip(served: Workers) -> None:
    """Though another of the pool is free, and comes first: nothing is called."""
    mine = served.claim().allocation_id
    served.ec2.lend(CLUSTER[0], "blue")
    served.client.flushall()
    served.ledger.open_epoch()
    served.sweeper.refill()
    served.forget_calls()

    served.see(served.kubernetes.pod("web"), EventType.READ)
    served.run_for(5)

    assert served.claim().allocation_id == mine
    assert served.claim().serving
    assert served.ec2.mutating == []


def test_a_lost_redis_gives_nobody_what_another_has(served: Workers) -> None:
    """The other pod comes first, and EC2 is all that knows."""
    served.client.flushall()
    served.ledger.open_epoch()
    served.sweeper.refill()
    asking(served, OTHER, "db", IP2)
    served.run()

    assert served.claim(OTHER).allocation_id == ""
    served.see(served.kubernetes.pod("web"), EventType.READ)
    served.run_for(5)
    assert served.claim().serving
    assert served.ec2.mutating == []


def test_a_pod_that_is_ending_keeps_what_a_lost_redis_forgot(served: Workers) -> None:
    """Its last connections may take long; then the address leaves its IP at once."""
    served.see(served.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))
    served.run()
    served.client.flushall()
    served.ledger.open_epoch()
    served.see(served.kubernetes.pod("web"), EventType.READ)
    served.run()
    served.sweeper.refill()
    served.run_for(600)
    assert served.claim().serving
    assert served.kubernetes.ready("web") == "True"

    served.see(served.kubernetes.remove("web"), EventType.DELETED)
    served.run_for(5)
    assert served.ec2.at(IP) == []


def test_a_pod_that_is_ending_takes_no_address_that_it_did_not_have(workers: Workers, lent: Address) -> None:
    """It is asked once, and lines up for none."""
    ending = {"deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": {names.POOL_ANNOTATION: "blue"}}
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata=ending))
    workers.run_for(300)

    assert workers.ec2.at(IP) == []
    assert len(workers.ec2.calls) == 1
    assert workers.client.keys(f"{Keys.WAITING}*") == []


def test_a_look_that_fails_makes_nobody_say_that_there_is_none(served: Workers) -> None:
    """Redis lost its data: the pod's lent address is found on its IP by the next look."""
    said = dict(served.kubernetes.annotations("web"))
    served.client.flushall()
    served.ledger.open_epoch()
    served.sweeper.refill()
    served.ec2.refuse(Action.DESCRIBE_ADDRESSES, "RequestLimitExceeded")
    served.see(served.kubernetes.pod("web"), EventType.READ)
    served.run()
    assert served.kubernetes.annotations("web") == said

    served.run_for(30)
    assert served.claim().serving
    assert served.kubernetes.asked("patch") == []


def test_a_full_namespace_keeps_a_lost_redis_from_nothing(served: Workers) -> None:
    """Another pod comes first, and fills it; who has an address on its IP keeps it, and gives it back."""
    served.world = replace(served.world, limit_of=lambda _: 1)
    served.ec2.lend(CLUSTER[0], "blue")
    served.client.flushall()
    served.ledger.open_epoch()
    served.sweeper.refill()
    asking(served, OTHER, "db", IP2)
    served.run()
    assert served.claim(OTHER).serving

    served.see(served.kubernetes.pod("web"), EventType.READ)
    served.run()
    assert served.claim().serving
    served.see(served.kubernetes.remove("web"), EventType.DELETED)
    served.run()
    assert served.ec2.at(IP) == []


def test_nothing_is_taken_before_the_refill(workers: Workers, lent: Address) -> None:
    """What Redis knew of others is not back yet."""
    workers.client.flushall()
    workers.ledger.open_epoch()
    asking(workers)

    workers.run_for(30)

    assert workers.ec2.calls == []


def test_an_ip_of_another_network_is_not_the_pods(workers: Workers, lent: Address) -> None:
    """Private IPs are unique in one VPC only: what sits on the same one elsewhere is in use."""
    workers.ec2.put(lent.allocation_id, IP, "eni-of-another-vpc")
    asking(workers)

    workers.run_for(30)

    assert workers.claim().allocation_id == ""
    assert workers.ec2.mutating == []
    assert now(workers, lent.allocation_id).interface_id == "eni-of-another-vpc"


def test_an_interface_that_is_not_known_yet_is_waited_for(workers: Workers, lent: Address) -> None:
    """After a lost Redis the address is on the pod's IP: it costs seconds, not ten minutes."""
    workers.ec2.put(lent.allocation_id, IP)
    interfaces, workers.ec2.interfaces = workers.ec2.interfaces, []
    asking(workers)
    workers.run()
    assert workers.claim().allocation_id == ""

    workers.ec2.interfaces = interfaces
    workers.run_for(10)

    assert workers.claim().serving
    assert workers.claim().interface_id == ENI
    assert workers.ec2.mutating == []


def test_a_pod_that_came_back_from_its_tombstone_is_asked_for_first(workers: Workers, lent: Address) -> None:
    """A late event takes no address for a pod that is gone."""
    asking(workers)
    workers.kubernetes.pods.clear()
    workers.client.set(Keys.tombstone(UID), 1)

    workers.run()

    assert workers.client.hgetall(Keys.BORROWED) == {}
    assert workers.ledger.uids() == set()


def test_a_pod_that_went_is_not_associated(workers: Workers, lent: Address) -> None:
    """What it took goes back without a mutating call."""
    asking(workers)
    workers.step(Step.ALLOCATE)
    workers.kubernetes.pods.clear()

    workers.run()

    assert workers.ec2.mutating == []
    assert workers.client.hgetall(Keys.BORROWED) == {}
