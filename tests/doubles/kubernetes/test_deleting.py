"""DELETE: grace, finalizers and preconditions."""

import pytest

from sandbox.kubernetes.client import MERGE
from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace


def test_a_pod_on_a_node_is_given_its_grace(namespace: Namespace) -> None:
    """The first DELETE only marks: deletionTimestamp is the end of the grace, the generation goes up."""
    namespace.create("a", node="node-1")

    reply = namespace.api.delete(namespace.pod("a"))

    metadata = reply.body["metadata"]
    assert (reply.status, reply.body["kind"]) == (200, "Pod")
    assert (metadata["deletionGracePeriodSeconds"], metadata["generation"]) == (30, 2)
    assert metadata["deletionTimestamp"] > metadata["creationTimestamp"]
    assert namespace.api.get(namespace.pod("a")).status == 200


def test_a_second_delete_changes_nothing(namespace: Namespace) -> None:
    """Neither again nor with a longer grace: the version stays."""
    namespace.create("a", node="node-1")
    first = namespace.api.delete(namespace.pod("a")).body

    again = namespace.api.delete(namespace.pod("a")).body
    longer = namespace.api.delete(namespace.pod("a"), {"gracePeriodSeconds": 100}).body

    assert first["metadata"] == again["metadata"] == longer["metadata"]


def test_a_shorter_grace_is_taken(namespace: Namespace) -> None:
    """In the body or the query: less than what is left wins."""
    namespace.create("a", node="node-1")
    namespace.api.delete(namespace.pod("a"))

    shorter = namespace.api.delete(f"{namespace.pod('a')}?gracePeriodSeconds=5").body["metadata"]

    assert (shorter["deletionGracePeriodSeconds"], shorter["generation"]) == (5, 2)


def test_a_delete_without_grace_completes_it(namespace: Namespace) -> None:
    """gracePeriodSeconds=0 is how the kubelet says that the pod is over."""
    namespace.create("a", node="node-1")
    namespace.api.delete(namespace.pod("a"))

    reply = namespace.api.delete(namespace.pod("a"), {"gracePeriodSeconds": 0})

    assert reply.body["metadata"]["deletionGracePeriodSeconds"] == 0
    assert namespace.api.get(namespace.pod("a")).status == 404


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_is_over_is_deleted_at_once(namespace: Namespace, phase: str) -> None:
    """There is nothing left to end."""
    namespace.create("a", node="node-1")
    namespace.api.patch(f"{namespace.pod('a')}/status", {"status": {"phase": phase}})

    namespace.api.delete(namespace.pod("a"))

    assert namespace.api.get(namespace.pod("a")).status == 404


def test_a_pod_on_no_node_is_deleted_at_once(namespace: Namespace) -> None:
    """Nobody runs it."""
    namespace.create("a")

    namespace.api.delete(namespace.pod("a"), {"gracePeriodSeconds": 100})

    assert namespace.api.get(namespace.pod("a")).status == 404


def test_a_finalizer_keeps_the_pod(namespace: Namespace) -> None:
    """It stays marked, can still be annotated, and goes with its last finalizer."""
    namespace.create("a", finalizers=["example.com/hold"])

    deleted = namespace.api.delete(namespace.pod("a")).body["metadata"]
    patched = namespace.api.patch(f"{namespace.pod('a')}/status", {"metadata": {"annotations": {"x": "y"}}})
    released = namespace.api.patch(namespace.pod("a"), {"metadata": {"finalizers": None}}, MERGE)

    assert deleted["finalizers"] == ["example.com/hold"]
    assert patched.body["metadata"]["annotations"] == {"x": "y"}
    assert released.status == 200
    assert "finalizers" not in released.body["metadata"]
    assert namespace.api.get(namespace.pod("a")).status == 404


def test_no_finalizer_is_added_to_what_ends(namespace: Namespace) -> None:
    """Too late to hold it."""
    namespace.create("a", node="node-1")
    namespace.api.delete(namespace.pod("a"))

    reply = namespace.api.patch(namespace.pod("a"), {"metadata": {"finalizers": ["example.com/hold"]}}, MERGE)

    assert reply.status == 422
    assert reply.body["message"] == (
        'Pod "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is '
        'being deleted, found new finalizers []string{"example.com/hold"}'
    )


@pytest.mark.parametrize(
    ("preconditions", "message"),
    [
        ({"uid": "another"}, "the UID in the precondition (another) does not match the UID in record"),
        (
            {"resourceVersion": "1"},
            "the ResourceVersion in the precondition (1) does not match the ResourceVersion",
        ),
    ],
    ids=["uid", "resourceVersion"],
)
def test_a_precondition_that_fails_deletes_nothing(
    namespace: Namespace, preconditions: JsonObject, message: str
) -> None:
    """409 Conflict, and the pod is not even marked."""
    namespace.create("a")

    reply = namespace.api.delete(namespace.pod("a"), {"preconditions": preconditions})

    assert (reply.status, reply.body["reason"]) == (409, "Conflict")
    assert reply.body["message"].startswith(f'Operation cannot be fulfilled on Pod "a": {message}')
    assert "deletionTimestamp" not in namespace.api.get(namespace.pod("a")).body["metadata"]


def test_a_new_pod_of_the_same_name_has_another_uid(namespace: Namespace) -> None:
    """A name comes back, a uid never does."""
    first = namespace.create("a")["metadata"]["uid"]
    namespace.api.delete(namespace.pod("a"))

    assert namespace.create("a")["metadata"]["uid"] != first


def test_deletes_what_a_selector_finds(namespace: Namespace) -> None:
    """DELETE on the collection takes a selector and spares the rest."""
    namespace.create("a", labels={"app": "web"})
    namespace.create("b")

    reply = namespace.api.delete(f"{namespace.pods}?labelSelector=app=web")

    assert reply.body["kind"] == "PodList"
    assert [item["metadata"]["name"] for item in namespace.api.get(namespace.pods).body["items"]] == ["b"]


def test_a_node_is_deleted_at_once(namespace: Namespace) -> None:
    """Nodes have no grace, and belong to no namespace."""
    name = f"node-{namespace.name}"
    uid = namespace.api.post("/api/v1/nodes", {"metadata": {"name": name}}).body["metadata"]["uid"]

    reply = namespace.api.delete(f"/api/v1/nodes/{name}")

    assert reply.body["details"] == {"name": name, "kind": "nodes", "uid": uid}
    assert namespace.api.get(f"/api/v1/nodes/{name}").status == 404
