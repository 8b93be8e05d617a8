"""A call whose end nobody knows, for its answer was lost or its worker died: no IP keeps what it left there.

What it is that a pod asks for counts: EC2 refuses to release an address that is in use, and a lent or a kept
one is never released.
"""

from collections.abc import Callable

import pytest

from eip import names
from eip.decide import EventType
from eip.errors import KubernetesError
from eip.names import Action, Step
from tests.fakes.ec2 import CLUSTER, VPC
from tests.workers_world import IP, IP2, OTHER, UID, Workers
from workers.ports import Interface

Act = Callable[[Workers], None]

ASKS: dict[str, dict[str, str]] = {
    "own": {},
    "kept": {names.KEEP_ANNOTATION: "forever"},
    "lent": {names.POOL_ANNOTATION: "blue"},
}
NO_NETWORK = {"type": names.NETWORK_CONDITION, "status": "False"}
ELSEWHERE = "172.16.0.9"
FAR = "10.0.1.9"


def make(workers: Workers, asks: str) -> None:
    """A pod that asks for an address."""
    if asks == "lent":
        workers.ec2.lend(CLUSTER[0], "blue")
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata={"annotations": ASKS[asks]}))


def serve(workers: Workers, asks: str) -> None:
    """A pod that has got another IP, and whose address has just left the former one."""
    make(workers, asks)
    workers.run()
    workers.age()
    move(workers)
    workers.step(*workers.messages.pop())


def move(workers: Workers) -> None:
    """The pod has its network on another IP."""
    workers.see(workers.kubernetes.edit("web", "status", conditions=[], podIP=IP2))


def end(workers: Workers) -> None:
    """The pod is gone."""
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)


def stop(workers: Workers) -> None:
    """The pod's network is gone."""
    workers.see(workers.kubernetes.edit("web", "status", conditions=[NO_NETWORK]))


def lose_answer(workers: Workers) -> None:
    """EC2 associates the address, and does not say so."""
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.step(*workers.messages.pop())


def die(workers: Workers) -> None:
    """EC2 associates the address, and the worker is killed before it can say so."""
    workers.messages.clear()
    held = workers.job(Step.ASSOCIATE).held
    workers.ec2.put(held.claim.allocation_id, held.claim.pod_ip)


def keep_in_doubt(workers: Workers) -> None:
    """A pod is gone whose address is kept, and may be on its IP; EC2 was asked once, too early."""
    make(workers, "kept")
    workers.step(*workers.messages.pop())
    workers.ec2.lag = 3.0
    lose_answer(workers)
    end(workers)
    workers.run()


unknown = pytest.mark.parametrize("unknown", [lose_answer, die])
leave = pytest.mark.parametrize("leave", [end, stop])


@unknown
@pytest.mark.parametrize("asks", ["own", "lent"])
def test_a_pod_without_network_leaves_its_ip(workers: Workers, unknown: Act, asks: str) -> None:
    """It may stay without for long, and gets the same address again when it is back."""
    make(workers, asks)
    workers.step(*workers.messages.pop())
    unknown(workers)
    stop(workers)

    workers.run_for(30)
    assert workers.ec2.at(IP) == []

    move(workers)
    workers.run_for(5)
    assert workers.claim().associated_ip == IP2
    assert len(workers.ec2.addresses) == 1


@unknown
@pytest.mark.parametrize("asks", ASKS)
def test_an_address_leaves_the_former_ip_though_the_new_one_is_not_found(
    workers: Workers, unknown: Act, asks: str
) -> None:
    """EC2 shows the pod's new IP on no interface yet; the old one may be another pod's within 30 s."""
    make(workers, asks)
    workers.step(*workers.messages.pop())
    unknown(workers)
    workers.see(workers.kubernetes.edit("web", "status", podIP="10.0.9.9"))

    workers.run_for(20)

    assert workers.ec2.at(IP) == []


@leave
@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("gap", [0.3, 4.0])
def test_an_old_answer_of_ec2s_ends_no_doubt(workers: Workers, leave: Act, asks: str, gap: float) -> None:
    """It shows the former IP, which the address has left, not yet the one that the lost call put it on."""
    make(workers, asks)
    workers.run()
    workers.age()
    workers.ec2.lag = 5.0
    move(workers)
    workers.step(*workers.messages.pop())
    workers.time.pass_by(gap)
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.step(*workers.messages.pop())
    workers.run_for(0.6)
    leave(workers)

    workers.run_for(60)

    assert workers.ec2.at(IP2) == []


@pytest.mark.parametrize("stays", [True, False])
def test_an_old_answer_gives_a_lent_address_to_nobody(workers: Workers, *, stays: bool) -> None:
    """It shows the pod that had it before, and not yet the one that the lost call put it on."""
    workers.ec2.interfaces.append(Interface("eni-2", "i-00000000000000002", VPC, frozenset({FAR})))
    workers.kubernetes.nodes["node-2"] = "aws:///us-east-1a/i-00000000000000002"
    make(workers, "lent")
    workers.run()
    workers.age()
    annotations = {"annotations": ASKS["lent"]}
    workers.see(workers.kubernetes.add(OTHER, "db", FAR, metadata=annotations, spec={"nodeName": "node-2"}))
    workers.run()
    workers.time.pass_by(30)
    workers.ec2.lag = 3.0
    end(workers)
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.run_for(30 if stays else 1)
    assert workers.claim(OTHER).serving is stays

    if not stays:
        assert workers.ec2.at(FAR)
        workers.see(workers.kubernetes.remove("db"), EventType.DELETED)
        workers.run_for(60)
    assert bool(workers.ec2.at(FAR)) is stays


def test_what_was_just_taken_off_is_not_looked_at(workers: Workers) -> None:
    """EC2 shows it for seconds where it was: the pod, whose IP has changed, need not wait for that."""
    make(workers, "own")
    workers.run()
    workers.age()
    workers.ec2.lag = 4.0
    workers.ec2.refuse(Action.DISASSOCIATE, "NoReply")
    move(workers)

    workers.run_for(2)

    assert workers.claim().serving


def test_the_next_pod_of_a_name_inherits_the_doubt(workers: Workers) -> None:
    """The kept address may be on the IP of the pod before it, and its own IP is not found for long."""
    keep_in_doubt(workers)
    workers.see(workers.kubernetes.add(OTHER, "web", "10.0.9.9", metadata={"annotations": ASKS["kept"]}))

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_an_inherited_doubt_does_not_wait_for_tags(workers: Workers) -> None:
    """EC2 refuses CreateTags, and the address may be on the IP of the pod before."""
    keep_in_doubt(workers)
    workers.ec2.refuse(Action.TAG, "UnauthorizedOperation", times=1000)
    workers.see(workers.kubernetes.add(OTHER, "web", IP2, metadata={"annotations": ASKS["kept"]}))

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


@unknown
@pytest.mark.parametrize("asks", ASKS)
def test_a_pod_that_is_ending_leaves_its_former_ip(workers: Workers, unknown: Act, asks: str) -> None:
    """No new address comes to it; what a lost call has put on an IP that it had before must leave that."""
    make(workers, asks)
    workers.step(*workers.messages.pop())
    unknown(workers)
    workers.kubernetes.edit("web", "status", podIP=IP2)
    workers.see(workers.kubernetes.edit("web", "metadata", deletionTimestamp="2026-01-01T00:00:00Z"))

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_a_pod_without_network_costs_two_looks(workers: Workers) -> None:
    """Nothing came of the call: it rests as every other."""
    make(workers, "own")
    workers.step(*workers.messages.pop())
    workers.ec2.refuse(Action.ASSOCIATE, "NoReply")
    workers.step(*workers.messages.pop())
    workers.forget_calls()

    stop(workers)
    workers.run_for(300)

    assert [call.action for call in workers.ec2.calls] == [Action.DESCRIBE_ADDRESSES] * 2
    assert workers.claim().allocation_id
    assert not workers.claim().contested


@leave
def test_what_an_admin_took_in_the_meantime_stays_where_it_is(workers: Workers, leave: Act) -> None:
    """The lent address is on no IP of the pod's node: it was none of its calls."""
    make(workers, "lent")
    workers.step(*workers.messages.pop())
    workers.ec2.refuse(Action.ASSOCIATE, "NoReply")
    workers.step(*workers.messages.pop())
    leave(workers)
    [address] = workers.ec2.addresses
    workers.ec2.put(address.allocation_id, ELSEWHERE)

    workers.run_for(30)

    assert workers.ec2.at(ELSEWHERE)
    assert Action.DISASSOCIATE not in workers.ec2.mutating
    assert not any(claim.allocation_id for claim in workers.ledger.claims([UID]).values())


@unknown
def test_a_pod_with_another_ip_takes_a_lent_address_along(workers: Workers, unknown: Act) -> None:
    """It is on the pod's former IP, which nobody wrote down."""
    make(workers, "lent")
    workers.step(*workers.messages.pop())
    unknown(workers)
    move(workers)

    workers.run_for(25)

    assert workers.ec2.at(IP) == []
    assert workers.claim().serving


@unknown
@leave
def test_a_lent_address_that_followed_its_pod_leaves_where_it_went(
    workers: Workers, unknown: Act, leave: Act
) -> None:
    """The claim knows of no association, and the one that EC2 shows is the pod's own."""
    serve(workers, "lent")
    unknown(workers)
    leave(workers)

    workers.run_for(30)

    assert workers.ec2.at(IP2) == []


@leave
@pytest.mark.parametrize("asks", ["kept", "lent"])
def test_an_address_that_follows_late_leaves_where_it_went(workers: Workers, leave: Act, asks: str) -> None:
    """EC2 does what it had not answered when the pod is there no longer."""
    serve(workers, asks)
    workers.ec2.refuse(Action.ASSOCIATE, "NoReply")
    workers.step(*workers.messages.pop())
    leave(workers)
    workers.run()
    assert workers.ec2.at(IP) == []

    workers.time.pass_by(3)
    [address] = workers.ec2.addresses
    workers.ec2.put(address.allocation_id, IP2)
    workers.run_for(25)

    assert workers.ec2.at(IP2) == []


@leave
@pytest.mark.parametrize("asks", ASKS)
def test_an_association_that_ec2_does_not_know_yet_is_not_gone(
    workers: Workers, leave: Act, asks: str
) -> None:
    """Neither the id nor the association is visible everywhere so soon."""
    make(workers, asks)
    workers.run()
    workers.time.pass_by(2)
    workers.ec2.lag = 5
    workers.ec2.refuse(Action.DISASSOCIATE, "InvalidAssociationID.NotFound")
    leave(workers)

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_an_address_in_doubt_waits_for_no_patch(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pod cannot be told that it has none, and its IP may be another's soon."""
    workers.serve()

    def refuse(*_: object) -> None:
        raise KubernetesError(403, "Forbidden", "a webhook says no")

    monkeypatch.setattr(workers.kubernetes, "patch_pod_status", refuse)
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    workers.ec2.lose_reply(Action.ASSOCIATE)
    workers.run()
    assert workers.ec2.at(IP2)
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2, conditions=[NO_NETWORK]))

    workers.run_for(30)

    assert workers.ec2.at(IP2) == []


@unknown
def test_an_address_in_doubt_waits_for_no_release(workers: Workers, unknown: Act) -> None:
    """EC2 denies to release it, and would have said that it is in use."""
    make(workers, "own")
    workers.step(*workers.messages.pop())
    unknown(workers)
    workers.ec2.refuse(Action.RELEASE, "UnauthorizedOperation", 1000)
    end(workers)

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_an_inherited_doubt_waits_for_no_token(workers: Workers) -> None:
    """Others tag more than EC2 allows."""
    make(workers, "kept")
    workers.step(*workers.messages.pop())
    lose_answer(workers)
    workers.messages.clear()
    workers.kubernetes.remove("web")
    workers.empty(Action.TAG, promised=1000)
    workers.see(workers.kubernetes.add(OTHER, "web", IP2, metadata={"annotations": ASKS["kept"]}))

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_who_waits_for_another_pool_is_left_nothing(workers: Workers) -> None:
    """The next pod with the IP asks for a lent address too, and would never take this one."""
    make(workers, "lent")
    workers.time.pass_by(60)
    workers.step(*workers.messages.pop())
    workers.ec2.lag = 3
    lose_answer(workers)
    workers.messages.clear()
    end(workers)
    red = {"annotations": {names.POOL_ANNOTATION: "red"}}
    workers.see(workers.kubernetes.add(OTHER, "db", IP, metadata=red))

    workers.run_for(30)

    assert workers.ec2.at(IP) == []


def test_nobody_is_cut_off_whom_a_lost_redis_forgot(workers: Workers) -> None:
    """EC2 shows its lent address as free for a while: another pod takes it, and finds it where it belongs."""
    make(workers, "lent")
    workers.time.pass_by(60)
    workers.run()
    workers.see(workers.kubernetes.add(OTHER, "db", IP2, metadata={"annotations": ASKS["lent"]}))
    workers.run()
    workers.time.pass_by(2)
    workers.ec2.lag = 5
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.sweeper.refill()
    workers.forget_calls()
    workers.see(workers.kubernetes.pod("db"), EventType.READ)
    workers.run()
    workers.see(workers.kubernetes.pod("web"), EventType.READ)
    workers.run_for(60)

    assert Action.DISASSOCIATE not in workers.ec2.mutating
    assert workers.claim().serving


@pytest.mark.parametrize("asks", ["kept", "lent"])
def test_a_message_that_comes_too_late_makes_nobody_forget(workers: Workers, asks: str) -> None:
    """It is for a step that is not the next one, and comes when the dead worker's lease has run out."""
    make(workers, asks)
    workers.step(*workers.messages.pop())
    die(workers)
    end(workers)
    workers.time.pass_by(16)

    workers.step(Step.ALLOCATE)
    workers.run_for(10)

    assert workers.ec2.at(IP) == []


def test_a_look_that_fails_makes_nobody_forget(workers: Workers) -> None:
    """The dead worker's successor was refused, and its own successor knows no less."""
    make(workers, "lent")
    workers.step(*workers.messages.pop())
    die(workers)
    end(workers)
    workers.ec2.refuse(Action.DESCRIBE_ADDRESSES, "RequestLimitExceeded")

    workers.run_for(25)

    assert workers.ec2.at(IP) == []
