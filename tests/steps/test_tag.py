"""What stands on a living pod's address: how long it stays, in one CreateTags; nothing on what is lent."""

from collections.abc import Callable

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from eip.request import DEFAULT_KEEP, FOREVER
from tests.fakes.ec2 import CLUSTER
from tests.workers_world import IP, IP2, OTHER, UID, Workers
from workers.ports import Owner


def edited(workers: Workers, keep: str) -> None:
    """The author says for how long the address is to stay."""
    annotations = {**workers.kubernetes.annotations("web"), names.KEEP_ANNOTATION: keep}
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))


def tag(workers: Workers) -> str:
    """The tag `keep` of the only address."""
    [address] = workers.ec2.addresses
    return address.tags.get(names.KEEP_TAG, "")


@pytest.mark.parametrize(
    ("keep", "seconds"), [("true", DEFAULT_KEEP), ("forever", FOREVER), ("90m", 5400)], ids=str
)
def test_a_wish_of_later_is_one_call(workers: Workers, keep: str, seconds: int) -> None:
    """The address stays where it is."""
    claim = workers.serve()
    edited(workers, keep)
    workers.run()

    assert workers.ec2.made(Action.TAG) == [(claim.allocation_id, Owner(UID, "shop", "web"), seconds)]
    assert workers.ec2.mutating == [Action.TAG]
    assert workers.claim().tagged_keep == seconds
    assert workers.claim().serving


def test_a_wish_from_the_beginning_is_no_call(workers: Workers) -> None:
    """It is in AllocateAddress."""
    workers.see(
        workers.kubernetes.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "90m"}})
    )
    workers.run()

    assert workers.ec2.mutating == [Action.ALLOCATE, Action.ASSOCIATE]
    assert tag(workers) == "5400s"


@pytest.mark.parametrize("garbage", ["soon", "", "-1h", "x" * 10_000])
def test_garbage_changes_nothing(workers: Workers, garbage: str) -> None:
    """Neither the tag nor the association of a pod that is served; what held before holds on."""
    workers.serve(metadata={"annotations": {names.KEEP_ANNOTATION: "90m"}})
    edited(workers, garbage)
    workers.run()

    assert workers.claim().serving
    assert Action.DISASSOCIATE not in workers.ec2.mutating
    assert tag(workers) == ("false" if garbage == "" else "5400s")


def test_a_lost_answer_is_one_more_call(workers: Workers) -> None:
    """Written twice it says the same."""
    workers.serve()
    workers.ec2.lose_reply(Action.TAG)
    edited(workers, "90m")
    workers.run_for(5)

    assert workers.ec2.mutating == [Action.TAG] * 2
    assert workers.claim().tagged_keep == 5400


def lost(workers: Workers) -> None:
    """The address is tagged, and the answer is lost."""
    workers.ec2.lose_reply(Action.TAG)
    workers.step(*workers.messages.pop())


def died(workers: Workers) -> None:
    """The address is tagged, and the worker is killed before it can say so."""
    workers.messages.clear()
    claim = workers.job(Step.ALLOCATE).held.claim
    workers.ec2.tag(claim.allocation_id, Owner(UID, "shop", "web"), claim.keep)


@pytest.mark.parametrize("unknown", [lost, died])
def test_what_may_be_tagged_to_stay_stays(workers: Workers, unknown: Callable[[Workers], None]) -> None:
    """Its pod is gone before that is known, and the next pod of the name gets it."""
    before = workers.serve()
    edited(workers, "forever")
    unknown(workers)
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run_for(60)
    assert [address.allocation_id for address in workers.ec2.addresses] == [before.allocation_id]

    annotations = {names.KEEP_ANNOTATION: "forever"}
    workers.see(workers.kubernetes.add(OTHER, "web", IP2, metadata={"annotations": annotations}))
    workers.run_for(10)

    assert workers.claim(OTHER).allocation_id == before.allocation_id
    assert workers.claim(OTHER).serving


@pytest.mark.parametrize("unknown", [lost, died])
def test_what_may_stay_no_longer_is_released(workers: Workers, unknown: Callable[[Workers], None]) -> None:
    """Its author took the annotation away, and its pod is gone before it is known that EC2 heard of it."""
    workers.serve(metadata={"annotations": {names.KEEP_ANNOTATION: "forever"}})
    edited(workers, "")
    unknown(workers)
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run_for(60)

    assert workers.ec2.addresses == []


def test_what_ec2_does_not_show_as_tagged_is_released(workers: Workers) -> None:
    """The author asks for it when the pod has ended, and whoever works on that dies: EC2 is asked twice."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "status", phase="Succeeded"))
    workers.step(*workers.messages.pop())
    workers.job(*workers.messages.pop())
    edited(workers, "forever")

    workers.run_for(60)

    assert workers.ec2.addresses == []


def doubtful(workers: Workers) -> None:
    """A pod is gone whose address is tagged to stay, which nobody heard; it is off the IP already."""
    workers.serve()
    edited(workers, "forever")
    lost(workers)
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.step(Step.RELEASE)
    assert workers.ec2.at(IP) == []


def test_a_tag_that_is_shown_late_is_believed(workers: Workers) -> None:
    """The first look is too early to see it."""
    workers.ec2.lag = 4.0
    doubtful(workers)

    workers.run_for(60)

    assert len(workers.ec2.addresses) == 1


def test_what_ec2_shows_says_for_how_long_it_stays(workers: Workers) -> None:
    """The author asked for more, and the call was lost on its way."""
    workers.serve(metadata={"annotations": {names.KEEP_ANNOTATION: "90m"}})
    edited(workers, "forever")
    workers.ec2.refuse(Action.TAG, "NoReply")
    workers.step(*workers.messages.pop())
    workers.see(workers.kubernetes.remove("web"), EventType.DELETED)
    workers.run_for(5300)
    assert len(workers.ec2.addresses) == 1

    workers.run_for(200)

    assert workers.ec2.addresses == []


def test_who_looks_for_tags_keeps_the_lease(workers: Workers) -> None:
    """The look may take 9 s, after a read that took as long."""
    doubtful(workers)

    def slow(name: str) -> None:
        if name in {"get", Action.DESCRIBE_ADDRESSES}:
            workers.time.pass_by(9.0)
            assert workers.ledger.begin(UID, Step.RELEASE.queue) is None

    workers.ec2.before = workers.kubernetes.before = slow
    workers.step(Step.RELEASE)

    assert len(workers.ec2.addresses) == 1


@pytest.mark.parametrize("unknown", [lost, died])
def test_what_may_be_tagged_is_tagged_again(workers: Workers, unknown: Callable[[Workers], None]) -> None:
    """Its pod lives on, and no doubt is left."""
    workers.serve()
    edited(workers, "forever")
    unknown(workers)
    workers.run_for(60)

    assert workers.claim().tagged_keep == FOREVER
    assert not workers.claim().retag
    assert len(workers.ec2.made(Action.TAG)) == 2


def test_what_cannot_be_tagged_serves_on(workers: Workers) -> None:
    """The right is missing: an Event says so."""
    workers.serve()
    workers.ec2.refuse(Action.TAG, "UnauthorizedOperation", times=50)
    edited(workers, "90m")
    workers.run_for(60)

    assert workers.claim().serving
    assert workers.kubernetes.annotations("web")[names.PUBLIC_IP_ANNOTATION]
    assert workers.kubernetes.told("AllocateFailed")


def test_an_address_that_is_gone_is_allocated_anew(workers: Workers) -> None:
    """EC2 knows it no longer, and says so twice."""
    claim = workers.serve()
    workers.ec2.drop(claim.allocation_id)
    edited(workers, "90m")
    workers.run_for(30)

    assert workers.claim().serving
    assert workers.claim().allocation_id != claim.allocation_id
    assert tag(workers) == "5400s"


def test_what_is_lent_is_never_tagged(workers: Workers) -> None:
    """Its tags are the admin's, whatever the author asks for by then."""
    workers.ec2.lend(CLUSTER[0], "blue")
    workers.serve(metadata={"annotations": {names.POOL_ANNOTATION: "blue"}})
    for keep in ("1h", "forever", "false"):
        edited(workers, keep)
        annotations = workers.kubernetes.annotations("web")
        annotations.pop(names.POOL_ANNOTATION, None)
        workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))
        workers.run_for(5)

    assert workers.ec2.mutating == []


def test_a_sweep_right_after_it_believes_the_claim(workers: Workers) -> None:
    """DescribeAddresses shows the tags of before: that the pod before it stands on them is no news."""
    claim = workers.serve()
    entry = workers.ec2._book.get(claim.allocation_id)
    workers.ec2._book.tag(entry, {**entry.tags, names.POD_UID_TAG: OTHER})
    workers.set(retag=1)
    workers.age()
    workers.ec2.lag = 8.0
    workers.world.queue.update(UID, lambda c: c, ensure=True)
    workers.run()

    workers.sweeper.sweep()
    workers.run_for(30)

    assert workers.ec2.mutating == [Action.TAG]
    assert workers.claim().serving
