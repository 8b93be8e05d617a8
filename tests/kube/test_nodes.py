"""Nodes by the calls that pods are read and written with: other paths, and the condition as a label."""

from typing import TYPE_CHECKING

import pytest

from eip import names
from eip.errors import KubernetesError
from eip.kubernetes.client import Kubernetes
from eip.names import NODES

if TYPE_CHECKING:
    from tests.kube.conftest import Script

NODE = {
    "metadata": {"uid": "u1", "name": "ip-10-0-0-1", "labels": {names.MANAGE_LABEL: "true"}},
    "spec": {"providerID": "aws:///a/i-1", "podCIDR": "10.1.0.0/24"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]},
}


def test_a_node_is_read_by_its_name(kubernetes: Kubernetes, script: "Script") -> None:
    """In no namespace, and answered in the form of a pod."""
    script.answer(NODE)

    node = kubernetes.get_pod(NODES, "ip-10-0-0-1")

    assert node is not None
    assert (node.uid, node.ipv4, node.key) == ("u1", "10.0.0.1", "Node/ip-10-0-0-1")
    assert [request.target for request in script.asked] == ["/api/v1/nodes/ip-10-0-0-1"]


def test_a_missing_node_is_none(kubernetes: Kubernetes, script: "Script") -> None:
    """By the API server's own 404, and by nothing else."""
    script.refuse(404, "NotFound", 'nodes "ip-10-0-0-1" not found')
    assert kubernetes.get_pod(NODES, "ip-10-0-0-1") is None

    script.answers.clear()
    script.refuse(403, "Forbidden", "cannot get resource nodes")
    with pytest.raises(KubernetesError):
        kubernetes.get_pod(NODES, "ip-10-0-0-1")


def test_an_answer_without_a_uid_is_no_node(kubernetes: Kubernetes, script: "Script") -> None:
    """It must not look like another node of that name."""
    script.answer({"kind": "Node"})

    with pytest.raises(KubernetesError, match="no uid"):
        kubernetes.get_pod(NODES, "ip-10-0-0-1")


def test_nodes_are_listed_by_the_label(kubernetes: Kubernetes, script: "Script") -> None:
    """Page by page; one that cannot be read is left out."""
    script.answer({"metadata": {"continue": "t"}, "items": [NODE, {"metadata": {"uid": 5}}]})
    script.answer({"metadata": {"resourceVersion": "7"}, "items": [NODE]})

    pages = list(kubernetes.list_pods("x=y", NODES))

    assert [[node.ipv4 for node in page.items] for page in pages] == [["10.0.0.1"]] * 2
    assert [request.target for request in script.asked] == [
        "/api/v1/nodes?labelSelector=x%3Dy&limit=500",
        "/api/v1/nodes?labelSelector=x%3Dy&limit=500&continue=t",
    ]


@pytest.mark.parametrize(("status", "label"), [("True", "true"), ("False", "false")])
def test_the_condition_is_written_as_a_label(
    kubernetes: Kubernetes, script: "Script", status: str, label: str
) -> None:
    """By one PATCH of the metadata alone, guarded by the uid: a node's status is the kubelet's."""
    script.answer(NODE)
    condition = {"type": names.READY_CONDITION, "status": status, "reason": "", "message": ""}

    kubernetes.patch_pod_status(NODES, "ip-10-0-0-1", "u1", {"a": "1", "b": None}, condition)

    [request] = script.asked
    assert (request.method, request.target) == ("PATCH", "/api/v1/nodes/ip-10-0-0-1")
    assert request.body == {
        "metadata": {
            "uid": "u1",
            "annotations": {"a": "1", "b": None},
            "labels": {names.READY_LABEL: label},
        }
    }


def test_labelled_nodes_may_have_an_ip_too(kubernetes: Kubernetes, script: "Script") -> None:
    """Who looks whose an IP is asks for both kinds."""
    script.answer({"items": [{"metadata": {"uid": "p"}, "status": {"podIP": "10.0.0.1"}}]})
    script.answer({"items": [NODE, {**NODE, "status": {}}]})

    assert [each.uid for each in kubernetes.pods_at("10.0.0.1")] == ["p", "u1"]
