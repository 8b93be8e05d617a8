"""What a watch does while the API server says no, or nothing: its delays and its words."""

from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from eip import names
from eip.errors import KubernetesError
from producer.backoff import Backoff
from producer.watch import Watch

if TYPE_CHECKING:
    from tests.watch.conftest import Api, Hands, Told

AWAY = KubernetesError(0, "NewConnectionError", "no answer from the API server")


def test_failures_are_waited_out_longer_and_longer(tale: "Told", api: "Api", hands: "Hands") -> None:
    """The delays double up to a cap; the place is kept, so that nothing is listed again."""
    api.lists = [tale.pages("a")]
    api.watches = [AWAY] * 7 + [[tale.line("ADDED", "11", "b")]]

    assert tale.all()[-1] == "ADDED b"
    assert hands.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert api.asked.count("list *") == 1


def test_what_is_heard_makes_the_next_failure_a_first_one(tale: "Told", api: "Api", hands: "Hands") -> None:
    """An event or a bookmark shows that the watch works."""
    api.lists = [tale.pages("a")]
    api.watches = [AWAY, AWAY, [tale.line("BOOKMARK", "11"), AWAY], [tale.line("ADDED", "12"), AWAY]]

    tale.all()

    assert hands.slept == [0.5, 1.0, 0.5, 0.5]


def test_a_list_that_never_leads_to_a_watch_is_not_repeated_at_once(
    tale: "Told", api: "Api", hands: "Hands"
) -> None:
    """Lists are the dearest thing to ask for: 410 after 410 is waited out like any failure."""
    expired = KubernetesError(410, "Expired", "")
    api.lists = [tale.pages("a")] * 8
    api.watches = [expired] * 7

    tale.all()

    assert hands.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_an_event_before_each_failure_does_not_make_a_storm_of_lists(
    tale: "Told", api: "Api", hands: "Hands"
) -> None:
    """It shows that the watch works, but each failure costs a list, and so they are waited out longer."""
    api.lists = [tale.pages("a")] * 8
    api.watches = [[tale.line("ADDED", "11", "b"), tale.error_line(500, "InternalError")]] * 7

    tale.all()

    assert hands.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_watch_that_lasted_makes_the_next_lost_place_a_first_one(
    tale: "Told", api: "Api", hands: "Hands"
) -> None:
    """The server ended it when its time was over: the places are good again."""
    failed = [tale.error_line(500, "InternalError")]
    api.lists = [tale.pages("a")] * 4
    api.watches = [failed, failed, [], failed]

    tale.all()

    assert hands.slept == [0.5, 1.0, 0.5]


def test_retry_after_is_obeyed(tale: "Told", api: "Api", hands: "Hands") -> None:
    """The server's word is the least delay, by header or in an ERROR event."""
    api.lists = [tale.pages("a")]
    api.watches = [
        KubernetesError(429, "TooManyRequests", "", retry_after=20.0),
        [tale.error_line(503, "ServiceUnavailable", retryAfterSeconds=7)],
    ]

    tale.all()

    assert hands.slept == [20.5, 8.0]


def test_retry_after_does_not_silence_a_watch_for_long(tale: "Told", api: "Api", hands: "Hands") -> None:
    """An hour of maintenance is asked about twice a minute, and to liveness the thread never hangs."""
    api.lists = [tale.pages("a")]
    api.watches = [
        KubernetesError(503, "ServiceUnavailable", "", retry_after=3600.0),
        [tale.error_line(429, "TooManyRequests", retryAfterSeconds=3600)],
    ]

    tale.all()

    assert hands.slept == [30.5, 31.0]


@pytest.mark.parametrize("code", [401, 403, 429, 503])
@pytest.mark.parametrize("at", ["the request", "an event"])
def test_a_refusal_that_is_not_about_the_place_keeps_it(tale: "Told", api: "Api", code: int, at: str) -> None:
    """Not us, or not now: a list would be refused as well, and costs the API server more."""
    refused = KubernetesError(code, "No", "") if at == "the request" else [tale.error_line(code, "No")]
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("ADDED", "11")], refused, []]

    tale.all()

    assert api.asked == ["list *", "watch * 10", "watch * 11", "watch * 11"]


@pytest.mark.parametrize("code", [400, 404, 410, 500, 502, 504])
@pytest.mark.parametrize("at", ["the request", "an event"])
def test_a_refusal_that_may_be_about_the_place_means_a_new_list(
    tale: "Told", api: "Api", code: int, at: str
) -> None:
    """After a restored etcd the old place is never served again, and nobody says 410."""
    refused = KubernetesError(code, "No", "") if at == "the request" else [tale.error_line(code, "No")]
    api.lists = [tale.pages("a"), tale.pages("b", version="5")]
    api.watches = [[tale.line("ADDED", "11")], refused, []]

    assert tale.all()[-2:] == ["page b", "listed * b"]
    assert api.asked == ["list *", "watch * 10", "watch * 11", "list *", "watch * 5"]


def test_silence_is_a_failure_that_keeps_the_place(tale: "Told", api: "Api", hands: "Hands") -> None:
    """A half-open connection ends in a time-out, and the watch goes on from where it was."""
    silence = KubernetesError(0, "ReadTimeoutError", "Read timed out.")
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("BOOKMARK", "30"), silence], [tale.line("DELETED", "31", "a")]]

    assert tale.all()[-1] == "DELETED a"
    assert api.asked[-1] == "watch * 30"
    assert hands.slept == [0.5]


def test_a_watch_that_ends_at_once_is_a_failure(tale: "Told", api: "Api", hands: "Hands") -> None:
    """Else an empty answer of something in between would be asked for in a storm."""

    def end_at_once() -> None:
        hands.time -= 60.0

    api.lists = [tale.pages("a")]
    api.watches = [[end_at_once], [end_at_once], []]

    tale.all()

    assert hands.slept == [0.5, 1.0]


@pytest.mark.parametrize("code", [401, 403])
def test_a_missing_right_is_told_once_and_asked_for_ever_more_slowly(
    tale: "Told", api: "Api", hands: "Hands", code: int
) -> None:
    """One line says which right is missing, where, and what does not work without it."""
    denied = KubernetesError(code, "Forbidden", 'cannot list resource "pods" in API group ""')
    api.lists = [*[[denied]] * 8, tale.pages("a")]

    with capture_logs() as logs:
        assert tale.all()[-1] == "listed * a"

    assert hands.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    [complaint] = [entry for entry in logs if entry["log_level"] == "error"]
    assert "no pod there gets an address" in complaint["event"]
    assert "grant the service account list and watch on pods" in complaint["event"]
    assert complaint["namespace"] == "all"
    assert 'cannot list resource "pods"' in complaint["error"]


def test_failures_are_counted_by_their_code(tale: "Told", api: "Api") -> None:
    """What is told once in the log still shows in the metrics."""
    before = REGISTRY.get_sample_value("eip_watch_failures_total", {"code": "503"}) or 0.0
    api.lists = [tale.pages("a")]
    api.watches = [KubernetesError(503, "ServiceUnavailable", "")] * 3

    tale.all()

    assert REGISTRY.get_sample_value("eip_watch_failures_total", {"code": "503"}) == before + 3


def test_trouble_is_told_once_and_so_is_its_end(tale: "Told", api: "Api") -> None:
    """An outage of an hour is two lines."""
    api.lists = [tale.pages("a")]
    api.watches = [AWAY] * 50 + [[tale.line("ADDED", "11")]]

    with capture_logs() as logs:
        tale.all()

    assert [entry["event"] for entry in logs if entry["event"] != "listed pods"] == [
        "the watch of pods failed and will be resumed",
        "the API server answers again",
    ]


def test_an_attempt_without_an_answer_is_a_turn_but_nothing_heard(
    tale: "Told", api: "Api", hands: "Hands"
) -> None:
    """The thread lives, whether or not the API server does; health must not confuse the two."""
    times: list[tuple[float, float]] = []

    def pause(seconds: float) -> None:
        times.append((watch.heard_at, watch.turned_at))
        hands.sleep(seconds)

    watch = api.watch = Watch(
        api, names.MANAGE_SELECTOR, None, hands, chance=lambda _, high: high, pause=pause
    )
    start = hands.time
    api.lists = [[AWAY], [AWAY], [AWAY], tale.pages("a")]

    list(watch.items())

    assert times == [(start, start), (start, start + 0.5), (start, start + 1.5)]
    assert watch.heard_at == start + 3.5


def test_jitter_takes_all_between_nothing_and_the_ceiling() -> None:
    """Replicas that failed together don't come back together."""
    asked: list[tuple[float, float]] = []

    def chance(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    backoff = Backoff(base=1.0, cap=3.0, chance=chance)

    assert [backoff.next(), backoff.next(4.0), backoff.next()] == [0.0, 4.0, 0.0]
    assert asked == [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]


def test_the_cap_holds_after_any_number_of_failures() -> None:
    """A weekend's outage does not overflow."""
    backoff = Backoff(base=1.0, cap=3.0, chance=lambda _, high: high)

    assert {backoff.next() for _ in range(5000)} == {1.0, 2.0, 3.0}
