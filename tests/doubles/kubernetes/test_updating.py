"""PUT: an object replaced, unless somebody else was first."""

from tests.doubles.kubernetes.conftest import Namespace


def test_put_without_a_version_replaces(namespace: Namespace) -> None:
    """A PUT of a pod without resourceVersion is unconditional; its uid and status stay."""
    made = namespace.create("a", labels={"x": "1"})
    body = {"metadata": {"name": "a", "labels": {"y": "2"}}, "spec": made["spec"]}

    reply = namespace.api.put(namespace.pod("a"), body)

    assert reply.status == 200
    assert reply.body["metadata"]["labels"] == {"y": "2"}
    assert reply.body["metadata"]["uid"] == made["metadata"]["uid"]
    assert reply.body["status"] == made["status"]


def test_put_refuses_an_old_version(namespace: Namespace) -> None:
    """A PUT with an older resourceVersion is 409."""
    made = namespace.create("a")
    namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"x": "1"}}})

    reply = namespace.api.put(namespace.pod("a"), made)

    assert (reply.status, reply.body["reason"]) == (409, "Conflict")


def test_put_refuses_another_uid(namespace: Namespace) -> None:
    """A PUT with another uid is 409: the pod that was meant is gone."""
    made = namespace.create("a")
    made["metadata"] = made["metadata"] | {"uid": "another"}
    uid = namespace.api.get(namespace.pod("a")).body["metadata"]["uid"]

    reply = namespace.api.put(namespace.pod("a"), made)

    assert reply.status == 409
    assert reply.body["message"] == (
        'Operation cannot be fulfilled on pods "a": StorageError: invalid object, Code: 4, '
        f"Key: /registry/pods/{namespace.name}/a, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: another, UID in object meta: {uid}"
    )
