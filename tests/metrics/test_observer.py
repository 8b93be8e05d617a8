"""One worker finds out for all: each thing once in its time, and what fails stops nothing else."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from eip.errors import RedisAway
from tests.workers_world import Workers
from workers.observing.installation import Installation, QuotaUse
from workers.observing.observer import COUNT_SECONDS, Observer

USE = QuotaUse(20, 7)


class Reader:
    """The account's quota, and how often it was read."""

    def __init__(self) -> None:
        self.reads = 0
        self.error: Exception | None = None

    def __call__(self) -> QuotaUse:
        self.reads += 1
        if self.error:
            raise self.error
        return USE


@pytest.fixture
def reader() -> Reader:
    """Can be read."""
    return Reader()


@pytest.fixture
def installation(workers: Workers) -> Installation:
    """The workers' own."""
    return Installation(workers.ledger)


@pytest.fixture
def observer(installation: Installation, reader: Reader) -> Callable[[], Observer]:
    """Another worker's observer, as often as it is called."""
    return lambda: Observer(installation, reader)


def test_what_one_finds_out_all_know(
    installation: Installation, observer: Callable[[], Observer], reader: Reader
) -> None:
    """A second worker reads nothing in the same time."""
    observer().tick()
    observer().tick()

    sight = installation.look()
    assert sight.counts is not None
    assert sight.quota == USE
    assert reader.reads == 1


def test_claims_are_counted_again_in_their_turn_and_the_quota_is_not(
    workers: Workers, installation: Installation, observer: Callable[[], Observer], reader: Reader
) -> None:
    """By whichever worker comes first."""
    observer().tick()
    workers.serve()
    workers.time.pass_by(COUNT_SECONDS)

    observer().tick()

    counts = installation.look().counts
    assert counts is not None
    assert counts.claims["serving"] == 1
    assert reader.reads == 1


def test_an_account_that_does_not_allow_it_has_no_quota(
    installation: Installation, observer: Callable[[], Observer], reader: Reader
) -> None:
    """It is said once an hour which right is missing, without keys or tokens, and the claims are counted."""
    reader.error = PermissionError("AccessDenied for AKIAIOSFODNN7EXAMPLE")

    with capture_logs() as lines:
        observer().tick()
        observer().tick()

    [line] = lines
    assert "servicequotas:GetServiceQuota" in line["event"]
    assert "AKIA" not in line["error"]
    assert installation.look().quota is None
    assert installation.look().counts is not None


def test_a_quota_is_known_for_some_hours(
    workers: Workers, installation: Installation, reader: Reader
) -> None:
    """One failed reading is no reason to forget it; four are."""
    Observer(installation, reader).tick()
    reader.error = TimeoutError()

    workers.time.pass_by(3 * 3600)
    assert installation.look().quota == USE
    workers.time.pass_by(3700)
    assert installation.look().quota is None


def test_the_thread_outlives_whatever_goes_wrong(
    installation: Installation, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own is told; a Redis that is away is not, for the worker's housekeeping tells it."""
    observer = Observer(installation, reader)
    troubles = [ZeroDivisionError("a bug"), RedisAway("away")]

    def tick() -> None:
        if len(troubles) == 1:
            observer.stop()
        raise troubles.pop(0)

    monkeypatch.setattr(observer, "tick", tick)
    monkeypatch.setattr("workers.observing.observer.TICK", 0.0)
    with capture_logs() as lines:
        observer._run()

    assert troubles == []
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
        "counting failed, a fault of the worker's own: report it"
    ]
