"""Something has an association already: what is ours makes room, what is a stranger's is left alone."""

import pytest

from eip import names
from eip.names import Action, Step
from tests.workers_world import IP, OTHER, UID, Workers
from workers.ports import Interface
from workers.shown import place_of


@pytest.fixture
def allocated(workers: Workers) -> Workers:
    """A pod whose address is allocated, and is to be associated next."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(*workers.messages.pop())
    workers.messages.clear()
    workers.forget_calls()
    workers.messages.append((Step.ASSOCIATE, UID))
    return workers


def test_ours_makes_room(allocated: Workers) -> None:
    """The address of the IP's former pod is taken off, after a look-up by private IP."""
    former = allocated.ec2.give(OTHER, "old", IP)

    allocated.run_for(1)

    assert [address.allocation_id for address in allocated.ec2.at(IP)] == [allocated.claim().allocation_id]
    assert allocated.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE, Action.ASSOCIATE]
    assert ("at", IP) in allocated.ec2.made(Action.DESCRIBE_ADDRESSES)
    assert former.allocation_id in {address.allocation_id for address in allocated.ec2.addresses}


def test_what_has_left_and_is_shown_still_is_not_waited_for(allocated: Workers) -> None:
    """What was taken off is shown for seconds: nobody looks, EC2 would refuse if it were there."""
    allocated.ec2.give(OTHER, "old", IP)
    allocated.time.pass_by(60)
    allocated.ec2.lag = 5.0

    allocated.run_for(1)

    assert allocated.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE, Action.ASSOCIATE]
    assert allocated.claim().serving


def test_what_is_never_shown_is_told(allocated: Workers) -> None:
    """EC2 says that something is in the way, and not what: less and less often, and a person is asked."""
    allocated.ec2.refuse(Action.ASSOCIATE, "Resource.AlreadyAssociated", times=1000)

    allocated.run_for(600)

    assert len(allocated.ec2.made(Action.ASSOCIATE)) < 60
    [event] = allocated.kubernetes.told("AssociateFailed")
    assert "Resource.AlreadyAssociated" in event["message"]


def test_looks_that_take_long_lose_no_lease(allocated: Workers) -> None:
    """Each may take 4 s for its token and 5 s for its answer, and the lease is 15 s."""
    allocated.ec2.give(OTHER, "old", IP)
    allocated.step(*allocated.messages.pop())
    allocated.world.finder.forget(place_of(allocated.claim()))

    def slow(name: str) -> None:
        if name in {Action.DESCRIBE_ADDRESSES, Action.DESCRIBE_INTERFACES}:
            allocated.time.pass_by(9.0)
            assert allocated.ledger.begin(UID, Step.ASSOCIATE.queue) is None

    allocated.ec2.before = slow
    allocated.step(Step.ASSOCIATE)

    assert allocated.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE]


def test_an_association_that_becomes_visible_between_two_looks_is_no_double(allocated: Workers) -> None:
    """The address is not on any IP by the first, and on the pod's by the second."""
    allocated.ec2.lag = 5.0
    allocated.ec2.lose_reply(Action.ASSOCIATE)
    allocated.step(*allocated.messages.pop())
    allocated.time.pass_by(4.9)
    looks: list[str] = []

    def before(name: str) -> None:
        looks.append(name)
        if looks.count(Action.DESCRIBE_ADDRESSES) == 2:
            allocated.time.pass_by(0.2)

    allocated.ec2.before = before
    allocated.step(Step.ASSOCIATE)

    assert allocated.claim().serving
    assert allocated.claim().doubles == ""
    assert allocated.ec2.mutating == [Action.ASSOCIATE]


def test_what_is_taken_away_meanwhile_is_not_waited_for(allocated: Workers) -> None:
    """EC2 knows no such association any more, and shows it for seconds."""
    former = allocated.ec2.give(OTHER, "old", IP)
    allocated.time.pass_by(60)
    allocated.ec2.lag = 10.0
    allocated.meanwhile(Action.DISASSOCIATE, lambda: allocated.ec2.take(former.allocation_id))

    allocated.run_for(3)

    assert allocated.ec2.mutating == [Action.ASSOCIATE, Action.DISASSOCIATE, Action.ASSOCIATE]
    assert allocated.claim().serving


def test_what_another_worker_has_associated_stays_where_that_found_the_ip(allocated: Workers) -> None:
    """Its answer was lost, and it knew the node's newest interface: live traffic is not cut off."""
    allocated.world.finder.find(place_of(allocated.claim()))
    allocated.ec2.interfaces = [Interface("eni-2", "i-00000000000000001", "vpc-0a", frozenset({IP}))]
    allocated.ec2.put(allocated.claim().allocation_id, IP, "eni-2")
    allocated.set(contested=1, attempted_interface_id="eni-2")

    allocated.run_for(5)

    assert allocated.ec2.mutating == []
    assert allocated.claim().interface_id == "eni-2"
    assert allocated.claim().serving


def test_what_is_not_shown_yet_is_waited_for(allocated: Workers) -> None:
    """DescribeAddresses lags: calls in the meantime would only use up those of others."""
    allocated.time.pass_by(60)
    allocated.ec2.lag = 5.0
    allocated.ec2.give(OTHER, "old", IP)

    allocated.run_for(10)

    assert allocated.claim().serving
    assert len(allocated.ec2.made(Action.ASSOCIATE)) <= 5


STRANGERS = {
    "no-tags": dict.fromkeys(
        (
            names.CLUSTER_NAME_TAG,
            names.CLUSTER_UID_TAG,
            names.POD_UID_TAG,
            names.NAMESPACE_TAG,
            names.POD_NAME_TAG,
        ),
        "",
    ),
    "other-cluster": {names.CLUSTER_NAME_TAG: "staging"},
    "other-cluster-of-the-same-name": {names.CLUSTER_UID_TAG: "another"},
}


@pytest.mark.parametrize("tags", STRANGERS.values(), ids=STRANGERS)
def test_a_strangers_is_left_alone(allocated: Workers, tags: dict[str, str]) -> None:
    """An Event says what is in the way; the only call was one that EC2 refused."""
    theirs = allocated.ec2.give(OTHER, "theirs", IP, **tags)

    allocated.run_for(1)

    assert [address.allocation_id for address in allocated.ec2.at(IP)] == [theirs.allocation_id]
    assert allocated.ec2.mutating == [Action.ASSOCIATE]
    [event] = allocated.kubernetes.told("AssociateFailed")
    assert theirs.public_ip in event["message"]
    assert allocated.claim().error == "ForeignAddress"


def test_a_pod_is_served_once_the_stranger_has_left(allocated: Workers) -> None:
    """It is tried again, slowly, and not given up."""
    theirs = allocated.ec2.give(OTHER, "theirs", IP, **STRANGERS["no-tags"])
    allocated.run_for(1)

    allocated.ec2.take(theirs.allocation_id)
    allocated.run_for(40)

    assert allocated.claim().serving
    assert not allocated.claim().contested


def test_the_same_ip_in_another_vpc_is_in_nobodys_way(allocated: Workers) -> None:
    """Private IPs are unique in one VPC only: what counts is the interface."""
    elsewhere = allocated.ec2.give(OTHER, "theirs", **STRANGERS["no-tags"])
    allocated.ec2.put(elsewhere.allocation_id, IP, "eni-in-another-vpc")
    allocated.ec2.give(OTHER, "old", IP)

    allocated.run_for(1)

    assert allocated.claim().serving
    assert len(allocated.ec2.at(IP)) == 2


def test_a_lost_reply_is_looked_up(allocated: Workers) -> None:
    """What was done already is not done again."""
    allocated.ec2.lose_reply(Action.ASSOCIATE)

    allocated.run_for(2)

    assert len(allocated.ec2.made(Action.ASSOCIATE)) == 1
    assert allocated.claim().association_id == allocated.ec2.addresses[0].association_id
    assert allocated.claim().serving


def test_a_lost_reply_that_is_not_visible_yet_does_no_harm(allocated: Workers) -> None:
    """The same association twice is one association."""
    allocated.ec2.lag = 5
    allocated.ec2.lose_reply(Action.ASSOCIATE)

    allocated.run_for(10)

    assert allocated.claim().association_id == allocated.ec2.addresses[0].association_id
    assert len(allocated.ec2.addresses) == 1


def test_a_call_that_was_lost_on_its_way_is_made_again(allocated: Workers) -> None:
    """The look-up shows nothing on the IP."""
    allocated.ec2.refuse(Action.ASSOCIATE, "NoReply")

    allocated.run_for(2)

    assert allocated.claim().serving


@pytest.mark.parametrize("moment", [Action.DISASSOCIATE, Action.ASSOCIATE])
def test_a_strangers_that_comes_at_the_last_moment_is_left_alone(allocated: Workers, moment: Action) -> None:
    """What was seen on the IP was ours; by the time of the call somebody has put theirs there instead."""
    allocated.ec2.give(OTHER, "old", IP)
    theirs = allocated.ec2.give(OTHER, "theirs", **STRANGERS["no-tags"])
    allocated.step(*allocated.messages.pop())
    allocated.meanwhile(moment, lambda: allocated.ec2.put(theirs.allocation_id, IP))

    allocated.run_for(5)

    assert [address.allocation_id for address in allocated.ec2.at(IP)] == [theirs.allocation_id]
    assert allocated.claim().error == "ForeignAddress"


def test_an_address_that_sits_elsewhere_is_moved(allocated: Workers) -> None:
    """Somebody associated it by hand with another IP: the pod's own counts."""
    allocated.ec2.put(allocated.claim().allocation_id, "10.0.0.10")

    allocated.run_for(1)

    assert allocated.claim().serving
    assert allocated.ec2.at("10.0.0.10") == []
