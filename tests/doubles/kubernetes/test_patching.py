"""PATCH: of a pod, of its status, and what each leaves alone."""

import pytest

from sandbox.kubernetes.client import JSON_PATCH, MERGE, STRATEGIC_MERGE
from tests.doubles.kubernetes.conftest import Namespace


def ready(kind: str, status: str = "True") -> dict[str, str]:
    """A condition."""
    return {"type": kind, "status": status}


@pytest.mark.parametrize("content_type", [MERGE, STRATEGIC_MERGE])
def test_null_removes_a_key(namespace: Namespace, content_type: str) -> None:
    """Both merges set what has a value and remove what is null."""
    namespace.create("a", labels={"old": "1", "kept": "1"})
    patch = {"metadata": {"labels": {"old": None, "new": "2"}}}

    reply = namespace.api.patch(namespace.pod("a"), patch, content_type)

    assert reply.status == 200
    assert reply.body["metadata"]["labels"] == {"kept": "1", "new": "2"}


def test_strategic_merge_keeps_other_conditions(namespace: Namespace) -> None:
    """Conditions are merged by type."""
    namespace.create("a")
    status = f"{namespace.pod('a')}/status"
    namespace.api.patch(status, {"status": {"conditions": [ready("example.com/mine"), ready("Ready")]}})

    reply = namespace.api.patch(status, {"status": {"conditions": [ready("example.com/mine", "False")]}})

    conditions = {entry["type"]: entry["status"] for entry in reply.body["status"]["conditions"]}
    assert conditions == {"example.com/mine": "False", "Ready": "True"}


def test_merge_patch_replaces_all_conditions(namespace: Namespace) -> None:
    """A JSON merge patch knows no merge keys: the list is replaced."""
    namespace.create("a")
    status = f"{namespace.pod('a')}/status"
    namespace.api.patch(status, {"status": {"conditions": [ready("example.com/mine")]}})

    reply = namespace.api.patch(status, {"status": {"conditions": [ready("Ready")]}}, MERGE)

    assert [entry["type"] for entry in reply.body["status"]["conditions"]] == ["Ready"]


def test_strategic_merge_deletes_a_condition_by_directive(namespace: Namespace) -> None:
    """`$patch: delete` takes one entry out."""
    namespace.create("a")
    status = f"{namespace.pod('a')}/status"
    namespace.api.patch(status, {"status": {"conditions": [ready("example.com/mine"), ready("Ready")]}})

    reply = namespace.api.patch(
        status, {"status": {"conditions": [{"type": "example.com/mine", "$patch": "delete"}]}}
    )

    assert [entry["type"] for entry in reply.body["status"]["conditions"]] == ["Ready"]


def test_strategic_merge_refuses_an_entry_without_its_key(namespace: Namespace) -> None:
    """A condition without a type can't be merged into those that are there."""
    namespace.create("a")
    status = f"{namespace.pod('a')}/status"
    namespace.api.patch(status, {"status": {"conditions": [ready("Ready")]}})

    reply = namespace.api.patch(status, {"status": {"conditions": [{"status": "x"}]}})

    assert reply.status == 500
    assert reply.body["message"] == "map: map[status:x] does not contain declared merge key: type"


def test_json_patch_applies_operations_in_order(namespace: Namespace) -> None:
    """add, test, replace and remove, with ~1 for a slash."""
    namespace.create("a", labels={"x": "1"})
    operations = [
        {"op": "test", "path": "/metadata/labels/x", "value": "1"},
        {"op": "add", "path": "/metadata/labels/example.com~1y", "value": "2"},
        {"op": "replace", "path": "/metadata/labels/x", "value": "3"},
        {"op": "add", "path": "/metadata/labels/z", "value": "4"},
        {"op": "remove", "path": "/metadata/labels/z"},
    ]

    reply = namespace.api.patch(namespace.pod("a"), operations, JSON_PATCH)

    assert reply.body["metadata"]["labels"] == {"x": "3", "example.com/y": "2"}


def test_json_patch_changes_nothing_when_a_test_fails(namespace: Namespace) -> None:
    """422, and no operation is applied."""
    namespace.create("a", labels={"x": "1"})
    operations = [
        {"op": "replace", "path": "/metadata/labels/x", "value": "3"},
        {"op": "test", "path": "/metadata/name", "value": "b"},
    ]

    reply = namespace.api.patch(namespace.pod("a"), operations, JSON_PATCH)

    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert namespace.api.get(namespace.pod("a")).body["metadata"]["labels"] == {"x": "1"}


def test_status_takes_status_labels_and_annotations_but_no_spec(namespace: Namespace) -> None:
    """A patch of pods/status changes status and metadata; what it says of the spec is dropped."""
    namespace.create("a", labels={"x": "1"})
    patch = {
        "metadata": {"annotations": {"example.com/ip": "192.0.2.1"}, "labels": {"y": "2"}},
        "spec": {"nodeName": "elsewhere"},
        "status": {"phase": "Running"},
    }

    body = namespace.api.patch(f"{namespace.pod('a')}/status", patch).body

    assert body["metadata"]["annotations"] == {"example.com/ip": "192.0.2.1"}
    assert body["metadata"]["labels"] == {"x": "1", "y": "2"}
    assert body["status"]["phase"] == "Running"
    assert "nodeName" not in body["spec"]


def test_status_removes_annotations_by_null(namespace: Namespace) -> None:
    """The last annotation that goes takes the map with it."""
    namespace.create("a", annotations={"example.com/ip": "192.0.2.1"})

    patch = {"metadata": {"annotations": {"example.com/ip": None, "example.com/other": None}}}
    body = namespace.api.patch(f"{namespace.pod('a')}/status", patch).body

    assert "annotations" not in body["metadata"]


def test_main_resource_leaves_status_alone(namespace: Namespace) -> None:
    """A patch of the pod itself drops what it says of the status, and is no change at all then."""
    made = namespace.create("a")

    reply = namespace.api.patch(namespace.pod("a"), {"status": {"phase": "Failed"}})

    assert reply.status == 200
    assert reply.body["status"]["phase"] == "Pending"
    assert reply.body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_patch_that_changes_nothing_writes_nothing(namespace: Namespace) -> None:
    """The resourceVersion stays, so that no watch hears of it."""
    made = namespace.create("a", labels={"x": "1"})

    body = namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"x": "1"}}}).body

    assert body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_pod_ip_and_pod_ips_agree(namespace: Namespace) -> None:
    """The podIP wins over the first of podIPs when a patch sets it alone."""
    namespace.create("a")
    status = f"{namespace.pod('a')}/status"

    first = namespace.api.patch(status, {"status": {"podIP": "10.0.0.1"}}).body["status"]
    second = namespace.api.patch(status, {"status": {"podIP": "10.0.0.2"}}).body["status"]
    none = namespace.api.patch(status, {"status": {"podIP": None, "podIPs": None}}, MERGE).body["status"]

    assert (first["podIP"], first["podIPs"]) == ("10.0.0.1", [{"ip": "10.0.0.1"}])
    assert (second["podIP"], second["podIPs"]) == ("10.0.0.2", [{"ip": "10.0.0.2"}])
    assert not none.keys() & {"podIP", "podIPs"}


@pytest.mark.parametrize("subresource", ["", "/status"])
def test_refuses_the_uid_of_another_pod(namespace: Namespace, subresource: str) -> None:
    """metadata.uid in a patch is a precondition: 422 Invalid when it is not this pod's."""
    namespace.create("a")
    patch = {"metadata": {"uid": "another", "annotations": {"example.com/ip": "192.0.2.1"}}}

    reply = namespace.api.patch(f"{namespace.pod('a')}{subresource}", patch)

    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert reply.body["message"] == (
        'Pod "a" is invalid: metadata.uid: Invalid value: "another": field is immutable'
    )
    assert "annotations" not in namespace.api.get(namespace.pod("a")).body["metadata"]


def test_accepts_the_uid_of_this_pod(namespace: Namespace) -> None:
    """With its own uid the patch is applied."""
    uid = namespace.create("a")["metadata"]["uid"]

    reply = namespace.api.patch(
        f"{namespace.pod('a')}/status", {"metadata": {"uid": uid, "annotations": {"x": "y"}}}
    )

    assert (reply.status, reply.body["metadata"]["annotations"]) == (200, {"x": "y"})


def test_refuses_an_old_resource_version(namespace: Namespace) -> None:
    """metadata.resourceVersion in a patch is a precondition: 409 Conflict."""
    made = namespace.create("a")
    namespace.api.patch(namespace.pod("a"), {"metadata": {"labels": {"x": "1"}}})
    version = made["metadata"]["resourceVersion"]

    reply = namespace.api.patch(
        f"{namespace.pod('a')}/status", {"metadata": {"resourceVersion": version, "annotations": {"x": "y"}}}
    )

    assert (reply.status, reply.body["reason"]) == (409, "Conflict")
    assert reply.body["message"] == (
        'Operation cannot be fulfilled on pods "a": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        pytest.param(
            {"metadata": {"annotations": {"a b": "c"}}},
            'Pod "a" is invalid: metadata.annotations: Invalid value: "a b": name part must consist',
            id="annotation-key",
        ),
        pytest.param(
            {"status": {"conditions": [{"type": "a b", "status": "True"}]}},
            'Pod "a" is invalid: status.conditions[0].Type: Invalid value: "a b": name part must consist',
            id="condition-type",
        ),
        pytest.param(
            {"status": {"podIP": "10.0.0.900"}},
            'Pod "a" is invalid: status.podIPs[0]: Invalid value: "10.0.0.900": must be a valid IP address',
            id="pod-ip",
        ),
    ],
)
def test_refuses_an_invalid_status(namespace: Namespace, patch: object, message: str) -> None:
    """A patch is validated like a whole object."""
    namespace.create("a")

    reply = namespace.api.patch(f"{namespace.pod('a')}/status", patch)

    assert reply.status == 422
    assert reply.body["message"].startswith(message)


def test_refuses_a_change_of_the_spec(namespace: Namespace) -> None:
    """Nobody moves a pod to another node by a patch."""
    namespace.create("a")

    reply = namespace.api.patch(namespace.pod("a"), {"spec": {"nodeName": "elsewhere"}})

    assert reply.status == 422
    assert reply.body["message"].startswith(
        'Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers'
    )


@pytest.mark.parametrize(
    ("patch", "content_type", "status", "message"),
    [
        (
            {"metadata": {"name": "b"}},
            MERGE,
            400,
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        ({}, "application/json", 415, "415: Unsupported Media Type"),
    ],
    ids=["another-name", "plain-json"],
)
def test_refuses_a_patch_that_does_not_fit(
    namespace: Namespace, patch: object, content_type: str, status: int, message: str
) -> None:
    """The name can't be patched, and a patch says which kind it is."""
    namespace.create("a")

    reply = namespace.api.patch(namespace.pod("a"), patch, content_type)

    assert (reply.status, reply.body["message"]) == (status, message)


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_says_that_there_is_no_such_pod(namespace: Namespace, method: str) -> None:
    """404 NotFound names the pod, whatever was asked."""
    body = {
        "PUT": {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "example"}]}},
        "PATCH": {},
    }.get(method)
    content_type = MERGE if method == "PATCH" else "application/json"

    reply = namespace.api.call(method, namespace.pod("a"), body, content_type)

    assert (reply.status, reply.body["reason"], reply.body["message"]) == (
        404,
        "NotFound",
        'pods "a" not found',
    )
    assert reply.body["details"] == {"name": "a", "kind": "pods"}
