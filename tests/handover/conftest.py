"""Pods that ask for lent and kept addresses, on a real Redis."""

from dataclasses import dataclass
from typing import Any

import pytest
import redis

from eip.claim import Claim, changed, without_address
from eip.decide import Desired
from eip.names import Step
from eip.store.handover import Candidate, Handover, Waits
from eip.store.keys import Keys
from eip.store.ledger import Held, Ledger
from eip.store.workqueue import WorkQueue
from tests.conftest import Past, Sent

POOL = "pool:blue"
X, Y = Candidate("eipalloc-x", "198.18.0.1"), Candidate("eipalloc-y", "198.18.0.2")


@dataclass
class Pods:
    """Claims by a short uid, and what becomes of them."""

    client: redis.Redis
    ledger: Ledger
    queue: WorkQueue
    sent: Sent
    past: Past
    handover: Handover

    def want(self, uid: str, **fields: Any) -> None:
        """A pod wants an address; by default one of the pool."""
        asks = fields or {"pool": "blue"}
        claim = Claim(uid=uid, namespace="shop", name=f"web-{uid}", desired=Desired.SERVE, pod_ip="10.0.0.9")
        self.queue.update(uid, lambda _: changed(claim, **asks))

    def claim(self, uid: str) -> Claim:
        """The claim, which must be there."""
        claim = self.ledger.claim(uid)
        assert claim is not None
        return claim

    def held(self, uid: str) -> Held:
        """The claim under a lease, as if its time had come."""
        self.client.zrem(Keys.DUE, uid)
        held = self.ledger.begin(uid, Step.ALLOCATE.queue)
        assert held is not None, f"{uid} is held, or gone"
        return held

    def borrow(self, uid: str, *candidates: Candidate, line: str = POOL, limit: int = 0) -> str:
        """One step that takes a lent address or lines up; answers which it took, or ''."""
        held = self.held(uid)
        answer = self.handover.borrow(held, line, candidates, limit)
        if isinstance(answer, Waits):
            self.queue.finish(held, lambda c: c, again=600, step=Step.ALLOCATE)
            return ""
        self.queue.finish(answer, lambda c: c)
        return answer.claim.allocation_id

    def give_back(self, uid: str) -> None:
        """The pod needs its lent address no longer."""
        self.change(uid, lambda c: without_address(changed(c, desired=Desired.RELEASE, pod_ip="")))

    def change(self, uid: str, change: Any) -> None:
        """Somebody writes the claim from outside a step."""
        self.queue.update(uid, lambda c: None if c is None else change(c))

    def lose(self, uid: str) -> None:
        """The claim is gone without a trace, as one that could not be read."""
        self.client.delete(Keys.claim(uid))

    def line(self, line: str = POOL) -> list[str]:
        """Who waits, the first in front."""
        return [str(uid) for uid in self.client.zrange(Keys.waiting(line), 0, -1)]

    def woken(self) -> set[str]:
        """Who is looked at at once, and was not before."""
        self.sent.take()
        self.queue.dispatch()
        return {uid for _, uid in self.sent.take()}

    def borrower(self, allocation_id: str = X.allocation_id) -> str:
        """Who has a lent address by Redis' word."""
        return str(self.client.hget(Keys.BORROWED, allocation_id) or "")


@pytest.fixture
def pods(redis_client: redis.Redis, ledger: Ledger, work_queue: WorkQueue, sent: Sent, past: Past) -> Pods:
    """Nobody wants anything yet."""
    return Pods(redis_client, ledger, work_queue, sent, past, Handover(ledger))
