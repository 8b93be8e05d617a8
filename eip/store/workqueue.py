"""Who is looked at next: client-go's work queue, kept in Redis.

A claim whose next step is to be done is in exactly one of three places: among the wake-ups of a queue, in
`due`, or under a lease (whose end is in `due`). A Celery message only carries a wake-up: it may be lost,
and comes again by `resync`, or doubled, and then finds nothing to do.
"""

from collections.abc import Callable
from typing import Protocol

from eip.claim import Claim, is_over, next_step, writing_is_right
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import FORGET, LEAVE, PARK, REST, Committed, Held, Ledger, Schedule

DISPATCH_BATCH = 200
DISPATCH_HOLD_MS = 5000
RESYNC_GRACE_MS = 5000
RESYNC_BATCH = 100

Change = Callable[[Claim], Claim]


class Sender(Protocol):
    """Sends one wake-up as a Celery message; a failure is its own to log, for resync mends it."""

    def __call__(self, step: Step, claim: Claim, sequence: int) -> None:
        """Send it."""
        ...


class WorkQueue:
    """Writes claims and sees to it that someone looks at them again."""

    def __init__(self, ledger: Ledger, send: Sender) -> None:
        """`send` is called after the claim says that the wake-up stands in its queue."""
        self.ledger = ledger
        self._send = send

    def update(
        self,
        uid: str,
        change: Callable[[Claim | None], Claim | None],
        *,
        fence: int | None = None,
        ensure: bool = False,
    ) -> Claim | None:
        """Change a claim from outside a step, and wake the queue of its next step.

        `change` may be called again when another wrote in between; what it answers with is written.
        With `ensure` a claim that did not change is woken as well, unless somebody will look at it anyway.
        """
        while True:
            before = self.ledger.claim(uid)
            after = change(before)
            if after is None or (after is before and not ensure):
                return after
            schedule = _after_update(before, after, ensure=ensure)
            answer = self.ledger.commit(before, after, schedule, fence=fence)
            if not answer.conflict:
                self._wake(after, schedule, answer)
                return after

    def add(self, claim: Claim) -> None:
        """Write a claim unless its uid has one, and see to it that somebody looks at that."""
        self.update(claim.uid, lambda known: known or claim, ensure=True)

    def finish(
        self,
        held: Held,
        change: Change,
        *,
        again: float | None = None,
        step: Step | None = None,
        park: bool = False,
    ) -> Claim:
        """Give a step's claim back, changed, and wake the queue of what follows.

        `again` delays the same `step` by so many seconds, `park` puts it aside until the quota allows more;
        neither holds up another step that follows from what was learned in the meantime.

        Raises:
            LeaseLost: the lease ran out and another holds the claim; nothing was written.

        """
        before: Claim | None = held.claim
        while before is not None:
            after = change(before)
            # What it asks for by now may be had all the same.
            parks = park and _asked(after) == _asked(held.claim)
            schedule = _after_step(after, step, again, park=parks)
            answer = self.ledger.commit(before, after, schedule, token=held.token)
            if not answer.conflict:
                self._wake(after, schedule, answer)
                return after
            before = self.ledger.claim(held.claim.uid)
        return held.claim

    def dispatch(self) -> int:
        """Wake the queues of the claims whose time has come; answers how many there were."""
        due = self.ledger.run("due", [Keys.DUE], [DISPATCH_BATCH, DISPATCH_HOLD_MS])
        claims = self.ledger.claims(due)
        for uid in due:
            claim = claims.get(uid) or Claim(uid=uid)
            schedule = _natural(claim) if uid in claims else FORGET
            answer = self.ledger.commit(claims.get(uid), claim, schedule)
            self._wake(claim, schedule, answer)
        return len(due)

    def resync(self) -> int:
        """Send the messages again that were lost on their way; answers how many."""
        return sum(self._resync(queue) for queue in Queue)

    def _resync(self, queue: Queue) -> int:
        keys = [Keys.wakeups(queue), Keys.PROGRESS, queue.value]
        lost = self.ledger.run("resync", keys, [queue.value, RESYNC_GRACE_MS, RESYNC_BATCH])
        claims = self.ledger.claims(lost)
        for uid in lost:
            claim = claims.get(uid) or Claim(uid=uid)
            self._send(Step(queue.value), claim, claim.sequence)
        return len(lost)

    def _wake(self, claim: Claim, schedule: Schedule, answer: Committed) -> None:
        if answer.send and schedule.queue is not None:
            self._send(Step(schedule.queue.value), claim, answer.sequence)


def _natural(claim: Claim) -> Schedule:
    step = next_step(claim)
    if step is not None:
        return Schedule("wake", step.queue)
    return FORGET if is_over(claim) else REST


def _after_update(before: Claim | None, after: Claim, *, ensure: bool) -> Schedule:
    schedule = _natural(after)
    if schedule.kind != "wake":
        return schedule
    same = before is not None and _does_the_same(before, after)
    if same and not ensure:
        return LEAVE
    return Schedule("ensure", schedule.queue) if same else schedule


def _does_the_same(before: Claim, after: Claim) -> bool:
    """Whether the next step is for the same: then it waits as long as it was to."""
    step = next_step(after)
    if next_step(before) is not step or before.pod_ip != after.pod_ip:
        return False
    if step is Step.ALLOCATE:
        return _asked(before) == _asked(after)
    if step is Step.RELEASE:
        return _owed(before) == _owed(after)
    if step is not Step.ANNOTATE:
        return True
    return (writing_is_right(before), before.reverse_dns) == (writing_is_right(after), after.reverse_dns)


def _asked(claim: Claim) -> tuple[str, str, str]:
    """Which address is asked for: what stands in the way of one, such as the quota, may not of another."""
    return claim.pool, claim.request_address, claim.public_ipv4_pool


def _owed(claim: Claim) -> tuple[str, str]:
    """What must go whoever waits: somebody may have moved a kept address, or made a second one."""
    return claim.association_id, claim.doubles


def _after_step(after: Claim, step: Step | None, again: float | None, *, park: bool) -> Schedule:
    schedule = _natural(after)
    if schedule.queue is None or step is None or schedule.queue is not step.queue:
        return schedule
    if park:
        return PARK
    return schedule if again is None else Schedule("due", delay=again)
