"""Whatever is lost, doubled or late, and in whatever order: every claim is looked at in the end.

A machine of updates, workers and accidents acts on a real Redis; then time passes, and the two timers of any
worker, dispatch and resync, must bring every claim to where it is to be.
"""

from dataclasses import dataclass
from typing import Any

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from eip.claim import Claim, changed, next_step
from eip.decide import Desired
from eip.errors import LeaseLost
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import LEASE, Held, Ledger
from eip.store.quota import Quota
from eip.store.workqueue import WorkQueue
from tests.conftest import Past, Sent
from tests.performing import performed

UIDS = st.sampled_from(["a", "b", "c"])
QUEUES = st.sampled_from(Queue)
SEEN = st.fixed_dictionaries(
    {"desired": st.sampled_from([Desired.SERVE, Desired.HOLD, Desired.RELEASE])},
    optional={
        "terminating": st.booleans(),
        "written": st.sampled_from(["", "|||", "203.0.113.9|||True"]),
        "doubles": st.sampled_from(["", "eipalloc-2"]),
        "reason": st.sampled_from(["one", "another"]),
    },
)
ENDS = st.sampled_from(["done", "unchanged", "again", "park", "dies"])


@dataclass
class Working:
    """A step under way, and how much time has passed since its lease was made sure of."""

    held: Held
    step: Step
    age: float = 0.0


class Machine(RuleBasedStateMachine):
    """Pods, messages and workers."""

    client: redis.Redis

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.ledger = Ledger(self.client)
        self.ledger.open_epoch()
        self.sent = Sent(self.client)
        self.queue = WorkQueue(self.ledger, self.sent)
        self.past = Past(self.client)
        self.working: list[Working] = []

    @rule(uid=UIDS, fields=SEEN, ensure=st.booleans())
    def pod_is_seen(self, uid: str, fields: dict[str, Any], *, ensure: bool) -> None:
        """The producer, or the sweep, writes what a pod is to have."""
        pod_ip = f"10.0.0.{uid}" if fields["desired"] is Desired.SERVE else ""
        self.queue.update(
            uid, lambda claim: changed(claim or Claim(uid=uid), **fields, pod_ip=pod_ip), ensure=ensure
        )

    @rule(queue=QUEUES, double=st.booleans())
    def message_arrives(self, queue: Queue, *, double: bool) -> None:
        """A worker takes a message and begins; a message may come twice."""
        uid = self.client.rpop(queue.value)
        for _ in range(1 + double) if uid else ():
            held = self.ledger.begin(str(uid), queue)
            if held is not None:
                self._begin(held, Step(queue.value))

    def _begin(self, held: Held, step: Step) -> None:
        others = [w for w in self.working if w.held.claim.uid == held.claim.uid and w.age < LEASE]
        assert others == [], "two steps hold one claim"
        if next_step(held.claim) is step:
            self.working.append(Working(held, step))
        else:
            self.queue.finish(held, lambda claim: claim)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def lease_is_renewed(self, data: st.DataObject) -> None:
        """A step makes sure of its lease, and notes an intent when it allocates."""
        working = data.draw(st.sampled_from(self.working))
        try:
            working.held = self.ledger.renew(working.held, intent=working.step is Step.ALLOCATE)
            working.age = 0.0
        except LeaseLost:
            self._end(working, "unchanged")

    @precondition(lambda self: self.working)
    @rule(data=st.data(), how=ENDS)
    def step_ends(self, data: st.DataObject, how: str) -> None:
        """A step ends well or not, or its worker dies."""
        self._end(data.draw(st.sampled_from(self.working)), how)

    def _end(self, working: Working, how: str) -> None:
        self.working.remove(working)
        step, held = working.step, working.held
        try:
            if how == "done":
                self.queue.finish(held, lambda claim: performed(step, claim))
            elif how == "unchanged":
                self.queue.finish(held, lambda claim: claim)
            elif how == "again":
                self.queue.finish(held, lambda claim: claim, again=8.0, step=step)
            elif how == "park":
                self.queue.finish(held, lambda claim: claim, park=step is Step.ALLOCATE, step=step)
        except LeaseLost:
            pass

    @rule(queue=QUEUES)
    def message_is_lost(self, queue: Queue) -> None:
        """A worker is killed with a message in its hands."""
        self.client.rpop(queue.value)

    @rule(queue=QUEUES)
    def queue_is_purged(self, queue: Queue) -> None:
        """Somebody empties a queue."""
        self.client.delete(queue.value)

    @rule(seconds=st.sampled_from([1, 4, 10, 16]))
    def time_passes(self, seconds: int) -> None:
        """Nothing happens for a while."""
        self.past.grow(seconds)
        for working in self.working:
            working.age += seconds

    @rule()
    def timers_run(self) -> None:
        """A worker's housekeeping."""
        self._tick()

    def _tick(self) -> None:
        self.queue.dispatch()
        self.queue.resync()
        Quota(self.ledger).tick()

    def teardown(self) -> None:
        """All workers die; time passes; then the timers and one good worker see to everything."""
        if not hasattr(self, "working"):
            return
        self.working.clear()
        self.past.grow(LEASE + 6)
        self._tick()
        self.queue.dispatch()
        self._everybody_waits_somewhere()
        for _ in range(8):
            self._serve_all()
            self.past.grow(6)
            self._tick()
        self._all_is_as_desired()

    def _everybody_waits_somewhere(self) -> None:
        for uid, claim in self.ledger.claims(sorted(self.ledger.uids())).items():
            step = next_step(claim)
            if step is not None:
                assert self.client.zscore(Keys.wakeups(step.queue), uid) is not None, f"{claim} is forgotten"

    def _serve_all(self) -> None:
        for queue in Queue:
            while isinstance(uid := self.client.rpop(queue.value), str):
                held = self.ledger.begin(uid, queue)
                step = Step(queue.value)
                if held is not None and next_step(held.claim) is step:
                    self.queue.finish(held, lambda claim, step=step: performed(step, claim))  # type: ignore[misc]
                elif held is not None:
                    self.queue.finish(held, lambda claim: claim)

    def _all_is_as_desired(self) -> None:
        claims = self.ledger.claims(sorted(self.ledger.uids()))
        assert [claim for claim in claims.values() if next_step(claim) is not None] == []
        assert not self.client.exists(Keys.DUE, Keys.PARKED, *(Keys.wakeups(queue) for queue in Queue))
        assert all(claim.desired in {Desired.SERVE, Desired.HOLD} for claim in claims.values())


@pytest.mark.timeout(120)
def test_nothing_is_forgotten(redis_client: redis.Redis) -> None:
    """After any history each claim with something to do is woken, and none is held twice."""
    machine = type("Machine", (Machine,), {"client": redis_client})

    run_state_machine_as_test(
        machine, settings=settings(max_examples=60, stateful_step_count=25, deadline=None)
    )
