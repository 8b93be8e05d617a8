"""Each wake-up is counted once, by what became of it; a step's log line says how long it took and waited."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from eip.errors import Ec2Error, EpochChanged, LeaseLost, RedisAway
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.metrics.conftest import Grown
from tests.workers_world import IP, UID, Workers
from workers import perform
from workers.observing.stopwatch import CURRENT
from workers.outcome import Again, Done, Failed, Outcome, Parked, TryLater

STEPS = "eip_steps_total"
Says = Callable[[Outcome | BaseException], None]


@pytest.fixture
def says(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Says:
    """A pod that wants an address; its step allocate says, or raises, something."""
    workers.see(workers.kubernetes.add(UID, "web", IP))

    def say(what: Outcome | BaseException) -> None:
        def step(_: object) -> Outcome:
            if isinstance(what, BaseException):
                raise what
            return what

        monkeypatch.setattr(perform, "STEPS", {**perform.STEPS, Step.ALLOCATE: step})

    return say


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        (Done("allocated"), "done"),
        (Again(1.0, "not yet"), "again"),
        (Failed("InternalError", "no"), "failed"),
        (Parked("the quota is used up"), "parked"),
        (TryLater(1.0, "no token"), "again"),
        (Ec2Error("InternalError", "no"), "failed"),
        (LeaseLost("changed"), "done"),
        (EpochChanged("lost"), "given-up"),
        (RedisAway("away"), "given-up"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_outcome_is_counted_once(
    workers: Workers, says: Says, grown: Grown, what: Outcome | BaseException, outcome: str
) -> None:
    """And nothing else is, of this step."""
    says(what)

    workers.step(Step.ALLOCATE)

    assert grown(STEPS, step="allocate", outcome=outcome) == 1
    assert grown("eip_step_duration_seconds_count", step="allocate") == (outcome != "given-up")


def test_a_fault_of_our_own_is_counted_and_not_hidden(workers: Workers, says: Says, grown: Grown) -> None:
    """Celery logs it with its traceback."""
    says(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        workers.step(Step.ALLOCATE)

    assert grown(STEPS, step="allocate", outcome="crashed") == 1


def test_a_wakeup_of_nothing_is_no_step(workers: Workers, grown: Grown) -> None:
    """A doubled message costs no EC2 call, and must not make steps look quick."""
    workers.step(Step.RELEASE)

    assert grown(STEPS, step="release", outcome="nothing") == 1
    assert grown("eip_step_duration_seconds_count", step="release") == 0


def test_a_step_logs_one_line_with_its_figures(workers: Workers) -> None:
    """Who, what, what became of it, how long it took, and how much of that it waited for EC2's rate."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.empty(Action.ALLOCATE)

    with capture_logs() as lines:
        workers.step(Step.ALLOCATE)

    [line] = [line for line in lines if line["event"] == "step"]
    assert (line["uid"], line["pod"], line["step"], line["outcome"]) == (UID, "shop/web", "allocate", "done")
    assert line["waited"] == pytest.approx(0.2, abs=0.05)
    assert line["seconds"] >= 0


def test_the_wait_of_one_step_is_not_the_next_ones(workers: Workers) -> None:
    """Each has its own stopwatch, though a thread does one after the other."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.empty(Action.ALLOCATE)

    with capture_logs() as lines:
        workers.step(Step.ALLOCATE)
        workers.step(Step.ASSOCIATE)

    assert [line["waited"] > 0 for line in lines if line["event"] == "step"] == [True, False]
    assert CURRENT.get() is None


def test_waits_for_tokens_are_measured_by_action(workers: Workers, grown: Grown) -> None:
    """A token that is there at once is a wait of nothing."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.empty(Action.ALLOCATE, promised=9)

    workers.run()

    assert grown("eip_token_wait_seconds_sum", action="AllocateAddress") == pytest.approx(2.0, abs=0.1)
    assert grown("eip_token_wait_seconds_count", action="AssociateAddress") == 1
    assert grown("eip_token_wait_seconds_sum", action="AssociateAddress") == 0


def test_a_wait_that_would_be_too_long_is_a_refusal(workers: Workers, grown: Grown) -> None:
    """And no wait: nobody waited."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.empty(Action.ALLOCATE, promised=1000)

    workers.step(Step.ALLOCATE)

    assert grown("eip_token_refusals_total", action="AllocateAddress") == 1
    assert grown("eip_token_wait_seconds_count", action="AllocateAddress") == 0
    assert workers.client.zscore(Keys.DUE, UID)
