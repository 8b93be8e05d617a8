"""POST: what is filled in, and what is refused."""

import pytest

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace

CONTAINERS = [{"name": "main", "image": "example"}]


def test_fills_in_what_a_pod_leaves_out(namespace: Namespace) -> None:
    """A new pod is Pending, whatever its author wrote, and has the documented defaults."""
    made = namespace.api.post(
        namespace.pods,
        {"metadata": {"name": "a"}, "spec": {"containers": CONTAINERS}, "status": {"phase": "Running"}},
    ).body

    assert made["kind"] == "Pod"
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert made["metadata"]["generation"] == 1
    assert {"namespace", "uid", "resourceVersion", "creationTimestamp"} < made["metadata"].keys()
    assert made["spec"] == {
        "containers": [
            {
                "name": "main",
                "image": "example",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "Always",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for taint in ("not-ready", "unreachable")
        ],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def test_generates_different_names(namespace: Namespace) -> None:
    """`generateName` is completed by five characters."""
    body = {"metadata": {"generateName": "web-"}, "spec": {"containers": CONTAINERS}}

    names = {namespace.api.post(namespace.pods, body).body["metadata"]["name"] for _ in range(3)}

    assert {(name[:4], len(name)) for name in names} == {("web-", 9)}
    assert len(names) == 3


def test_refuses_a_name_that_is_taken(namespace: Namespace) -> None:
    """A second pod of the same name is 409 AlreadyExists."""
    namespace.create("a")

    reply = namespace.api.post(
        namespace.pods, {"metadata": {"name": "a"}, "spec": {"containers": CONTAINERS}}
    )

    assert reply.status == 409
    assert reply.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'pods "a" already exists',
        "reason": "AlreadyExists",
        "details": {"name": "a", "kind": "pods"},
        "code": 409,
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            {"metadata": {}, "spec": {"containers": CONTAINERS}},
            'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
            id="no-name",
        ),
        pytest.param(
            {"metadata": {"name": "a"}, "spec": {}},
            'Pod "a" is invalid: spec.containers: Required value',
            id="no-containers",
        ),
        pytest.param(
            {"metadata": {"name": "A_"}, "spec": {"containers": CONTAINERS}},
            'Pod "A_" is invalid: metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain must',
            id="capital-letter",
        ),
        pytest.param(
            {"metadata": {"name": "a", "labels": {"a b": "c"}}, "spec": {"containers": CONTAINERS}},
            'Pod "a" is invalid: metadata.labels: Invalid value: "a b": name part must consist of',
            id="label-key",
        ),
        pytest.param(
            {"metadata": {"name": "a", "labels": {"a": "b c"}}, "spec": {"containers": CONTAINERS}},
            'Pod "a" is invalid: metadata.labels: Invalid value: "b c": a valid label must be an empty',
            id="label-value",
        ),
    ],
)
def test_refuses_an_invalid_pod(namespace: Namespace, body: JsonObject, message: str) -> None:
    """422 Invalid names the field, the value and the rule."""
    reply = namespace.api.post(namespace.pods, body)

    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert reply.body["message"].startswith(message)
    assert reply.body["details"]["kind"] == "Pod"
    assert reply.body["details"]["causes"]


@pytest.mark.parametrize(
    ("namespaced", "body", "status", "reason"),
    [
        pytest.param("nowhere", {"metadata": {"name": "a"}}, 404, "NotFound", id="namespace-missing"),
        pytest.param(
            "", {"metadata": {"name": "a", "namespace": "x"}}, 400, "BadRequest", id="namespace-differs"
        ),
        pytest.param("", {"kind": "Node", "apiVersion": "v1"}, 400, "BadRequest", id="another-kind"),
        pytest.param("", ["a"], 400, "BadRequest", id="not-an-object"),
    ],
)
def test_refuses_what_does_not_belong(
    namespace: Namespace, namespaced: str, body: object, status: int, reason: str
) -> None:
    """A body must fit the path that it is sent to."""
    path = f"/api/v1/namespaces/{namespaced or namespace.name}/pods"
    if isinstance(body, dict):
        body["spec"] = {"containers": CONTAINERS}

    reply = namespace.api.post(path, body)

    assert (reply.status, reply.body["reason"]) == (status, reason)


def test_binds_a_pod_once(namespace: Namespace) -> None:
    """The binding sets the node and the condition PodScheduled; a second one is 409."""
    namespace.create("a")
    binding = {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "node-1"}}

    first = namespace.api.post(f"{namespace.pod('a')}/binding", binding)
    second = namespace.api.post(f"{namespace.pod('a')}/binding", binding)

    bound = namespace.api.get(namespace.pod("a")).body
    assert (first.status, first.body["status"]) == (201, "Success")
    assert bound["spec"]["nodeName"] == "node-1"
    assert [(entry["type"], entry["status"]) for entry in bound["status"]["conditions"]] == [
        ("PodScheduled", "True")
    ]
    assert second.status == 409
    assert second.body["message"] == (
        'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node-1"'
    )


def test_refuses_a_binding_of_another_name(namespace: Namespace) -> None:
    """The binding names the pod that its path names."""
    namespace.create("a")

    reply = namespace.api.post(
        f"{namespace.pod('a')}/binding", {"target": {"kind": "Node", "name": "node-1"}}
    )

    assert (reply.status, reply.body["message"]) == (400, "name in URL does not match name in Binding object")


def test_records_events(namespace: Namespace) -> None:
    """An Event is stored with the fields that it leaves out, and found by the object that it is about."""
    events = f"/api/v1/namespaces/{namespace.name}/events"
    about = {"kind": "Pod", "namespace": namespace.name, "name": "a"}
    body = {"metadata": {"generateName": "a."}, "involvedObject": about, "reason": "Full", "type": "Warning"}

    made = namespace.api.post(events, body)

    found = namespace.api.get(f"{events}?fieldSelector=involvedObject.name%3Da,reason%3DFull").body["items"]
    assert made.status == 201
    assert made.body["eventTime"] is None
    assert [entry["metadata"]["name"] for entry in found] == [made.body["metadata"]["name"]]


def test_refuses_an_event_about_another_namespace(namespace: Namespace) -> None:
    """An Event lives in the namespace of what it is about."""
    about = {"kind": "Pod", "namespace": "elsewhere", "name": "a"}

    reply = namespace.api.post(
        f"/api/v1/namespaces/{namespace.name}/events", {"metadata": {"name": "a"}, "involvedObject": about}
    )

    assert reply.status == 422
    assert reply.body["message"] == (
        'Event "a" is invalid: involvedObject.namespace: Invalid value: "elsewhere": '
        "does not match event.namespace"
    )


def test_refuses_content_in_a_namespace_that_ends(namespace: Namespace) -> None:
    """A Terminating namespace takes nothing new: 403 with the cause NamespaceTerminating."""
    namespace.api.delete(f"/api/v1/namespaces/{namespace.name}")

    reply = namespace.api.post(
        namespace.pods, {"metadata": {"name": "a"}, "spec": {"containers": CONTAINERS}}
    )

    assert reply.status == 403
    assert [cause["reason"] for cause in reply.body["details"]["causes"]] == ["NamespaceTerminating"]
    assert namespace.api.get(f"/api/v1/namespaces/{namespace.name}").body["status"]["phase"] == "Terminating"
