"""Kept addresses: the next pod of the name takes one over in one write, never from a step at work."""

import threading

import pytest

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import EpochChanged, LeaseLost
from eip.names import Queue, Step
from eip.reverse_dns import DomainState
from eip.store.handover import INHERITED
from eip.store.keys import Keys
from eip.store.ledger import REST, Held
from tests.handover.conftest import Pods

ADDRESS = {
    "allocation_id": "eipalloc-1",
    "public_ip": "198.18.0.1",
    "association_id": "eipassoc-1",
    "associated_ip": "10.0.0.8",
    "interface_id": "eni-1",
    "allocated_at": 1_700_000_000_000,
    "tagged_keep": 3600,
    "domain_name": "mail.example.com",
    "domain_state": DomainState.SET,
    "domain_at": 1_700_000_000_000,
}


def claim(uid: str, desired: Desired = Desired.SERVE, **fields: object) -> Claim:
    """A claim of a pod that is called web-0."""
    ip = "10.0.0.9" if desired is Desired.SERVE else ""
    return changed(
        Claim(uid=uid, namespace="shop", name="web-0", desired=desired, keep=3600, pod_ip=ip), **fields
    )


@pytest.fixture
def kept(pods: Pods) -> Pods:
    """The address of the pod `old` is kept, and the pod `new` has its name."""
    pods.queue.update("old", lambda _: claim("old", Desired.RELEASE, idle_since=1, **ADDRESS))
    pods.queue.update("new", lambda _: claim("new"))
    assert pods.ledger.kept_for("shop", "web-0") == "old"
    return pods


def inherited(kept: Pods) -> Held:
    """The new pod has taken it over."""
    answer = kept.handover.inherit(kept.held("new"), kept.claim("old"))
    assert answer is not None
    return answer


def test_the_old_pods_ip_is_nobodys(pods: Pods) -> None:
    """Whoever gets it next need not wait for a pod of which nothing is left."""
    pods.queue.update("old", lambda _: claim("old", Desired.SERVE, **ADDRESS, pod_ip="10.0.0.8"))
    pods.queue.update("new", lambda _: claim("new"))
    assert pods.ledger.ip_holder("10.0.0.8") == "old"

    inherited(pods)

    assert pods.ledger.ip_holder("10.0.0.8") == ""
    assert pods.ledger.ip_holder("10.0.0.9") == "new"


def test_all_that_is_known_of_the_address_goes_over(kept: Pods) -> None:
    """With its association, for it may sit on the old pod's IP; its tags are to be written."""
    before = kept.claim("old")
    answer = inherited(kept)

    written = kept.claim("new")
    assert ADDRESS.keys() <= set(INHERITED)
    for field in INHERITED:
        assert getattr(written, field) == getattr(before, field)
    assert written.retag
    assert written.idle_since == 0
    assert changed(written, lease_token="", lease_until=0, sequence=0) == changed(
        answer.claim, lease_token="", lease_until=0, sequence=0
    )


def test_nothing_is_left_of_the_claim_before_it(kept: Pods) -> None:
    """But a tombstone: a late event of the old pod must not look its tag up and find the address."""
    inherited(kept)
    kept.client.zadd(Keys.DUE, {"new": 9e15})

    assert kept.ledger.claim("old") is None
    assert kept.ledger.uids() == {"new"}
    assert kept.client.zscore(Keys.DUE, "old") is None
    assert kept.ledger.tombstoned("old")
    assert kept.client.smembers(Keys.holders("shop")) == {"new"}
    assert kept.ledger.kept_for("shop", "web-0") == "new"


def test_a_step_at_work_is_waited_for(kept: Pods) -> None:
    """It may be taking the address off its IP, or releasing it, at this moment."""
    kept.ledger.begin("old", Queue.RELEASE)

    assert kept.handover.inherit(kept.held("new"), kept.claim("old")) is None
    assert kept.claim("old").allocation_id == "eipalloc-1"
    assert kept.claim("new").allocation_id == ""


def test_a_step_that_died_is_not_waited_for(kept: Pods) -> None:
    """Its lease has run out."""
    kept.ledger.begin("old", Queue.RELEASE)
    kept.past.grow(16)

    assert kept.handover.inherit(kept.held("new"), kept.claim("old")) is not None


@pytest.mark.parametrize("fields", [{"doubles": "eipalloc-2"}, {"intent_at": 5}], ids=["doubles", "intent"])
def test_what_is_not_settled_is_waited_for(kept: Pods, fields: dict[str, object]) -> None:
    """A second address of the old pod would be forgotten with its claim, and stay for ever."""
    kept.change("old", lambda c: changed(c, **fields))

    assert kept.handover.inherit(kept.held("new"), kept.claim("old")) is None
    assert kept.ledger.claim("old") is not None


def test_a_claim_that_changed_since_it_was_read_is_waited_for(kept: Pods) -> None:
    """What would be taken over is not what is there: the address may have been released."""
    before = kept.claim("old")
    kept.change("old", lambda c: changed(c, association_id="", associated_ip=""))

    assert kept.handover.inherit(kept.held("new"), before) is None


def test_a_claim_that_is_gone_is_not_taken_over(kept: Pods) -> None:
    """Another has it, or it was released."""
    before = kept.claim("old")
    kept.lose("old")

    assert kept.handover.inherit(kept.held("new"), before) is None
    assert kept.claim("new").allocation_id == ""


@pytest.mark.parametrize("what", ["lease", "version"])
def test_who_lost_its_own_claim_takes_nothing(kept: Pods, what: str) -> None:
    """The address stays with the claim that has it."""
    held = kept.held("new")
    if what == "lease":
        kept.past.grow(16)
        kept.held("new")
    else:
        kept.change("new", lambda c: changed(c, desired=Desired.RELEASE, pod_ip=""))

    with pytest.raises(LeaseLost):
        kept.handover.inherit(held, kept.claim("old"))
    assert kept.claim("old").allocation_id == "eipalloc-1"


def test_a_flushed_redis_hands_nothing_over(kept: Pods) -> None:
    """The next epoch begins with what EC2 says."""
    held, before = kept.held("new"), kept.claim("old")
    kept.client.flushall()

    with pytest.raises(EpochChanged):
        kept.handover.inherit(held, before)


def test_a_late_write_of_the_old_claim_is_refused(kept: Pods) -> None:
    """A sweep or the producer read it before it was taken over: the address must not be in two claims."""
    before = kept.claim("old")
    inherited(kept)

    assert kept.ledger.commit(before, changed(before, reason="late"), REST).conflict
    assert kept.ledger.claim("old") is None


def test_a_late_step_of_the_old_claim_is_refused(kept: Pods) -> None:
    """Its lease had run out; what it learned is of no use any more."""
    stalled = kept.ledger.begin("old", Queue.RELEASE)
    assert stalled is not None
    kept.past.grow(16)
    inherited(kept)

    with pytest.raises(LeaseLost):
        kept.ledger.renew(stalled)
    with pytest.raises(LeaseLost):
        kept.queue.finish(stalled, lambda c: c)
    assert kept.ledger.claim("old") is None


def test_two_pods_race_for_one_address(kept: Pods) -> None:
    """Only one gets it, though both read the same claim: the other finds that it changed."""
    kept.queue.update("third", lambda _: claim("third"))
    before, barrier, answers = kept.claim("old"), threading.Barrier(2), []

    def take(held: Held) -> None:
        barrier.wait()
        answers.append(kept.handover.inherit(held, before))

    threads = [threading.Thread(target=take, args=(kept.held(uid),)) for uid in ("new", "third")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([answer for answer in answers if answer is not None]) == 1
    assert sum(bool(kept.claim(uid).allocation_id) for uid in ("new", "third")) == 1


# Whose address the next pod of a name finds.


def test_an_address_is_found_by_name_for_as_long_as_it_is_there(kept: Pods) -> None:
    """When it was released, or is to stay no longer, nobody finds it."""
    kept.change("old", lambda c: changed(c, tagged_keep=0, allocation_id="", association_id=""))

    assert kept.ledger.kept_for("shop", "web-0") == ""


def test_the_pod_that_has_the_name_goes_before_what_was_kept(kept: Pods) -> None:
    """It did not ask for the old one in time and has one of its own: the next pod gets that."""
    kept.change("new", lambda c: changed(c, allocation_id="eipalloc-2", tagged_keep=60))
    assert kept.ledger.kept_for("shop", "web-0") == "new"

    kept.change("old", lambda c: changed(c, reason="looked at again"))
    assert kept.ledger.kept_for("shop", "web-0") == "new"


def test_what_is_kept_goes_before_a_claim_that_was_lost(kept: Pods) -> None:
    """A name that leads nowhere must not hide an address that is there."""
    kept.client.hset(Keys.KEPT, "shop/web-0", "nobody")

    kept.change("old", lambda c: changed(c, reason="looked at again"))

    assert kept.ledger.kept_for("shop", "web-0") == "old"


def test_the_end_of_another_hides_nothing(kept: Pods) -> None:
    """The new pod never had an address; that of the old one is still found."""
    kept.change("new", lambda c: changed(c, desired=Desired.RELEASE, pod_ip=""))

    assert kept.ledger.claim("new") is None
    assert kept.ledger.kept_for("shop", "web-0") == "old"


def test_who_is_kept_in_vain_is_looked_at(kept: Pods) -> None:
    """The next pod of the name will get another address."""
    held = kept.ledger.begin("old", Queue.RELEASE)
    assert held is not None
    kept.queue.finish(held, lambda c: c, again=3600, step=Step.RELEASE)
    assert "old" not in kept.woken()

    kept.change("new", lambda c: changed(c, allocation_id="eipalloc-2", tagged_keep=60))

    assert "old" in kept.woken()


def test_who_is_kept_in_vain_is_looked_at_after_its_step(kept: Pods) -> None:
    """The step had decided to wait when it was in vain already: else it would stay for an hour."""
    held = kept.ledger.begin("old", Queue.RELEASE)
    assert held is not None
    kept.change("new", lambda c: changed(c, allocation_id="eipalloc-2", tagged_keep=60))
    kept.queue.finish(held, lambda c: c, again=3600, step=Step.RELEASE)

    assert "old" in kept.woken()


def test_two_claims_that_live_do_not_wake_each_other(kept: Pods) -> None:
    """One's end has not been seen yet: each look at one would be followed by one at the other, for ever."""
    kept.change("old", lambda c: changed(c, desired=Desired.SERVE, pod_ip="10.0.0.8"))
    kept.change("new", lambda c: changed(c, allocation_id="eipalloc-2", tagged_keep=60))
    kept.client.delete(Keys.DUE)

    kept.change("old", lambda c: changed(c, reason="looked at again"))

    assert kept.client.zscore(Keys.DUE, "new") is None
