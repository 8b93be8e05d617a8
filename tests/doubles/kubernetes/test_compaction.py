"""A lost past: what a client hears that was away for too long."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Cluster

PODS = "/api/v1/namespaces/default/pods"


@dataclass(frozen=True)
class Past:
    """Versions and a page from before the compaction, and the version of a list after it."""

    cluster: Cluster
    old: str
    token: str
    now: str


@pytest.fixture(scope="module")
def past(cluster: Cluster) -> Iterator[Past]:
    """Two pods, a first page, a write, and then all history is compacted away."""
    for name in ("past-a", "past-b"):
        pod = {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "example"}]}}
        cluster.admin.post(PODS, pod)
    page = cluster.admin.get(f"{PODS}?limit=1").body["metadata"]
    cluster.admin.patch(f"{PODS}/past-b", {"metadata": {"labels": {"x": "1"}}})
    cluster.compact()
    now = cluster.admin.get(PODS).body["metadata"]["resourceVersion"]
    yield Past(cluster, page["resourceVersion"], page["continue"], now)
    for name in ("past-a", "past-b"):
        cluster.admin.delete(f"{PODS}/{name}")


def watched(past: Past, version: str, more: str = "", seconds: int = 3) -> list[JsonObject]:
    """All events of a watch: a short one will do where none is expected."""
    query = f"timeoutSeconds={seconds}&resourceVersion={version}{more}"
    with past.cluster.admin.watch(f"{PODS}?{query}") as stream:
        assert stream.status == 200
        return list(stream)


def test_a_watch_of_the_past_ends_with_an_error_event(past: Past) -> None:
    """HTTP 200, then one ERROR event with a Status of code 410, then the end."""
    [event] = watched(past, past.old)

    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {past.old} (")


def test_a_watch_from_a_new_list_goes_on(past: Past) -> None:
    """To list again is the remedy."""
    assert watched(past, past.now, seconds=1) == []


def test_a_page_of_the_past_is_gone(past: Past) -> None:
    """HTTP 410 with a token for who can live with an inconsistent rest."""
    reply = past.cluster.admin.get(f"{PODS}?limit=1&continue={past.token}")

    assert (reply.status, reply.body["reason"]) == (410, "Expired")
    assert reply.body["message"].startswith(
        "The provided continue parameter is too old to display a consistent"
    )
    rest = past.cluster.admin.get(f"{PODS}?limit=1&continue={reply.body['metadata']['continue']}")
    assert [item["metadata"]["name"] for item in rest.body["items"]] == ["past-b"]


def test_an_exact_list_of_the_past_is_gone(past: Past) -> None:
    """HTTP 410."""
    reply = past.cluster.admin.get(f"{PODS}?resourceVersion={past.old}&resourceVersionMatch=Exact")

    assert (reply.status, reply.body["reason"]) == (410, "Expired")


def test_a_list_not_older_than_the_past_is_fine(past: Past) -> None:
    """Any newer state will do."""
    reply = past.cluster.admin.get(f"{PODS}?resourceVersion={past.old}")

    assert reply.status == 200
    assert int(reply.body["metadata"]["resourceVersion"]) > int(past.old)


def test_initial_events_need_no_past(past: Past) -> None:
    """A watch with sendInitialEvents begins with the state as it is."""
    more = "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"

    first, second, bookmark, *last = [event["type"] for event in watched(past, past.old, more)]

    assert (first, second, bookmark) == ("ADDED", "ADDED", "BOOKMARK")
    assert set(last) <= {"BOOKMARK"}
