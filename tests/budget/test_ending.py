"""A worker that ends waits for no token: the claim goes to another, and so does its turn."""

import pytest

from eip.names import Action, Step
from tests.workers_world import IP, UID, Workers
from workers.outcome import TryLater


def test_a_wait_ends_with_the_worker(workers: Workers) -> None:
    """Within a second; the claim is due at once, and the token is given back."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    held = workers.job(Step.ALLOCATE).held
    workers.empty(Action.ALLOCATE, promised=50)
    spent = workers.tokens_spent(Action.ALLOCATE)
    sleep = workers.time.sleep

    def passing(seconds: float) -> None:
        sleep(seconds)
        workers.world.budget.end()

    workers.time.sleep = passing  # type: ignore[method-assign]

    with pytest.raises(TryLater) as later:
        workers.world.budget.acquire(Action.ALLOCATE, held, lambda: workers.journal.append("served"))

    assert later.value.after == 0
    assert len(workers.time.slept) == 1
    assert "served" not in workers.journal
    assert workers.journal[-1] == f"refund {Action.ALLOCATE}"
    assert workers.tokens_spent(Action.ALLOCATE) <= spent


def test_a_token_that_is_there_is_taken(workers: Workers) -> None:
    """What can be finished without a wait is."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    held = workers.job(Step.ALLOCATE).held
    workers.world.budget.end()

    workers.world.budget.acquire(Action.ALLOCATE, held, lambda: workers.journal.append("served"))

    assert workers.journal[-1] == "served"
    assert workers.time.slept == []
