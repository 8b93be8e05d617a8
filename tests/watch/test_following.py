"""What a watch yields, where it resumes, and when it lists again."""

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from eip.errors import KubernetesError

if TYPE_CHECKING:
    from tests.watch.conftest import Api, Hands, Told

EXPIRED = KubernetesError(410, "Expired", "too old resource version")


def test_a_list_comes_page_by_page_and_then_complete(tale: "Told", api: "Api") -> None:
    """The consumer gets each page, and after the last all uids to compare with."""
    api.lists = [tale.pages("a b", "c")]

    assert tale.all() == ["page a b", "page c", "listed * a b c"]


def test_an_empty_cluster_is_a_complete_list_too(tale: "Told", api: "Api") -> None:
    """That no pod is there is what lets the claims of all be questioned."""
    api.lists = [tale.pages("")]

    assert tale.all() == ["page ", "listed * "]


def test_the_watch_begins_where_the_list_ended(tale: "Told", api: "Api") -> None:
    """Events are told with their type, from the list's resourceVersion on."""
    api.lists = [tale.pages("a")]
    lines = [tale.line("ADDED", "11", "b"), tale.line("MODIFIED", "12", "b"), tale.line("DELETED", "13", "a")]
    api.watches = [lines]

    assert tale.all()[2:] == ["ADDED b", "MODIFIED b", "DELETED a"]
    assert api.asked == ["list *", "watch * 10"]


def test_a_pod_that_lost_its_label_is_deleted_for_us(tale: "Told", api: "Api") -> None:
    """The event's type is told as it is, whatever label its object still carries."""
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("DELETED", "11", "a", labels={"eip.aws.materialize.com/manage": "true"})]]

    assert tale.all()[-1] == "DELETED a"


def test_an_ended_watch_is_resumed_from_the_last_event(tale: "Told", api: "Api") -> None:
    """The server ends each watch after a while; nothing is listed again."""
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("ADDED", "11", "b")], [tale.line("ADDED", "14", "c")], []]

    assert tale.all()[2:] == ["ADDED b", "ADDED c"]
    assert api.asked == ["list *", "watch * 10", "watch * 11", "watch * 14"]


def test_bookmarks_move_the_place_and_are_not_told(tale: "Told", api: "Api") -> None:
    """Without them a quiet selector's place would be too old after some minutes."""
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("BOOKMARK", "90")], []]

    assert tale.all() == ["page a", "listed * a"]
    assert api.asked[-1] == "watch * 90"


@pytest.mark.parametrize("at", ["the request", "an event"])
def test_a_place_that_is_too_old_means_a_new_list(tale: "Told", api: "Api", at: str) -> None:
    """410 comes as an HTTP status or as an ERROR event; both end in a list."""
    api.lists = [tale.pages("a"), tale.pages("a b", version="50")]
    api.watches = [EXPIRED if at == "the request" else [tale.error_line(410, "Expired")], []]

    assert tale.all() == ["page a", "listed * a", "page a b", "listed * a b"]
    assert api.asked == ["list *", "watch * 10", "list *", "watch * 50"]


def test_an_error_without_a_code_means_a_new_list(tale: "Told", api: "Api") -> None:
    """The API server did answer: it is no lost connection."""
    api.lists = [tale.pages("a"), tale.pages("a b", version="50")]
    api.watches = [[b'{"type": "ERROR", "object": {"kind": "Status"}}'], []]

    assert tale.all() == ["page a", "listed * a", "page a b", "listed * a b"]


def test_a_list_whose_token_expired_begins_again(tale: "Told", api: "Api") -> None:
    """Half a list is never told as a complete one: it would look as if the other half had gone."""
    api.lists = [[*tale.pages("a b"), EXPIRED], tale.pages("b", "c")]

    assert tale.all() == ["page a b", "page b", "page c", "listed * b c"]


def test_a_failed_list_is_not_complete(tale: "Told", api: "Api") -> None:
    """The list begins again from its first page, and so do its uids."""
    api.lists = [[*tale.pages("a"), KubernetesError(500, "InternalError", "")], tale.pages("b")]

    assert tale.all() == ["page a", "page b", "listed * b"]


def test_a_list_without_a_place_is_no_list(tale: "Told", api: "Api") -> None:
    """There would be nothing to watch from, and a watch from nowhere tells old states as new."""
    api.lists = [tale.pages("a", version=""), tale.pages("a")]

    assert tale.all() == ["page a", "page a", "listed * a"]


@pytest.mark.parametrize(
    "bad",
    [
        b"<html>502</html>",
        b'{"type": "ADDED"',
        b'{"type": "ADDED", "object": {"metadata": {"uid": 7, "resourceVersion": "11"}}}',
        b'{"type": "ADDED", "object": []}',
        b'{"type": "GROWN", "object": {"metadata": {"uid": "x", "resourceVersion": "11"}}}',
        b'{"type": "ADDED", "object": {"metadata": {"uid": "\xff", "resourceVersion": "11"}}}',
        b'{"type": "ADDED", "object": {"spec": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'["ADDED"]',
        b"\x00",
    ],
    ids=["html", "cut", "uid no string", "no object", "unknown type", "no utf-8", "deep", "list", "nul"],
)
def test_a_line_that_cannot_be_read_is_one_line_of_the_log(tale: "Told", api: "Api", bad: bytes) -> None:
    """It is left out; the watch goes on, and the log does not repeat what it said."""
    api.lists = [tale.pages("a")]
    api.watches = [[tale.line("ADDED", "11", "b"), bad, tale.line("ADDED", "12", "c")]]

    with capture_logs() as logs:
        assert tale.all()[2:] == ["ADDED b", "ADDED c"]

    left_out = [entry for entry in logs if entry["event"] == "a line of the watch was left out"]
    assert [entry["bytes"] for entry in left_out] == [len(bad)]
    assert "html" not in str(left_out)


def test_a_wish_to_list_again_ends_the_running_watch(tale: "Told", api: "Api", hands: "Hands") -> None:
    """Redis lost its data: the list comes at once, and without a complaint about the broken watch."""
    api.lists = [tale.pages("a"), tale.pages("a", version="20")]
    broken = KubernetesError(0, "ProtocolError", "Connection broken")
    api.watches = [[tale.watch.relist, broken], []]

    with capture_logs() as logs:
        assert tale.all() == ["page a", "listed * a"] * 2

    assert api.asked == ["list *", "watch * 10", "list *", "watch * 20"]
    assert hands.slept == []
    assert all(entry["log_level"] == "info" for entry in logs)


def test_a_wish_during_a_list_is_kept_for_after_it(tale: "Told", api: "Api") -> None:
    """The running list may have been written to what was lost."""
    api.lists = [tale.pages("a", "b"), tale.pages("a b", version="20")]
    items = tale.watch.items()
    next(items)

    tale.watch.relist()

    rest = [tale.told(item) for item in items]
    assert rest == ["page b", "listed * a b", "page a b", "listed * a b"]


def test_a_wish_whose_list_fails_is_not_forgotten(tale: "Told", api: "Api") -> None:
    """The old place must not be taken up again instead."""
    api.lists = [tale.pages("a"), [KubernetesError(503, "", "")], tale.pages("a", version="20")]
    api.watches = [[tale.watch.relist], []]

    assert tale.all() == ["page a", "listed * a"] * 2
    assert api.asked == ["list *", "watch * 10", "list *", "list *", "watch * 20"]


def test_stop_ends_the_watch(tale: "Told", api: "Api", hands: "Hands") -> None:
    """Nothing is asked after it, and nothing is waited for."""
    api.lists = [tale.pages("a")]
    api.watches = [[tale.watch.stop, tale.line("ADDED", "11")], []]

    assert tale.all() == ["page a", "listed * a"]
    assert api.asked == ["list *", "watch * 10"]
    assert hands.slept == []
