"""Reading, listing and patching pods. What a watch does with its lines is in tests/watch."""

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from eip import names
from eip.errors import KubernetesError
from eip.kubernetes.client import Kubernetes

if TYPE_CHECKING:
    from tests.kube.conftest import Script

POD = {"metadata": {"uid": "u1", "namespace": "web", "name": "druid-0"}, "status": {"podIP": "10.0.0.7"}}
CONDITION = {"type": names.READY_CONDITION, "status": "True", "reason": "Associated", "message": ""}


def page(*uids: str, token: str = "", version: str = "7") -> dict[str, Any]:
    """One page of a list."""
    items = [{"metadata": {"uid": uid}} for uid in uids]
    return {"metadata": {"resourceVersion": version, "continue": token}, "items": items}


def test_get_decodes_the_pod(kubernetes: Kubernetes, script: "Script") -> None:
    """A pod is read from its namespace by its name."""
    script.answer(POD)

    pod = kubernetes.get_pod("web", "druid-0")

    assert pod is not None
    assert (pod.uid, pod.ipv4) == ("u1", "10.0.0.7")
    assert [request.target for request in script.asked] == ["/api/v1/namespaces/web/pods/druid-0"]


def test_a_missing_pod_is_none(kubernetes: Kubernetes, script: "Script") -> None:
    """The API server's own 404 is the only answer that means that the pod is gone."""
    script.refuse(404, "NotFound", 'pods "druid-0" not found')

    assert kubernetes.get_pod("web", "druid-0") is None


@pytest.mark.parametrize("code", [401, 403, 409, 410, 429, 500, 503])
def test_other_refusals_do_not_mean_gone(kubernetes: Kubernetes, script: "Script", code: int) -> None:
    """Whatever else the API server says is an error with its code."""
    script.refuse(code, "Nope", "no")

    with pytest.raises(KubernetesError) as raised:
        kubernetes.get_pod("web", "druid-0")

    assert code == raised.value.code


@pytest.mark.parametrize(
    "body", [b"404 page not found\n", b"<html>no such host</html>", b"", b"[]", b"\xff\xfe"]
)
def test_a_404_of_something_else_does_not_mean_gone(
    kubernetes: Kubernetes, script: "Script", body: bytes
) -> None:
    """A proxy in between that answers 404 knows nothing about pods, and its words are not repeated."""
    script.answer(body, code=404)

    with pytest.raises(KubernetesError, match="not from a Kubernetes API server") as raised:
        kubernetes.get_pod("web", "druid-0")

    assert raised.value.code == 404
    assert "html" not in str(raised.value)


@pytest.mark.parametrize("body", [b"{}", b"<html/>", b'{"metadata": {"uid": 5}}', b'{"items": []}'])
def test_an_answer_without_a_uid_is_no_pod(kubernetes: Kubernetes, script: "Script", body: bytes) -> None:
    """A 200 without a uid is an error: it must not look like a pod of the same name and another uid."""
    script.answer(body)

    with pytest.raises(KubernetesError) as raised:
        kubernetes.get_pod("web", "druid-0")

    assert raised.value.code == 0


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("a?watch=1", "a%3Fwatch%3D1"),
        ("../../nodes/x", "..%2F..%2Fnodes%2Fx"),
        ("ü", "%C3%BC"),
    ],
)
def test_names_cannot_leave_their_place_in_the_path(
    kubernetes: Kubernetes, script: "Script", name: str, quoted: str
) -> None:
    """What a name holds is quoted, as it may come from a tag that anybody could write."""
    script.answer(POD)

    kubernetes.get_pod("web", name)

    assert f"/api/v1/namespaces/web/pods/{quoted}" == script.asked[0].target


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_names_no_object_is_not_asked_for(
    kubernetes: Kubernetes, script: "Script", name: str
) -> None:
    """An empty name would ask for the list, and dots for what is above."""
    with pytest.raises(KubernetesError, match="not the name of an object"):
        kubernetes.get_pod("web", name)
    with pytest.raises(KubernetesError, match="not the name of an object"):
        kubernetes.get_pod(name, "druid-0")

    assert script.asked == []


def test_a_list_is_read_page_by_page(kubernetes: Kubernetes, script: "Script") -> None:
    """Each page brings the token of the next; the list is never the watch cache's old one."""
    script.answer(page("a", "b", token="t/1"))
    script.answer(page("c"))

    pages = list(kubernetes.list_pods("x=y"))

    assert [[pod.uid for pod in each.items] for each in pages] == [["a", "b"], ["c"]]
    assert [request.target for request in script.asked] == [
        "/api/v1/pods?labelSelector=x%3Dy&limit=500",
        "/api/v1/pods?labelSelector=x%3Dy&limit=500&continue=t%2F1",
    ]


def test_a_list_of_one_namespace_asks_there(kubernetes: Kubernetes, script: "Script") -> None:
    """With a namespace only its pods are asked for."""
    script.answer(page())

    list(kubernetes.list_pods("x=y", "web"))

    assert script.asked[0].target.startswith("/api/v1/namespaces/web/pods?")


def test_an_expired_page_token_is_raised(kubernetes: Kubernetes, script: "Script") -> None:
    """Code 410 in the middle of a list is the caller's to begin again."""
    script.answer(page("a", token="t"))
    script.refuse(410, "Expired", "The provided continue parameter is too old")
    pages = kubernetes.list_pods("x=y")
    next(pages)

    with pytest.raises(KubernetesError) as raised:
        next(pages)

    assert (raised.value.code, raised.value.reason) == (410, "Expired")


def test_one_unreadable_pod_does_not_cost_the_page(kubernetes: Kubernetes, script: "Script") -> None:
    """It is left out, with a log line that does not repeat the pod."""
    body = page("a", "b")
    body["items"].insert(1, {"metadata": {"uid": "secret-uid", "labels": ["no", "map"]}})
    script.answer(body)

    with capture_logs() as logs:
        [only] = kubernetes.list_pods("x=y")

    assert [pod.uid for pod in only.items] == ["a", "b"]
    assert [entry["event"] for entry in logs] == ["a listed pod was left out"]
    assert "secret-uid" not in str(logs)


def test_patch_is_one_strategic_merge_of_status(kubernetes: Kubernetes, script: "Script") -> None:
    """Annotations are set and removed and the condition is set by one PATCH, guarded by the uid."""
    script.answer(POD)

    pod = kubernetes.patch_pod_status("web", "druid-0", "u1", {"a": "1", "b": None}, CONDITION)

    assert pod is not None
    assert pod.uid == "u1"
    [request] = script.asked
    assert (request.method, request.target) == ("PATCH", "/api/v1/namespaces/web/pods/druid-0/status")
    assert request.headers["content-type"] == "application/strategic-merge-patch+json"
    assert request.body == {
        "metadata": {"uid": "u1", "annotations": {"a": "1", "b": None}},
        "status": {"conditions": [CONDITION]},
    }


@pytest.mark.parametrize(
    ("code", "reason", "message", "details"),
    [
        pytest.param(404, "NotFound", 'pods "druid-0" not found', {}, id="not found"),
        pytest.param(
            422,
            "Invalid",
            'Pod "druid-0" is invalid: metadata.uid: Invalid value: "u1": field is immutable',
            {"causes": [{"reason": "FieldValueInvalid", "field": "metadata.uid"}]},
            id="immutable uid",
        ),
        pytest.param(
            409,
            "Conflict",
            'Operation cannot be fulfilled on pods "druid-0": Precondition failed: UID in precondition: u1, '
            "UID in object meta: u2",
            {},
            id="uid precondition",
        ),
    ],
)
def test_patch_of_a_uid_that_is_gone_is_none(
    kubernetes: Kubernetes, script: "Script", code: int, reason: str, message: str, details: dict[str, object]
) -> None:
    """No such pod, or another one under its name: that uid is gone."""
    script.refuse(code, reason, message, **details)

    assert kubernetes.patch_pod_status("web", "druid-0", "u1", {}, CONDITION) is None


@pytest.mark.parametrize(
    ("code", "reason", "message", "details"),
    [
        pytest.param(
            422,
            "Invalid",
            'Pod "druid-0" is invalid: status.conditions: metadata.uid: no',
            {"causes": [{"reason": "FieldValueInvalid", "field": "status.conditions[0].status"}]},
            id="a condition that is refused",
        ),
        pytest.param(
            409,
            "Conflict",
            'Operation cannot be fulfilled on pods "druid-0": the object has been modified',
            {},
            id="somebody else wrote",
        ),
        pytest.param(403, "Forbidden", "cannot patch pods/status", {}, id="no right"),
    ],
)
def test_patch_refused_for_another_reason_is_an_error(
    kubernetes: Kubernetes, script: "Script", code: int, reason: str, message: str, details: dict[str, object]
) -> None:
    """A pod whose name or message happens to contain uid is not gone."""
    script.refuse(code, reason, message, **details)

    with pytest.raises(KubernetesError) as raised:
        kubernetes.patch_pod_status("web", "druid-0", "u1", {}, CONDITION)

    assert code == raised.value.code
