"""Lent addresses: one pod has each, whatever races with what, and what EC2 shows is not believed blindly."""

import pytest

from eip.claim import changed
from eip.decide import Desired
from eip.errors import EpochChanged, LeaseLost, NamespaceFull
from eip.names import Queue
from eip.store.handover import Candidate, Waits
from eip.store.keys import Keys
from tests.handover.conftest import POOL, Pods, X, Y


def test_the_first_that_nobody_has(pods: Pods) -> None:
    """Each pod gets one of its own, in the order in which they are offered."""
    pods.want("a")
    pods.want("b")

    assert pods.borrow("a", X, Y) == X.allocation_id
    assert pods.borrow("b", X, Y) == Y.allocation_id


def test_one_address_is_never_two_pods(pods: Pods) -> None:
    """Both saw it free; the second is told who has it."""
    pods.want("a")
    pods.want("b")
    first, second = pods.held("a"), pods.held("b")

    pods.handover.borrow(first, POOL, [X], 0)

    assert pods.handover.borrow(second, POOL, [X], 0) == Waits("a")
    assert pods.claim("b").allocation_id == ""


def test_the_claim_and_what_is_answered_are_the_same(pods: Pods) -> None:
    """The step goes on from what the script wrote."""
    pods.want("a")

    answer = pods.handover.borrow(pods.held("a"), POOL, [X], 0)

    assert not isinstance(answer, Waits)
    written = pods.claim("a")
    assert (written.allocation_id, written.public_ip, written.lent) == (X.allocation_id, X.public_ip, True)
    assert changed(written, lease_token="", lease_until=0, sequence=0) == changed(
        answer.claim, lease_token="", lease_until=0, sequence=0
    )
    assert written.allocated_at == written.changed_at > 0


def test_a_lost_lease_takes_nothing(pods: Pods) -> None:
    """Another worker is at it by then."""
    pods.want("a")
    stalled = pods.held("a")
    pods.past.grow(20)
    pods.held("a")

    with pytest.raises(LeaseLost):
        pods.handover.borrow(stalled, POOL, [X], 0)
    assert pods.borrower() == ""


def test_a_claim_that_changed_takes_nothing(pods: Pods) -> None:
    """The pod may be gone, or ask for something else, since the step began."""
    pods.want("a")
    held = pods.held("a")
    pods.change("a", lambda c: changed(c, desired=Desired.RELEASE, pod_ip=""))

    with pytest.raises(LeaseLost):
        pods.handover.borrow(held, POOL, [X], 0)
    assert (pods.borrower(), pods.line()) == ("", [])


def test_a_claim_that_was_forgotten_takes_nothing(pods: Pods) -> None:
    """No claim without a name is left that has an address."""
    pods.want("a")
    held = pods.held("a")
    pods.lose("a")

    with pytest.raises(LeaseLost):
        pods.handover.borrow(held, POOL, [X], 0)
    assert pods.ledger.claim("a") is None


def test_a_flushed_redis_takes_nothing(pods: Pods) -> None:
    """Who had what is not known at that moment."""
    pods.want("a")
    held = pods.held("a")
    pods.client.flushall()

    with pytest.raises(EpochChanged):
        pods.handover.borrow(held, POOL, [X], 0)
    assert pods.borrower() == ""


def test_what_sits_elsewhere_is_taken(pods: Pods) -> None:
    """EC2's word counts where Redis knows nothing: an admin or another cluster has it."""
    pods.want("a")

    assert pods.borrow("a", Candidate("eipalloc-x", "198.18.0.1", "eipassoc-1")) == ""
    assert pods.line() == ["a"]


def associated(pods: Pods, uid: str = "a") -> None:
    """A pod whose lent address is associated."""
    pods.want(uid)
    pods.borrow(uid, X)
    pods.change(uid, lambda c: changed(c, association_id="eipassoc-1", associated_ip="10.0.0.9"))


def test_an_association_that_was_given_back_is_not_believed(pods: Pods) -> None:
    """DescribeAddresses lags: the next need not wait until EC2 shows what Redis knows."""
    associated(pods)
    pods.give_back("a")
    pods.want("b")

    assert pods.borrow("b", Candidate("eipalloc-x", "198.18.0.1", "eipassoc-1")) == "eipalloc-x"


def test_what_was_given_back_is_forgotten_in_time(pods: Pods) -> None:
    """EC2 shows it for seconds; the address may be another's, or gone, long after."""
    associated(pods)
    pods.give_back("a")

    assert 60 < int(pods.client.ttl(Keys.RETURNED)) <= 3600


def test_an_association_after_that_is_believed(pods: Pods) -> None:
    """Somebody took it in the meantime."""
    associated(pods)
    pods.give_back("a")
    pods.want("b")

    assert pods.borrow("b", Candidate("eipalloc-x", "198.18.0.1", "eipassoc-2")) == ""


def test_an_association_that_is_gone_stays_so(pods: Pods) -> None:
    """The next pod has given the address back unused before EC2 shows that it left the one before."""
    shown = Candidate("eipalloc-x", "198.18.0.1", "eipassoc-1")
    associated(pods)
    pods.give_back("a")
    pods.want("b")
    pods.borrow("b", shown)
    pods.give_back("b")
    pods.want("c")

    assert pods.borrow("c", shown) == "eipalloc-x"


def test_an_address_that_was_never_associated_is_returned(pods: Pods) -> None:
    """And no association of it counts as gone."""
    pods.want("a")
    pods.borrow("a", X)
    pods.give_back("a")

    assert pods.borrower() == ""
    assert pods.client.hgetall(Keys.RETURNED) == {}


def test_a_held_pod_keeps_its_lent_address(pods: Pods) -> None:
    """Its network may come back."""
    associated(pods)
    pods.change(
        "a", lambda c: changed(c, desired=Desired.HOLD, pod_ip="", association_id="", associated_ip="")
    )
    pods.want("b")

    assert pods.borrow("b", X) == ""
    assert pods.borrower() == "a"


def test_a_lost_claim_does_not_keep_the_address_for_ever(pods: Pods) -> None:
    """Nobody would ever give it back; EC2 still says whether it sits somewhere."""
    pods.want("a")
    pods.borrow("a", X)
    pods.lose("a")
    pods.want("b")

    assert pods.borrow("b", Candidate("eipalloc-x", "198.18.0.1", "eipassoc-1")) == ""
    assert pods.borrow("b", X) == "eipalloc-x"
    assert pods.borrower() == "b"


def test_the_end_of_another_claim_gives_nothing_back(pods: Pods) -> None:
    """One that believes to have it too, as a stray of a sweep that raced with the pod."""
    pods.want("a")
    pods.borrow("a", X)
    pods.want("stray", allocation_id=X.allocation_id, lent=True, association_id="eipassoc-1")
    assert pods.borrower() == "a"

    pods.give_back("stray")

    assert pods.borrower() == "a"
    assert pods.client.hgetall(Keys.RETURNED) == {}


def test_a_full_namespace_takes_nothing(pods: Pods) -> None:
    """Lent addresses count; who has one already, or has meant to allocate one, is counted once."""
    pods.want("a")
    pods.borrow("a", X, limit=1)
    pods.want("b")

    with pytest.raises(NamespaceFull):
        pods.handover.borrow(pods.held("b"), POOL, [Y], 1)
    assert (pods.borrower(Y.allocation_id), pods.line()) == ("", [])

    pods.give_back("a")
    assert pods.client.smembers(Keys.holders("shop")) == set()


def test_a_release_between_look_and_commit_is_kept_apart(pods: Pods) -> None:
    """The pod ends while its step commits: it is the next one's, and the late commit changes nothing."""
    pods.want("a")
    held = pods.held("a")
    taken = pods.handover.borrow(held, POOL, [X], 0)
    assert not isinstance(taken, Waits)
    pods.give_back("a")
    pods.want("b")
    assert pods.borrow("b", X) == X.allocation_id

    pods.queue.finish(taken, lambda c: c)

    assert pods.borrower() == "b"
    assert pods.ledger.begin("a", Queue.ALLOCATE) is None or pods.claim("a").allocation_id == ""
