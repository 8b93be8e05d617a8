"""Events on pods: they help people, and never harm a step."""

import pytest

from eip.claim import Claim
from eip.errors import RedisAway
from eip.names import EVENTS_BUCKET, EventReason
from tests.workers_world import OTHER, UID, Workers
from workers.tell import QUIET

CLAIM = Claim(uid=UID, namespace="shop", name="web")
READY, QUOTA = EventReason.READY, EventReason.QUOTA


def tell(workers: Workers, claim: Claim = CLAIM, reason: EventReason = READY, message: str = "told") -> None:
    """Post an Event."""
    workers.world.teller.tell(claim, reason, message, warning=reason is not READY)


def test_an_event_is_about_the_pod(workers: Workers) -> None:
    """`kubectl describe pod` finds it by the uid."""
    tell(workers)
    [event] = workers.kubernetes.events

    about = {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web", "uid": UID}
    assert event["involvedObject"] == about
    assert event["metadata"] == {"generateName": "web.", "namespace": "shop"}
    assert (event["reason"], event["message"], event["type"]) == ("AddressReady", "told", "Normal")
    assert workers.kubernetes.asked("event") == ["shop"]


def test_a_warning_is_one(workers: Workers) -> None:
    """What must be mended stands out."""
    tell(workers, reason=QUOTA)

    assert workers.kubernetes.events[0]["type"] == "Warning"


def test_the_same_is_not_told_twice(workers: Workers) -> None:
    """A step that fails every second makes one Event in ten minutes."""
    for _ in range(5):
        tell(workers)

    assert len(workers.kubernetes.events) == 1


def test_the_same_is_told_again_after_ten_minutes(workers: Workers) -> None:
    """Events are kept for an hour only; what goes on is said again."""
    tell(workers)
    workers.time.pass_by(QUIET + 1)
    tell(workers)

    assert len(workers.kubernetes.events) == 2


def test_another_reason_is_told(workers: Workers) -> None:
    """Each reason has its own silence."""
    tell(workers)
    tell(workers, reason=QUOTA)

    assert [event["reason"] for event in workers.kubernetes.events] == ["AddressReady", "QuotaExceeded"]


def test_another_pod_is_told(workers: Workers) -> None:
    """Each pod has its own silence, even under the same name."""
    tell(workers)
    tell(workers, Claim(uid=OTHER, namespace="shop", name="web"))

    assert len(workers.kubernetes.events) == 2


def test_events_have_a_budget(workers: Workers) -> None:
    """A thousand pods that fail together do not flood the API server."""
    for number in range(80):
        tell(workers, Claim(uid=f"u{number}", namespace="shop", name="web"))

    assert 50 <= len(workers.kubernetes.events) < 80


def test_what_is_not_told_again_costs_nothing(workers: Workers) -> None:
    """A pod that fails over and over takes no other pod's Event away."""
    for _ in range(80):
        tell(workers)

    tell(workers, Claim(uid=OTHER, namespace="shop", name="web"))

    assert len(workers.kubernetes.events) == 2


def test_an_event_never_waits(workers: Workers) -> None:
    """The step that it is about is not held up."""
    workers.empty(EVENTS_BUCKET, promised=5)

    tell(workers)

    assert workers.time.slept == []
    assert workers.kubernetes.events == []


def test_an_event_that_was_too_much_is_told_later(workers: Workers) -> None:
    """It is not taken for told: the next time finds room for it."""
    workers.empty(EVENTS_BUCKET, promised=5)
    tell(workers)
    workers.time.pass_by(5)

    tell(workers)

    assert len(workers.kubernetes.events) == 1


@pytest.mark.parametrize("code", [0, 403, 404, 500])
def test_an_event_that_is_refused_harms_nobody(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A namespace that is being deleted takes no Events."""

    def refuse(*_: object) -> None:
        workers.kubernetes.breaks(code)
        assert workers.kubernetes.broken is not None
        raise workers.kubernetes.broken

    monkeypatch.setattr(workers.kubernetes, "create_event", refuse)

    tell(workers)

    assert workers.kubernetes.events == []


def test_a_redis_that_is_away_harms_nobody(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it was told before is not known, so it is not told."""

    def away(*_: object) -> bool:
        raise RedisAway("gone")

    monkeypatch.setattr(workers.ledger, "first_in", away)

    tell(workers)

    assert workers.kubernetes.events == []


def test_long_words_are_cut(workers: Workers) -> None:
    """The API server refuses messages of more than 1024 characters, and names of more than 253."""
    tell(workers, Claim(uid=UID, namespace="shop", name="n" * 253), message="m" * 5000)
    [event] = workers.kubernetes.events

    assert len(event["message"]) == 1024
    assert len(event["metadata"]["generateName"]) <= 247
    assert event["involvedObject"]["name"] == "n" * 253
