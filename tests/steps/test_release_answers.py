"""What EC2 answers to a release: read again before it is believed, and never more than is owed."""

import pytest

from eip.decide import EventType
from eip.names import Action
from tests.workers_world import IP, IP2, OTHER, UID, Workers


@pytest.fixture
def leaving(workers: Workers) -> Workers:
    """A pod that is gone, and whose address is to be disassociated next."""
    workers.serve()
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    return workers


@pytest.fixture
def disassociated(leaving: Workers) -> Workers:
    """A pod that is gone, and whose address is to be released next."""
    leaving.step(*leaving.messages.pop())
    leaving.forget_calls()
    return leaving


def test_an_association_that_is_gone_is_read_again(leaving: Workers) -> None:
    """Somebody disassociated it by hand: it is released after one look."""
    leaving.ec2.take(leaving.claim().allocation_id)

    leaving.run()

    assert leaving.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE]
    assert len(leaving.ec2.made(Action.DESCRIBE_ADDRESSES)) == 1


def test_an_association_that_changed_is_taken_away_by_its_new_id(leaving: Workers) -> None:
    """Somebody moved the pod's address by hand; it is ours, and its pod is gone."""
    leaving.ec2.put(leaving.claim().allocation_id, IP2)

    leaving.run()

    assert leaving.ec2.addresses == []
    assert len(leaving.ec2.made(Action.DISASSOCIATE)) == 2


def test_a_lost_reply_of_a_disassociation_ends_well(leaving: Workers) -> None:
    """The second call finds it gone."""
    leaving.ec2.lose_reply(Action.DISASSOCIATE)

    leaving.run_for(10)

    assert leaving.ec2.addresses == []


def test_a_describe_that_lags_is_not_followed_in_haste(leaving: Workers) -> None:
    """The association is gone, and shown still: it is looked at again after a while."""
    leaving.ec2.lag = 6
    leaving.ec2.lose_reply(Action.DISASSOCIATE)

    leaving.run_for(30)

    assert leaving.ec2.addresses == []
    assert len(leaving.ec2.made(Action.DISASSOCIATE)) <= 6


@pytest.mark.parametrize("code", ["AuthFailure", "UnauthorizedOperation"])
def test_denied_is_never_done(leaving: Workers, code: str) -> None:
    """The association is there still: the claim keeps it, backs off, and somebody is told."""
    association = leaving.claim().association_id
    leaving.ec2.refuse(Action.DISASSOCIATE, code)

    leaving.run()

    assert leaving.claim().association_id == association
    assert leaving.claim().error == code
    assert leaving.ec2.mutating == [Action.DISASSOCIATE]
    assert len(leaving.kubernetes.told("ReleaseFailed")) == 1


@pytest.mark.parametrize("code", ["AuthFailure", "UnauthorizedOperation", "RequestLimitExceeded", "NoReply"])
def test_a_release_that_failed_is_tried_again(disassociated: Workers, code: str) -> None:
    """Nothing is given up."""
    disassociated.ec2.refuse(Action.RELEASE, code)

    disassociated.run_for(70)

    assert disassociated.ec2.addresses == []
    assert disassociated.ledger.uids() == set()


def test_an_address_in_use_is_read_again_and_not_disassociated_blindly(disassociated: Workers) -> None:
    """EC2's own parts differ for a moment: it says in use, and shows no association."""
    disassociated.ec2.refuse(Action.RELEASE, "InvalidIPAddress.InUse")

    disassociated.run()
    assert disassociated.ec2.mutating == [Action.RELEASE]

    disassociated.run_for(10)
    assert disassociated.ec2.mutating == [Action.RELEASE, Action.RELEASE]
    assert disassociated.ec2.addresses == []


def test_an_address_that_somebody_associated_is_taken_off_first(disassociated: Workers) -> None:
    """In a VPC that is not the default one, ReleaseAddress refuses; what it reads is then disassociated."""
    disassociated.ec2.put(disassociated.claim().allocation_id, IP2)

    disassociated.run_for(10)

    assert disassociated.ec2.mutating == [Action.RELEASE, Action.DISASSOCIATE, Action.RELEASE]
    assert disassociated.ec2.addresses == []


def test_in_a_default_vpc_nothing_is_released_while_it_is_associated(leaving: Workers) -> None:
    """ReleaseAddress would disassociate by itself there: it is not called before the association is gone."""
    leaving.ec2.default_vpc = True
    seen: list[list[str]] = []
    leaving.meanwhile(Action.RELEASE, lambda: seen.append([a.private_ip for a in leaving.ec2.addresses]))

    leaving.run()

    assert seen == [[""]]


def test_an_old_address_that_is_unknown_was_released_already(disassociated: Workers) -> None:
    """One Describe agrees, and the claim is over."""
    disassociated.ec2.drop(disassociated.claim().allocation_id)

    disassociated.run()

    assert disassociated.ec2.mutating == [Action.RELEASE]
    assert disassociated.ledger.uids() == set()


def test_a_young_address_that_is_unknown_is_not_believed_to_be_gone(workers: Workers) -> None:
    """It is asked for again until EC2 knows it in all its parts: forgetting it would leak it."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(*workers.messages.pop())
    workers.messages.clear()
    workers.ec2.young = 4
    workers.ec2.lag = 4
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)

    workers.run_for(30)

    assert workers.ec2.addresses == []
    assert workers.ledger.uids() == set()


def test_a_lost_reply_of_a_release_ends_well(disassociated: Workers) -> None:
    """The second call finds it gone, a Describe agrees, and nothing else is touched."""
    other = disassociated.ec2.give(OTHER, "db", IP2)
    disassociated.ec2.lose_reply(Action.RELEASE)

    disassociated.run_for(60)

    assert [a.allocation_id for a in disassociated.ec2.addresses] == [other.allocation_id]
    assert disassociated.ledger.uids() == set()


def test_a_pod_that_is_labelled_again_while_its_address_goes_gets_another(workers: Workers) -> None:
    """It was so just after the confirming read: what the read said does not overwrite what is newer."""
    workers.serve()
    labels = dict(workers.kubernetes.pods["shop", "web"]["metadata"]["labels"])
    workers.see(workers.kubernetes.edit("web", "metadata", labels={}), EventType.DELETED)
    workers.meanwhile(
        Action.RELEASE, lambda: workers.see(workers.kubernetes.edit("web", "metadata", labels=labels))
    )

    workers.run_for(30)

    assert workers.ec2.mutating == [Action.DISASSOCIATE, Action.RELEASE, Action.ALLOCATE, Action.ASSOCIATE]
    assert workers.claim().serving
