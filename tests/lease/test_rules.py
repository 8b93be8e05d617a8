"""The pure rules of the Lease: who may write what on it, and when."""

from datetime import UTC, datetime

import msgspec
import pytest

from eip.kubernetes.leases import Lease, LeaseSpec
from producer.lease import Observation, Times, bid, expired, given_back, observe

WALL = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
TIMES = Times()


def spec(holder: str | None = "other", **more: object) -> LeaseSpec:
    """A Lease's spec as another writes it."""
    written = LeaseSpec(holder, lease_duration_seconds=10, renew_time="t1", lease_transitions=6)
    return msgspec.structs.replace(written, **more)


def seen(holder: str | None = "other", since: float = 100.0, **more: object) -> Observation:
    """A Lease, seen since then."""
    return Observation(Lease({"resourceVersion": "1"}, spec(holder, **more)), since)


def fence(written: LeaseSpec | None) -> int:
    """The fence of what is written: something must be, and have one."""
    assert written is not None
    assert written.lease_transitions is not None
    return written.lease_transitions


def test_the_first_candidate_creates_the_lease() -> None:
    """Its fence begins with the minutes since 1970, so that a Lease made anew goes on above the old one."""
    written = bid(None, "me", 0.0, WALL, TIMES)

    assert written == LeaseSpec(
        holder_identity="me",
        lease_duration_seconds=10,
        acquire_time="2026-11-24T09:30:00.123456Z",
        renew_time="2026-11-24T09:30:00.123456Z",
        lease_transitions=29_925_210,
    )


@pytest.mark.parametrize("lease", [None, seen(None, lease_transitions=1)], ids=["deleted", "edited"])
def test_the_fence_grows_whatever_happens_to_the_lease(lease: Observation | None) -> None:
    """Who has seen a fence takes none that is not higher."""
    written = bid(lease, "me", 0.0, datetime(1970, 1, 2, tzinfo=UTC), TIMES, above=5000)

    assert fence(written) == 5001


def test_the_fence_fits_the_field() -> None:
    """LeaseTransitions is an int32."""
    future = datetime(2999, 1, 1, tzinfo=UTC)

    assert fence(bid(None, "me", 0.0, future, TIMES)) < 2**31


def test_the_holder_renews() -> None:
    """Only the time changes: fence and begin stay."""
    written = bid(seen("me", acquire_time="t0"), "me", 105.0, WALL, TIMES)

    assert written == spec("me", acquire_time="t0", renew_time="2026-11-24T09:30:00.123456Z")


@pytest.mark.parametrize("holder", [None, ""])
def test_a_lease_that_was_given_back_is_taken_at_once(holder: str | None) -> None:
    """There is nobody to wait for; the fence grows."""
    assert fence(bid(seen(holder, since=100.0), "me", 100.0, WALL, TIMES)) == 7


@pytest.mark.parametrize(
    ("now", "taken"), [(100.0, False), (109.9, False), (110.0, True), (500.0, True)], ids=str
)
def test_anothers_lease_is_taken_when_it_was_still_for_its_duration(now: float, *, taken: bool) -> None:
    """Not a moment earlier, and then with the next fence."""
    written = bid(seen("other", since=100.0), "me", now, WALL, TIMES)

    assert (written.lease_transitions if written else None) == (7 if taken else None)


@pytest.mark.parametrize("renewed", ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
def test_the_holders_clock_is_not_compared_with_ours(renewed: str) -> None:
    """However wrong its time is, what counts is how long we have seen it unchanged."""
    observed = seen("other", since=100.0, renew_time=renewed)

    assert not expired(observed, 105.0, TIMES)
    assert expired(observed, 110.0, TIMES)


def test_the_holder_says_how_long_its_lease_lasts() -> None:
    """A release with other times may run beside this one while it is rolled out."""
    assert not expired(seen("other", since=100.0, lease_duration_seconds=30), 129.0, TIMES)


def test_a_lease_without_a_duration_lasts_ours() -> None:
    """Somebody may have written it by hand."""
    assert expired(seen("other", since=100.0, lease_duration_seconds=None), 110.0, TIMES)


def test_a_renewal_begins_the_time_anew() -> None:
    """The holder lives."""
    before = seen("other", since=100.0)

    assert observe(before, Lease({}, spec(renew_time="t2")), 107.0).since == 107.0


def test_a_label_on_the_lease_is_no_sign_of_life() -> None:
    """Its metadata changes, and the time runs on; what is written back is the newest."""
    before = seen("other", since=100.0)

    after = observe(before, Lease({"resourceVersion": "2"}, spec()), 107.0)

    assert (after.since, after.lease.metadata) == (100.0, {"resourceVersion": "2"})


def test_giving_back_keeps_the_fence() -> None:
    """The next leader counts on from it."""
    written = given_back(spec("me", acquire_time="t0"), WALL)

    assert (written.holder_identity, written.lease_transitions) == (None, 6)


def test_a_dead_leader_is_replaced_within_15_seconds() -> None:
    """The longest look, the duration after it, the next look, and a second for two requests."""
    assert TIMES.look + TIMES.duration + 1.0 <= 15.0


def test_a_leader_stops_before_another_may_begin() -> None:
    """With room for a renewal that fails and is tried again."""
    assert TIMES.renew + 2 * TIMES.retry < TIMES.deadline < TIMES.duration
