"""Watches: which events come, what they carry, and where a watch may begin."""

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace


def events(namespace: Namespace, query: str, seconds: int = 3) -> list[JsonObject]:
    """All events of a watch: a short one will do where none is expected."""
    with namespace.api.watch(f"{namespace.pods}?timeoutSeconds={seconds}&{query}") as stream:
        assert stream.status == 200
        return list(stream)


def told(found: list[JsonObject]) -> list[tuple[str, str]]:
    """Type and name of each event."""
    return [(event["type"], event["object"]["metadata"]["name"]) for event in found]


def version(namespace: Namespace) -> str:
    """The resourceVersion of a list at this moment."""
    found: str = namespace.api.get(namespace.pods).body["metadata"]["resourceVersion"]
    return found


def test_tells_every_change_since_a_version(namespace: Namespace) -> None:
    """From a list's resourceVersion on, each write is one event with its own version and kind."""
    namespace.create("before")
    start = version(namespace)
    namespace.create("a")
    namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"x": "1"}}})
    namespace.api.patch(f"{namespace.pod('a')}/status", {"status": {"phase": "Running"}})

    found = events(namespace, f"resourceVersion={start}")

    assert told(found) == [("ADDED", "a"), ("MODIFIED", "a"), ("MODIFIED", "a")]
    assert {(event["object"]["kind"], event["object"]["apiVersion"]) for event in found} == {("Pod", "v1")}
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in found]
    assert versions == sorted(set(versions))
    assert versions[0] > int(start)


def test_begins_with_what_is_there_without_a_version(namespace: Namespace) -> None:
    """No resourceVersion, or 0: what exists is ADDED first."""
    namespace.create("a")
    namespace.create("b")

    assert told(events(namespace, "")) == [("ADDED", "a"), ("ADDED", "b")]
    assert told(events(namespace, "resourceVersion=0")) == [("ADDED", "a"), ("ADDED", "b")]


def test_resumes_after_any_event(namespace: Namespace) -> None:
    """An event's own version is a place to begin: that event does not come again."""
    first = namespace.create("a")["metadata"]["resourceVersion"]
    namespace.create("b")

    assert told(events(namespace, f"resourceVersion={first}")) == [("ADDED", "b")]


def test_hears_only_its_namespace(namespace: Namespace) -> None:
    """Pods of other namespaces don't show."""
    other = "/api/v1/namespaces/default/pods"
    start = version(namespace)
    pod = {
        "metadata": {"generateName": "other-"},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }
    made = namespace.api.post(other, pod).body
    namespace.api.delete(f"{other}/{made['metadata']['name']}")

    assert events(namespace, f"resourceVersion={start}", seconds=1) == []


def test_a_pod_that_stops_matching_is_deleted_as_it_was(namespace: Namespace) -> None:
    """The DELETED object still carries the label that was removed, under the version of the removal."""
    start = namespace.create("a", labels={"app": "web"})["metadata"]["resourceVersion"]
    patch = {"metadata": {"labels": {"app": None, "new": "1"}}}
    after = namespace.api.patch(namespace.pod("a"), patch).body

    [event] = events(namespace, f"resourceVersion={start}&labelSelector=app=web")

    assert event["type"] == "DELETED"
    assert event["object"]["metadata"]["labels"] == {"app": "web"}
    assert event["object"]["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


def test_a_pod_that_begins_to_match_is_added(namespace: Namespace) -> None:
    """A label that is set later makes an ADDED event; changes before it make none."""
    start = namespace.create("a")["metadata"]["resourceVersion"]
    namespace.api.patch(namespace.pod("a"), {"metadata": {"annotations": {"x": "1"}}})
    namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"app": "web"}}})

    [event] = events(namespace, f"resourceVersion={start}&labelSelector=app=web")

    assert event["type"] == "ADDED"
    assert event["object"]["metadata"]["labels"] == {"app": "web"}


def test_a_field_selector_makes_the_same_transitions(namespace: Namespace) -> None:
    """A pod that is bound appears to the watch of its node, and leaves the watch of the unbound."""
    start = namespace.create("a")["metadata"]["resourceVersion"]
    binding = {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "node-1"}}
    namespace.api.post(f"{namespace.pod('a')}/binding", binding)

    query = f"resourceVersion={start}&fieldSelector=spec.nodeName="
    assert told(events(namespace, f"{query}node-1")) == [("ADDED", "a")]
    assert told(events(namespace, query)) == [("DELETED", "a")]


def test_a_deletion_carries_the_last_state(namespace: Namespace) -> None:
    """A pod on no node is marked (MODIFIED) and gone (DELETED), each under a version of its own."""
    start = namespace.create("a", labels={"app": "web"})["metadata"]["resourceVersion"]
    answered = namespace.api.delete(namespace.pod("a")).body

    marked, gone = events(namespace, f"resourceVersion={start}&labelSelector=app=web")

    assert (marked["type"], gone["type"]) == ("MODIFIED", "DELETED")
    assert gone["object"]["metadata"]["deletionGracePeriodSeconds"] == 0
    assert gone["object"]["metadata"]["labels"] == {"app": "web"}
    assert gone["object"]["metadata"]["resourceVersion"] == answered["metadata"]["resourceVersion"]
    assert int(marked["object"]["metadata"]["resourceVersion"]) < int(answered["metadata"]["resourceVersion"])


def test_a_change_that_changes_nothing_is_not_told(namespace: Namespace) -> None:
    """A patch to what is already there makes no event."""
    start = namespace.create("a", labels={"x": "1"})["metadata"]["resourceVersion"]
    namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"x": "1"}}})

    assert events(namespace, f"resourceVersion={start}", seconds=1) == []


def test_sends_a_bookmark_shortly_before_its_end(namespace: Namespace) -> None:
    """With allowWatchBookmarks a quiet watch learns a newer version: an object with nothing else."""
    start = namespace.create("a")["metadata"]["resourceVersion"]
    query = f"timeoutSeconds=5&resourceVersion={start}&labelSelector=app=web&allowWatchBookmarks=true"

    with namespace.api.watch(f"{namespace.pods}?{query}") as stream:
        namespace.create("b")
        found = list(stream)

    bookmark = found[-1]
    assert {event["type"] for event in found} == {"BOOKMARK"}
    assert bookmark["object"]["kind"] == "Pod"
    assert bookmark["object"]["metadata"].keys() <= {"resourceVersion", "creationTimestamp"}
    assert int(bookmark["object"]["metadata"]["resourceVersion"]) > int(start)


def test_sends_no_bookmark_to_who_does_not_ask(namespace: Namespace) -> None:
    """Bookmarks are opt-in."""
    start = namespace.create("a")["metadata"]["resourceVersion"]

    with namespace.api.watch(f"{namespace.pods}?timeoutSeconds=4&resourceVersion={start}") as stream:
        assert list(stream) == []


def test_marks_the_end_of_the_initial_events(namespace: Namespace) -> None:
    """With sendInitialEvents a watch replaces the list: ADDED for each, then a bookmark that says so."""
    namespace.create("a")
    query = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"

    added, bookmark, *last = events(namespace, query)

    assert (added["type"], bookmark["type"]) == ("ADDED", "BOOKMARK")
    assert {event["type"] for event in last} <= {"BOOKMARK"}
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_refuses_initial_events_without_a_match(namespace: Namespace) -> None:
    """A watch with sendInitialEvents wants resourceVersionMatch=NotOlderThan."""
    reply = namespace.api.get(f"{namespace.pods}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true")

    assert (reply.status, reply.body["reason"]) == (422, "Invalid")


def test_refuses_a_version_that_is_no_number(namespace: Namespace) -> None:
    """The server's answer is a 500, as unkind as it is."""
    reply = namespace.api.get(f"{namespace.pods}?watch=1&resourceVersion=abc")

    assert reply.status == 500
    assert reply.body["message"].startswith('resourceVersion: Invalid value: "abc"')


def test_tells_an_open_watch_at_once(namespace: Namespace) -> None:
    """An event comes when it happens, not when the watch ends."""
    start = version(namespace)
    with namespace.api.watch(f"{namespace.pods}?timeoutSeconds=60&resourceVersion={start}") as stream:
        following = iter(stream)
        namespace.create("a")
        assert next(following)["object"]["metadata"]["name"] == "a"
        namespace.create("b")
        assert next(following)["object"]["metadata"]["name"] == "b"
