"""How look-ups are coalesced: the count of calls, whatever the threads do."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import NoReturn

import pytest

from tests.interface.world import Clock, at_once, until
from workers.aws.batch import IDLE_SECONDS, LONGEST_SECONDS, Batcher


class Fetch:
    """Doubles numbers, and keeps what it was asked; 13 fails a call, and so do more than `most`."""

    def __init__(self, most: int = 1000) -> None:
        self.calls: list[list[int]] = []
        self.most = most

    def __call__(self, keys: Sequence[int]) -> dict[int, int]:
        self.calls.append(list(keys))
        if 13 in keys:
            raise ValueError("13")
        if len(keys) > self.most:
            raise OverflowError(len(keys))
        return {key: 2 * key for key in keys if key != 0}


def gets(batcher: Batcher[int, int], keys: Iterable[int]) -> list[Callable[[], int | None]]:
    """A call for each key."""
    return [partial(batcher.get, key) for key in keys]


def test_five_keys_at_once_are_one_call() -> None:
    """All get their own answer."""
    clock, fetch = Clock(), Fetch()
    batcher = Batcher(fetch, clock)

    assert [2, 4, 6, 8, 10] == at_once(clock, lambda: batcher.waiting, gets(batcher, range(1, 6)))
    assert [[1, 2, 3, 4, 5]] == [sorted(keys) for keys in fetch.calls]


def test_a_key_asked_for_twice_is_asked_once() -> None:
    """Both callers get the answer."""
    clock, fetch = Clock(), Fetch()
    batcher = Batcher(fetch, clock)

    assert [14, 14, 14] == at_once(clock, lambda: batcher.waiting, gets(batcher, [7, 7, 7]))
    assert [[7]] == fetch.calls


def test_a_key_that_is_on_its_way_is_not_asked_for_again() -> None:
    """Who comes while the call is under way waits for its answer."""
    clock, asked, answer = Clock(), Event(), Event()
    calls: list[list[int]] = []

    def fetch(keys: Sequence[int]) -> dict[int, str]:
        calls.append(list(keys))
        asked.set()
        answer.wait(5)
        return dict.fromkeys(keys, "found")

    batcher = Batcher(fetch, clock)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(batcher.get, 1)
        asked.wait(5)
        second = pool.submit(batcher.get, 1)
        batch = batcher._flying[1]
        until(lambda: batch.callers == 2)
        answer.set()

    assert ["found", "found"] == [first.result(), second.result()]
    assert [[1]] == calls


def test_one_after_the_other_are_two_calls() -> None:
    """Nothing is remembered: that is the caller's affair."""
    fetch = Fetch()
    batcher = Batcher(fetch, Clock())

    assert [2, 2] == [batcher.get(1), batcher.get(1)]
    assert [[1], [1]] == fetch.calls


def test_what_was_not_found_is_none() -> None:
    """A key that the call left out is no error."""
    assert Batcher(Fetch(), Clock()).get(0) is None


def test_a_lone_caller_waits_only_the_idle_window() -> None:
    """A single pod's interface is not held up for the longest window."""
    clock = Clock()
    Batcher(Fetch(), clock).get(1)

    assert [IDLE_SECONDS] == clock.slept


def test_a_batch_does_not_wait_longer_than_its_window_for_those_who_still_come() -> None:
    """The first caller's wait is bounded, however many join."""

    class Joining(Clock):
        def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            self.seconds += seconds
            batcher._join(100 + len(self.slept))

    clock = Joining()
    batcher = Batcher(Fetch(), clock)
    batcher.get(1)

    assert pytest.approx(LONGEST_SECONDS) == sum(clock.slept)


def test_a_full_batch_leaves_at_once_and_the_next_one_begins() -> None:
    """No call has more keys than it may."""
    clock, fetch = Clock(), Fetch()
    batcher = Batcher(fetch, clock, most=1)

    assert [2, 4] == [batcher.get(1), batcher.get(2)]
    assert [[1], [2]] == fetch.calls
    assert [] == clock.slept


def test_a_failure_is_every_callers() -> None:
    """One call failed, once; nobody is left waiting, and the next call is a new one."""
    clock, fetch = Clock(), Fetch()
    batcher = Batcher(fetch, clock)

    def attempt(key: int) -> None:
        with pytest.raises(ValueError, match="13"):
            batcher.get(key)

    at_once(clock, lambda: batcher.waiting, [partial(attempt, key) for key in (12, 13, 14)])

    assert 1 == len(fetch.calls)
    assert 2 == batcher.get(1)


def test_a_batch_that_is_too_large_is_halved() -> None:
    """Each half is asked for by itself, until it is small enough."""
    clock, fetch = Clock(), Fetch(most=2)
    batcher = Batcher(fetch, clock, splits=lambda error: isinstance(error, OverflowError))

    assert [2, 4, 6, 8] == at_once(clock, lambda: batcher.waiting, gets(batcher, range(1, 5)))
    assert [4, 2, 2] == [len(keys) for keys in fetch.calls]


def test_a_leader_that_is_stopped_lets_the_others_go() -> None:
    """A worker that shuts down leaves no thread waiting for an answer that never comes."""
    clock = Clock()

    def stop(_: object) -> NoReturn:
        raise SystemExit(0)

    batcher: Batcher[int, int] = Batcher(stop, clock)

    def attempt(key: int) -> None:
        with pytest.raises(SystemExit):
            batcher.get(key)

    at_once(clock, lambda: batcher.waiting, [partial(attempt, key) for key in (1, 2)])

    assert 0 == batcher.waiting
