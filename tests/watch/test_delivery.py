"""From the watch to the ledger: an item is tried until it is written, for as long as we lead."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from eip.decide import EventType
from eip.errors import EipError, EpochChanged, StaleLeader
from eip.pod import OwnerMeta, Pod
from producer.backoff import Backoff
from producer.delivery import Delivery
from producer.watch import Changed, Listed, Page

POD = Pod(OwnerMeta(uid="a"))
CHANGE = Changed(EventType.DELETED, POD)


class Ledger:
    """Fails as often as it was told to, and writes down the rest."""

    def __init__(self) -> None:
        self.failures: list[EipError] = []
        self.written: list[object] = []
        self.epochs: list[bool | EipError] = []

    def seen(self, event_type: EventType, pod: Pod, fence: int) -> None:
        self._take((event_type, pod.uid, fence))

    def page(self, pods: Sequence[Pod], fence: int) -> None:
        self._take(([pod.uid for pod in pods], fence))

    def compare(self, namespace: str | None, uids: set[str], fence: int) -> None:
        self._take((namespace, uids, fence))

    def epoch_changed(self) -> bool:
        answer = self.epochs.pop(0) if self.epochs else False
        if isinstance(answer, EipError):
            raise answer
        return answer

    def _take(self, what: object) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.written.append(what)


class Desk:
    """A delivery, what it waited, and how often it wished for a list."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.fences: list[int | None] = []
        self.waited: list[float] = []
        self.refused: list[float] = []
        self.relists = 0
        self.time = 100.0
        backoff = Backoff(base=0.1, cap=5.0, chance=lambda _, high: high)
        self.delivery = Delivery(self.ledger, self.fence, self.relist, self.pause, backoff, self)

    def fence(self) -> int | None:
        return self.fences.pop(0) if self.fences else 7

    def relist(self) -> None:
        self.relists += 1

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds
        self.refused.append(round(self.delivery.refused_for, 1))

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def desk() -> Desk:
    """A leader with fence 7."""
    return Desk()


@pytest.mark.parametrize(
    ("item", "written"),
    [
        (CHANGE, (EventType.DELETED, "a", 7)),
        (Page("web", (POD,)), (["a"], 7)),
        (Listed("web", frozenset({"a"})), ("web", {"a"}, 7)),
    ],
    ids=["a change", "a page", "a complete list"],
)
def test_each_item_is_written_with_the_fence(
    desk: Desk, item: Changed | Page | Listed, written: object
) -> None:
    """Once, without a wait."""
    assert desk.delivery.deliver(item)
    assert desk.ledger.written == [written]
    assert desk.waited == []


def test_an_item_is_tried_until_redis_takes_it(desk: Desk) -> None:
    """A deletion that is lost would be an address that stays; the waits grow up to a cap."""
    desk.ledger.failures = [EipError("Redis is away")] * 9

    with capture_logs() as logs:
        assert desk.delivery.deliver(CHANGE)

    assert desk.ledger.written == [(EventType.DELETED, "a", 7)]
    assert desk.waited == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert [entry["event"] for entry in logs] == [
        "Redis takes no change; it is tried until it does, nothing is lost",
        "Redis takes changes again",
    ]


def test_each_try_asks_for_the_fence_anew(desk: Desk) -> None:
    """The lead may have changed while we waited."""
    desk.ledger.failures = [EipError("Redis is away")]
    desk.fences = [7, 8]

    desk.delivery.deliver(CHANGE)

    assert desk.ledger.written == [(EventType.DELETED, "a", 8)]


def test_nothing_is_written_by_who_does_not_lead(desk: Desk) -> None:
    """The item is the next leader's, whose list covers it."""
    desk.ledger.failures = [EipError("Redis is away")]
    desk.fences = [7, None]

    assert not desk.delivery.deliver(CHANGE)
    assert desk.ledger.written == []


def test_a_later_leader_is_the_callers_to_know(desk: Desk) -> None:
    """It is not tried again: it would be refused for ever."""
    desk.ledger.failures = [StaleLeader("9")]

    with pytest.raises(StaleLeader):
        desk.delivery.deliver(CHANGE)

    assert desk.waited == []


def test_a_lost_redis_is_listed_into_and_the_item_is_written_too(desk: Desk) -> None:
    """The new epoch is read before the next try."""
    desk.ledger.failures = [EpochChanged("run_id changed")]
    desk.ledger.epochs = [True]

    assert desk.delivery.deliver(CHANGE)
    assert desk.relists == 1
    assert desk.ledger.written == [(EventType.DELETED, "a", 7)]


def test_an_unchanged_epoch_lists_nothing(desk: Desk) -> None:
    """Lists are dear."""
    desk.delivery.check_epoch()

    assert desk.relists == 0


def test_an_epoch_that_cannot_be_read_is_asked_for_again(desk: Desk) -> None:
    """Redis is away: that is told once, and is no new epoch."""
    desk.ledger.epochs = [EipError("Redis is away"), EipError("Redis is away"), True]

    with capture_logs() as logs:
        for _ in range(3):
            desk.delivery.check_epoch()

    assert desk.relists == 1
    assert [entry["event"] for entry in logs] == [
        "Redis takes no change; it is tried until it does, nothing is lost",
        "Redis has lost its data: all pods are listed again",
        "Redis takes changes again",
    ]


def test_for_how_long_redis_refuses_counts_from_the_first_failure(desk: Desk) -> None:
    """Whatever failed since; an item that was taken ends it."""
    desk.ledger.failures = [EipError("Redis is away"), EpochChanged("run_id changed"), EipError("away")]

    desk.delivery.deliver(CHANGE)

    assert desk.refused == [0.1, 0.2, 0.4]
    assert desk.delivery.refused_for == 0.0


def test_an_epoch_that_cannot_be_read_counts_too_until_it_can(desk: Desk) -> None:
    """There may be nothing to write for hours."""
    desk.ledger.epochs = [EipError("Redis is away"), EipError("Redis is away"), False]

    refused = []
    for _ in range(3):
        desk.delivery.check_epoch()
        desk.time += 5.0
        refused.append(desk.delivery.refused_for)

    assert refused == [5.0, 10.0, 0.0]


def test_a_page_without_pods_is_no_news_of_redis(desk: Desk) -> None:
    """Nothing was asked of it."""
    desk.ledger.epochs = [EipError("Redis is away")]

    with capture_logs() as logs:
        desk.delivery.check_epoch()
        assert desk.delivery.deliver(Page(None, ()))
        desk.time += 5.0

    assert [entry["event"] for entry in logs] == [
        "Redis takes no change; it is tried until it does, nothing is lost"
    ]
    assert desk.delivery.refused_for == 5.0
