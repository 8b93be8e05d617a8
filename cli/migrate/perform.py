"""Do what a plan says: one phase, then read everything anew, until nothing is left to do.

Nothing is remembered between two rounds, so that a run that was killed is gone on with by another run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cli.migrate.facts import Facts
from cli.migrate.judge import Request
from cli.migrate.plan import Plan
from cli.migrate.steps import Kind, Step
from eip.clock import Clock
from eip.errors import EipError

PAUSE = 0.1
"""Seconds from one call to the next: EC2 grants ten changes of tags a second to the whole account."""

ROUNDS = 12
SETTLE = 2.0
"""Seconds before a phase is done again that EC2 or the API server does not show as done."""

TAGGING = frozenset({Kind.TAG, Kind.RENAME})
UNTAGGING = frozenset({Kind.UNTAG, Kind.DISOWN})


class Stopped(EipError):
    """The move ends before its end, and can be gone on with; the message says why."""


class Tags(Protocol):
    """EC2's tags."""

    def tag(self, allocation_id: str, tags: Mapping[str, str]) -> None:
        """Set tags."""
        ...

    def untag(self, allocation_id: str, keys: tuple[str, ...]) -> None:
        """Remove tags."""
        ...


class Objects(Protocol):
    """The API server's objects."""

    def patch(self, path: str, patch: Mapping[str, Any]) -> bool:
        """Merge; False when the object is gone or was changed meanwhile."""
        ...

    def delete(self, path: str, uid: str) -> bool:
        """Delete; False when it is gone."""
        ...


@dataclass(slots=True)
class Performer:
    """Performs steps, and tells of each; `gone` are the uids of pods that were not there any more."""

    tags: Tags
    objects: Objects
    clock: Clock
    tell: Callable[[Step, bool], None]
    gone: set[str] = field(default_factory=set)

    def perform(self, step: Step) -> None:
        """One step; it may have been done before."""
        self.tell(step, self._done(step))
        self.clock.sleep(PAUSE)

    def _done(self, step: Step) -> bool:
        if step.kind in TAGGING:
            return self._tag(step)
        if step.kind in UNTAGGING:
            self.tags.untag(step.target, step.keys)
            return True
        if step.kind is Kind.DELETE_EIP:
            return self.objects.delete(step.target, step.uid)
        done = self.objects.patch(step.target, step.body)
        if step.kind is Kind.LABEL and not done:
            self.gone.add(step.uid)
        return done

    def _tag(self, step: Step) -> bool:
        """An address is not marked for a pod that went away between the look and the step."""
        if step.uid in self.gone:
            return False
        self.tags.tag(step.target, step.body)
        return True


def perform(
    read: Callable[[Request], Facts],
    decide: Callable[[Facts, Request], Plan],
    request: Request,
    performer: Performer,
) -> Plan:
    """Round by round; answers the last plan, which has no steps.

    Raises:
        Stopped: something forbids to go on, or what was done is not to be seen.

    """
    before: tuple[Step, ...] = ()
    for _ in range(ROUNDS):
        plan = decide(read(request), request)
        if plan.obstacles:
            raise Stopped("\n".join(plan.obstacles))
        if not plan.due:
            return plan
        if _same(plan.due, before):
            performer.clock.sleep(SETTLE)
        for step in plan.due:
            performer.perform(step)
        before = plan.due
    left = ", ".join(sorted({f"{step.kind} of {step.about}" for step in before}))
    raise Stopped(
        f"done {ROUNDS} times, and still not to be seen: {left}. Run it again, or look who undoes it."
    )


def _same(due: tuple[Step, ...], before: tuple[Step, ...]) -> bool:
    return {(step.kind, step.target) for step in due} <= {(step.kind, step.target) for step in before}


def changed(before: Plan, after: Facts) -> list[str]:
    """The addresses whose association is not what it was: nothing here does that."""
    there = {address.allocation_id: address.association for address in after.addresses}
    return [
        f"{allocation_id} was {was} and is {there.get(allocation_id, 'not to be seen') or 'with nothing'}"
        for allocation_id, was in before.associations.items()
        if there.get(allocation_id) != was
    ]
