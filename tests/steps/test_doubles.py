"""A second address with the pod's uid goes back, and the live one never leaves its pod."""

import pytest

from eip.decide import Desired, EventType
from eip.names import CLUSTER_UID_TAG, Action, Step
from tests.workers_world import IP, IP2, UID, Workers
from workers.ports import Interface


@pytest.fixture
def served(workers: Workers) -> Workers:
    """A pod that has its address."""
    workers.serve()
    return workers


def found(workers: Workers, allocation_id: str) -> None:
    """A sweep noted a double, and woke the release."""
    workers.set(doubles=allocation_id)
    workers.messages.append((Step.RELEASE, UID))


def live(workers: Workers) -> list[str]:
    """The addresses on the pod's IP."""
    return [address.allocation_id for address in workers.ec2.at(IP)]


def test_a_double_is_released(served: Workers) -> None:
    """With one call where it is not associated; the pod notices nothing."""
    mine = served.claim().allocation_id
    double = served.ec2.give(UID, "web")
    found(served, double.allocation_id)

    served.run_for(15)

    assert served.ec2.mutating == [Action.RELEASE]
    assert [address.allocation_id for address in served.ec2.addresses] == [mine]
    assert served.claim().serving


def test_a_double_on_another_ip_is_taken_off_it_first(served: Workers) -> None:
    """By its association's id, after a read of the pod."""
    double = served.ec2.give(UID, "web", IP2)
    found(served, double.allocation_id)

    served.run_for(15)

    assert served.ec2.made(Action.DISASSOCIATE) == [(double.association_id,)]
    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert served.claim().serving


def test_the_live_one_becomes_the_pods_own(served: Workers) -> None:
    """What sits on the pod's IP is kept, and what the claim named goes instead."""
    former = served.claim().allocation_id
    double = served.ec2.give(UID, "web", IP)
    found(served, double.allocation_id)

    served.run_for(15)

    assert live(served) == [double.allocation_id]
    assert Action.DISASSOCIATE not in served.ec2.mutating
    assert served.ec2.made(Action.RELEASE) == [(former,)]
    assert served.claim().allocation_id == double.allocation_id
    assert served.kubernetes.annotations("web")["eip.aws.materialize.com/public-ip"] == double.public_ip


def test_the_live_one_is_found_by_the_ip_that_the_pod_has_at_that_moment(served: Workers) -> None:
    """The pod moved to the double's IP unseen: the confirming read tells."""
    former = served.claim().association_id
    double = served.ec2.give(UID, "web", IP2)
    found(served, double.allocation_id)
    served.kubernetes.edit("web", "status", podIP=IP2)

    served.run()

    assert [address.allocation_id for address in served.ec2.at(IP2)] == [double.allocation_id]
    assert served.ec2.made(Action.DISASSOCIATE) == [(former,)]
    assert served.claim().serving


@pytest.mark.parametrize("code", [0, 403, 503])
def test_a_double_is_not_taken_off_while_nothing_is_known(served: Workers, code: int) -> None:
    """It may be the live one."""
    double = served.ec2.give(UID, "web", IP2)
    found(served, double.allocation_id)
    served.kubernetes.breaks(code)

    served.run()

    assert served.ec2.mutating == []
    assert served.tokens_spent(Action.DISASSOCIATE) == 0


def test_a_strangers_address_is_not_a_double(served: Workers) -> None:
    """Whatever the claim says: EC2's tags decide whose it is."""
    theirs = served.ec2.give(UID, "web", IP2, **{CLUSTER_UID_TAG: "another"})
    found(served, theirs.allocation_id)

    served.run()

    assert served.ec2.mutating == []
    assert served.claim().doubles == ""


def test_the_pods_own_address_is_not_its_double(served: Workers) -> None:
    """The claim names it twice by some mishap: nothing is called."""
    found(served, served.claim().allocation_id)

    served.run()

    assert served.ec2.mutating == []
    assert served.claim().doubles == ""
    assert served.claim().serving


def test_a_double_that_is_gone_is_forgotten(served: Workers) -> None:
    """Somebody released it by hand."""
    found(served, "eipalloc-0gone")

    served.run()

    assert served.ec2.mutating == []
    assert served.claim().doubles == ""


def test_a_describe_that_lags_does_not_spend_the_budget(served: Workers) -> None:
    """An association that is gone is shown for some seconds: real disassociations need the tokens."""
    double = served.ec2.give(UID, "web", IP2)
    served.time.pass_by(10)
    served.ec2.lag = 6
    found(served, double.allocation_id)

    served.run_for(30)

    assert len(served.ec2.made(Action.DISASSOCIATE)) <= 5
    assert len(served.ec2.addresses) == 1


def test_several_doubles_go_one_by_one(served: Workers) -> None:
    """Each with a task of its own."""
    doubles = [served.ec2.give(UID, "web").allocation_id for _ in range(3)]
    found(served, ",".join(doubles))

    served.run_for(40)

    assert served.ec2.made(Action.RELEASE) == [(double,) for double in doubles]
    assert served.claim().serving


def test_the_double_of_a_pod_that_is_held_goes(served: Workers) -> None:
    """A pod without network has no live address; the one of its claim is kept."""
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    served.see(served.kubernetes.edit("web", "status", conditions=[condition]))
    served.run()
    mine = served.claim().allocation_id
    double = served.ec2.give(UID, "web", IP2)
    found(served, double.allocation_id)

    served.run_for(15)

    assert served.claim().desired is Desired.HOLD
    assert [address.allocation_id for address in served.ec2.addresses] == [mine]


@pytest.mark.parametrize("code", ["AuthFailure", "RequestLimitExceeded", "InvalidIPAddress.InUse"])
def test_a_double_that_could_not_be_released_is_tried_again(served: Workers, code: str) -> None:
    """It costs money until it is gone."""
    double = served.ec2.give(UID, "web")
    served.ec2.refuse(Action.RELEASE, code)
    found(served, double.allocation_id)

    served.run_for(20)
    served.sweeper.sweep()
    served.run_for(20)

    assert len(served.ec2.addresses) == 1


def test_a_double_that_stays_keeps_nobody_from_an_address(workers: Workers) -> None:
    """EC2 refuses for ever to release it: the pod is served all the same, told, and gives its own back."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)
    double = workers.ec2.give(UID, "web")
    workers.ec2.refuse(Action.RELEASE, "InvalidAddress.Locked", 1000)
    found(workers, double.allocation_id)
    workers.run_for(30)
    assert workers.claim().serving
    assert workers.kubernetes.ready("web") == "True"

    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run_for(5)
    assert workers.ec2.at(IP) == []
    workers.ec2.faults[Action.RELEASE].clear()
    for _ in range(3):
        workers.sweeper.sweep()
        workers.run_for(300)
    assert workers.ec2.addresses == []


def test_the_same_ip_of_another_network_is_not_the_live_one(served: Workers) -> None:
    """Somebody put the double there: it goes, and the two do not take turns."""
    served.ec2.interfaces.append(Interface("eni-2", "i-2", "vpc-0b", frozenset({IP})))
    double = served.ec2.give(UID, "web")
    served.ec2.put(double.allocation_id, IP, "eni-2")
    found(served, double.allocation_id)

    served.run_for(15)

    assert served.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert served.claim().serving


def test_a_live_one_that_ec2_shows_late_is_not_released(served: Workers) -> None:
    """In a default VPC that would take it off the pod."""
    served.ec2.default_vpc = True
    live = served.ec2.give(UID, "web")
    served.time.pass_by(60)
    served.ec2.put(live.allocation_id, IP)
    served.time.pass_by(2)
    served.ec2.lag = 5
    found(served, live.allocation_id)

    served.run_for(30)

    assert [address.allocation_id for address in served.ec2.at(IP)] == [live.allocation_id]


def test_a_double_waits_for_no_token(workers: Workers) -> None:
    """While others release more than EC2 allows its pod would have no address; a sweep finds it again."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(*workers.messages.pop())
    found(workers, workers.ec2.give(UID, "web").allocation_id)
    workers.empty(Action.RELEASE, promised=1000)

    workers.run_for(30)

    assert workers.claim().serving


def test_the_last_address_of_a_pod_is_no_double(served: Workers) -> None:
    """Somebody releases the pod's own between a sweep and the release: the next sweep takes what is left."""
    double = served.ec2.give(UID, "web")
    found(served, double.allocation_id)
    served.run()
    served.ec2.drop(served.claim().allocation_id)
    served.run_for(60)
    assert [address.allocation_id for address in served.ec2.addresses] == [double.allocation_id]

    served.time.pass_by(300)
    served.sweeper.sweep()
    served.run_for(30)
    assert [address.allocation_id for address in served.ec2.at(IP)] == [double.allocation_id]
    assert Action.ALLOCATE not in served.ec2.mutating
