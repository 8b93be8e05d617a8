"""How many addresses a namespace may have: counted where the intent is noted, so that no race exceeds it."""

import pytest

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import NamespaceFull
from eip.names import Queue
from eip.store.ledger import Held, Ledger
from eip.store.workqueue import WorkQueue


def test_a_namespace_cannot_hold_more_than_its_limit(ledger: Ledger, work_queue: WorkQueue) -> None:
    """The third intent of a namespace that may have two is refused, whoever asks at the same time."""
    held = [serving(ledger, work_queue, uid) for uid in ("a", "b", "c")]
    ledger.renew(held[0], intent=True, limit=2)
    ledger.renew(held[1], intent=True, limit=2)

    with pytest.raises(NamespaceFull, match="namespace shop has 2 addresses"):
        ledger.renew(held[2], intent=True, limit=2)

    claim = ledger.claim("c")
    assert claim is not None
    assert claim.intent_at == 0


def test_an_address_given_back_makes_room(ledger: Ledger, work_queue: WorkQueue) -> None:
    """Whoever holds nothing any more does not count."""
    first, second = (serving(ledger, work_queue, uid) for uid in ("a", "b"))
    noted = ledger.renew(first, intent=True, limit=1)
    work_queue.finish(noted, lambda claim: changed(claim, intent_at=0, intent_by=""))

    ledger.renew(second, intent=True, limit=1)


def test_an_adopted_address_counts(ledger: Ledger, work_queue: WorkQueue) -> None:
    """What a sweep found in EC2 takes the same room as what was allocated."""
    work_queue.update("a", lambda _: Claim(uid="a", namespace="shop", allocation_id="eipalloc-1"))
    held = serving(ledger, work_queue, "b")

    with pytest.raises(NamespaceFull):
        ledger.renew(held, intent=True, limit=1)


def test_another_namespace_has_a_limit_of_its_own(ledger: Ledger, work_queue: WorkQueue) -> None:
    """One team's addresses don't use up another's."""
    ledger.renew(serving(ledger, work_queue, "a"), intent=True, limit=1)

    ledger.renew(serving(ledger, work_queue, "b", namespace="bank"), intent=True, limit=1)


def test_the_same_claim_may_try_again_at_the_limit(ledger: Ledger, work_queue: WorkQueue) -> None:
    """Its own intent does not stand in its way."""
    noted = ledger.renew(serving(ledger, work_queue, "a"), intent=True, limit=1)

    ledger.renew(noted, intent=True, limit=1)


def serving(ledger: Ledger, queue: WorkQueue, uid: str, namespace: str = "shop") -> Held:
    """A claim that wants an address, under a lease."""
    wanted = Claim(uid=uid, namespace=namespace, desired=Desired.SERVE, pod_ip="10.0.0.7")
    queue.update(uid, lambda _: wanted)
    held = ledger.begin(uid, Queue.ALLOCATE)
    assert held is not None
    return held
