"""When a worker counts as alive. The file's touching by a real worker is in tests/journeys."""

import os
from pathlib import Path

import pytest

from workers.alive import STALE, STUCK, Pulse, probe

NOW = 1000.0


def test_a_worker_that_polls_is_alive() -> None:
    """Redis answers and the consumer polls: no trouble."""
    pulse = Pulse(polled_at=NOW - 1, redis_since=0.0)

    assert pulse.trouble(NOW) == ""


def test_a_consumer_that_does_not_poll_while_redis_answers_is_stuck() -> None:
    """Redis has answered for longer than the consumer may be silent."""
    pulse = Pulse(polled_at=NOW - STUCK - 1, redis_since=NOW - STUCK - 1)

    assert "nothing was consumed for 121 s" in pulse.trouble(NOW)


def test_a_worker_is_not_dead_because_redis_is_away() -> None:
    """A restart would not bring Redis back."""
    pulse = Pulse(polled_at=0.0, redis_since=0.0)
    pulse.redis_away()

    assert pulse.trouble(NOW) == ""


def test_a_consumer_has_time_to_reconnect_after_redis_is_back() -> None:
    """The silence while Redis was away does not count."""
    pulse = Pulse(polled_at=0.0)
    pulse.redis_answered(NOW - 1)
    pulse.redis_answered(NOW)

    assert pulse.trouble(NOW) == ""


def test_a_full_worker_need_not_poll() -> None:
    """All slots are taken: there is nowhere to put another message."""
    pulse = Pulse(slots=1, polled_at=0.0, redis_since=0.0)
    pulse.task_started("a", NOW + 1)

    assert pulse.trouble(NOW) == ""


def test_a_slot_over_its_deadline_is_trouble_and_a_free_one_is_not() -> None:
    """The task is named, so that its pod can be found."""
    pulse = Pulse(polled_at=NOW, redis_since=0.0)
    pulse.task_started("uid.allocate.1", NOW - 1)

    assert "uid.allocate.1" in pulse.trouble(NOW)

    pulse.task_ended("uid.allocate.1")

    assert pulse.trouble(NOW) == ""


@pytest.mark.parametrize(
    ("age", "dead"),
    [(0.0, ""), (STALE - 1, ""), (STALE + 1, "gave no sign of life for 61 s")],
    ids=["fresh", "young", "stale"],
)
def test_the_probe_goes_by_the_files_age(tmp_path: Path, age: float, dead: str) -> None:
    """A file that was not touched for a minute means dead."""
    path = tmp_path / "alive"
    path.touch()
    os.utime(path, (NOW, NOW))

    said = probe(path, NOW + age)

    assert (dead in said) if dead else said == ""


def test_the_probe_says_so_when_there_is_no_file(tmp_path: Path) -> None:
    """The worker has not started yet."""
    assert "has not started" in probe(tmp_path / "alive", NOW)
