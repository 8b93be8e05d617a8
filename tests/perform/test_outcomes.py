"""What follows from an outcome: rest, due, parked or woken; and how long a failure waits."""

from collections.abc import Callable

import pytest

from eip.claim import Claim, changed
from eip.errors import Ec2Error, KubernetesError
from eip.names import Action, Step
from eip.store.keys import Keys
from tests.workers_world import IP, UID, Workers
from workers import perform
from workers.outcome import Again, Done, Failed, Outcome, Parked, TryLater


@pytest.fixture
def asking(workers: Workers) -> Workers:
    """A pod that wants an address, and whose message is on its way."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.messages.clear()
    return workers


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcome | Exception], None]:
    """Makes the step allocate say, or raise, something."""

    def say(what: Outcome | Exception) -> None:
        def step(_: object) -> Outcome:
            if isinstance(what, Exception):
                raise what
            return what

        monkeypatch.setattr(perform, "STEPS", {**perform.STEPS, Step.ALLOCATE: step})

    return say


Says = Callable[[Outcome | Exception], None]


def due_in(workers: Workers) -> float:
    """Seconds until the claim is looked at again."""
    score = workers.client.zscore(Keys.DUE, UID)
    assert score is not None
    return (float(score) - workers.ledger.now()) / 1000


def allocated(claim: Claim) -> Claim:
    """The claim with an address."""
    return changed(claim, allocation_id="eipalloc-1", public_ip="198.18.0.1")


def test_done_wakes_what_follows(asking: Workers, says: Says) -> None:
    """And forgets earlier failures."""
    asking.set(attempts=3, error="InternalError", message="failed")
    says(Done("allocated", allocated))

    assert asking.step(Step.ALLOCATE) == "allocated"
    assert asking.messages == [(Step.ASSOCIATE, UID)]
    assert (asking.claim().attempts, asking.claim().error, asking.claim().message) == (0, "", "")
    assert asking.client.zscore(Keys.DUE, UID) is None


@pytest.mark.parametrize(
    "outcome", [Again(7.0, "not yet"), TryLater(7.0, "not yet")], ids=["returned", "raised"]
)
def test_again_is_due_and_no_failure(asking: Workers, says: Says, outcome: Outcome | Exception) -> None:
    """The same step is woken after so many seconds, and the claim shows no error."""
    says(outcome)

    assert asking.step(Step.ALLOCATE) == "not yet"
    assert asking.messages == []
    assert 6.5 < due_in(asking) <= 7.0
    assert asking.claim().attempts == 0

    asking.time.pass_by(7.1)
    asking.world.queue.dispatch()
    assert asking.messages == [(Step.ALLOCATE, UID)]


def test_again_holds_up_no_other_step(asking: Workers, says: Says) -> None:
    """What was learned makes another step the next: it is woken at once."""
    says(Again(60.0, "not yet", allocated))

    asking.step(Step.ALLOCATE)

    assert asking.messages == [(Step.ASSOCIATE, UID)]
    assert asking.client.zscore(Keys.DUE, UID) is None


def test_failed_backs_off_and_is_remembered(asking: Workers, says: Says) -> None:
    """The claim says what went wrong, for `eip` and the log."""
    says(Failed("SomeCode", "EC2 said no"))

    asking.step(Step.ALLOCATE)

    assert 0.0 < due_in(asking) <= 0.5
    assert (asking.claim().attempts, asking.claim().error) == (1, "SomeCode")
    assert asking.claim().message == "EC2 said no"
    assert asking.kubernetes.events == []


def test_a_remedy_is_told_on_the_pod_once(asking: Workers, says: Says) -> None:
    """What its author can mend is an Event; the same again is not."""
    says(Failed("SomeCode", "EC2 said no", "do this"))

    asking.step(Step.ALLOCATE)
    asking.time.pass_by(1)
    asking.step(Step.ALLOCATE)

    assert asking.claim().attempts == 2
    [event] = asking.kubernetes.events
    assert (event["reason"], event["message"], event["type"]) == ("AllocateFailed", "do this", "Warning")


def test_a_failures_change_is_written(asking: Workers, says: Says) -> None:
    """A step that failed has learned something all the same."""
    says(Failed("SomeCode", "EC2 said no", change=lambda c: changed(c, contested=True)))

    asking.step(Step.ALLOCATE)

    assert asking.claim().contested


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(Ec2Error("InternalError", "x"), "InternalError", id="ec2"),
        pytest.param(Ec2Error("NeverHeardOf", "x"), "NeverHeardOf", id="ec2-unknown"),
        pytest.param(KubernetesError(503, "Busy", "x"), "Http503", id="kubernetes"),
        pytest.param(KubernetesError(0, "", "x"), "Http0", id="kubernetes-silent"),
    ],
)
def test_an_error_is_a_failure(asking: Workers, says: Says, error: Exception, code: str) -> None:
    """Whatever a port raises backs off under its code."""
    says(error)

    asking.step(Step.ALLOCATE)

    assert (asking.claim().attempts, asking.claim().error) == (1, code)
    assert asking.client.zscore(Keys.DUE, UID) is not None


def test_parked_waits_for_the_quota(asking: Workers, says: Says) -> None:
    """Neither due nor woken, and told once."""
    says(Parked("the quota is used up"))

    asking.step(Step.ALLOCATE)

    assert asking.client.zrange(Keys.PARKED, 0, -1) == [UID]
    assert asking.client.zscore(Keys.DUE, UID) is None
    assert asking.messages == []
    assert len(asking.kubernetes.told("QuotaExceeded")) == 1


@pytest.mark.parametrize(
    "outcome", [Done("x"), Again(1, "x"), Failed("c", "x"), Parked("x")], ids=lambda o: type(o).__name__
)
def test_every_outcome_gives_the_lease_back(asking: Workers, says: Says, outcome: Outcome) -> None:
    """The next step need not wait for it to run out."""
    says(outcome)

    asking.step(Step.ALLOCATE)

    assert asking.claim().lease_token == ""
    assert asking.claim().lease_until == 0


@pytest.mark.parametrize("attempts", [0, 1, 2, 5, 7, 20, 1000])
def test_back_off_is_bounded(attempts: int) -> None:
    """Exponential, never longer than a minute, never quite at once."""
    delays = [perform.backoff(attempts, slow=False) for _ in range(200)]

    assert min(delays) >= 0.05
    assert max(delays) <= min(60.0, 0.5 * 2**attempts)


def test_back_off_spreads() -> None:
    """Many claims that failed together do not come back together."""
    delays = sorted(perform.backoff(6, slow=False) for _ in range(400))

    assert delays[0] < 8
    assert delays[-1] > 24


@pytest.mark.parametrize("attempts", [0, 3, 20])
def test_slow_back_off_is_bounded(attempts: int) -> None:
    """What a person must mend is not asked for every second, and is seen within a minute of being mended."""
    delays = [perform.backoff(attempts, slow=True) for _ in range(200)]

    assert min(delays) >= 15.0
    assert max(delays) <= 60.0


@pytest.mark.parametrize("slow", [False, True], ids=["passing", "slow"])
def test_back_off_has_another_bound_where_time_matters(slow: bool) -> None:  # noqa: FBT001
    """An address on a freed IP cannot wait for as long as others, whatever went wrong."""
    assert max(perform.backoff(20, slow=slow, longest=8.0) for _ in range(200)) <= 8.0


def test_served_is_said_once_the_token_is_there(asking: Workers) -> None:
    """The queue's cap counts waiting tasks only."""
    asking.step(Step.ALLOCATE)

    assert asking.journal.index("token AllocateAddress") < asking.journal.index("served")
    assert asking.journal.index("served") < asking.journal.index(Action.ALLOCATE)


def test_a_step_that_dies_leaves_its_claim_due(asking: Workers, says: Says) -> None:
    """An error that nobody expected ends the task; the claim comes back when its lease has run out."""
    says(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        asking.step(Step.ALLOCATE)

    asking.time.pass_by(15.1)
    asking.world.queue.dispatch()
    assert asking.messages == [(Step.ALLOCATE, UID)]
