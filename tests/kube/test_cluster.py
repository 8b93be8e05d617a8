"""The calls on everything but pods: nodes, events, the cluster's identity, rights and Leases."""

from typing import TYPE_CHECKING

import pytest

from eip.errors import KubernetesError
from eip.kubernetes.client import Kubernetes
from eip.kubernetes.leases import Lease, LeaseSpec

if TYPE_CHECKING:
    from tests.kube.conftest import Script


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({"providerID": "aws:///eu-west-1a/i-0123"}, "aws:///eu-west-1a/i-0123"), ({}, "")],
    ids=["an instance", "none yet"],
)
def test_a_nodes_provider_id(
    kubernetes: Kubernetes, script: "Script", spec: dict[str, str], expected: str
) -> None:
    """The node says which instance it is, or nothing yet."""
    script.answer({"spec": spec})

    assert expected == kubernetes.provider_id("ip-10-0-0-1.ec2.internal")
    assert script.asked[0].target == "/api/v1/nodes/ip-10-0-0-1.ec2.internal"


def test_a_missing_node_is_none(kubernetes: Kubernetes, script: "Script") -> None:
    """A node that is gone is no error."""
    script.refuse(404, "NotFound")

    assert kubernetes.provider_id("gone") is None


def test_an_event_is_posted_in_its_namespace(kubernetes: Kubernetes, script: "Script") -> None:
    """The event goes as it is to core/v1."""
    script.answer({}, code=201)

    kubernetes.create_event({"reason": "Associated"}, "web")

    [request] = script.asked
    assert (request.method, request.target) == ("POST", "/api/v1/namespaces/web/events")
    assert request.body == {"reason": "Associated"}


def test_the_cluster_is_told_by_the_uid_of_kube_system(kubernetes: Kubernetes, script: "Script") -> None:
    """The uid comes from the namespace's metadata."""
    script.answer({"metadata": {"uid": "cluster-1"}})

    assert kubernetes.kube_system_uid() == "cluster-1"


@pytest.mark.parametrize("allowed", [True, False])
def test_rights_are_asked_of_the_api_server(
    kubernetes: Kubernetes, script: "Script", *, allowed: bool
) -> None:
    """A SelfSubjectAccessReview names verb, resource and namespace."""
    script.answer({"status": {"allowed": allowed}}, code=201)

    answer = kubernetes.self_subject_access_review("patch", "pods", subresource="status", namespace="web")

    assert allowed is answer
    attributes = script.asked[0].body["spec"]["resourceAttributes"]
    assert tuple(attributes[key] for key in ("verb", "resource", "subresource", "namespace")) == (
        "patch",
        "pods",
        "status",
        "web",
    )


def test_a_review_without_an_answer_is_not_a_yes(kubernetes: Kubernetes, script: "Script") -> None:
    """An answer that does not say whether it is allowed is an error."""
    script.answer({})

    with pytest.raises(KubernetesError):
        kubernetes.self_subject_access_review("get", "pods")


def test_a_lease_keeps_what_others_wrote_on_it(kubernetes: Kubernetes, script: "Script") -> None:
    """Labels and the resourceVersion go back as they came; the latter is the precondition."""
    metadata = {"name": "k8s-eip-operator", "resourceVersion": "41", "labels": {"team": "edge"}}
    script.answer({"metadata": metadata, "spec": {"holderIdentity": "a", "leaseTransitions": 3}})
    lease = kubernetes.leases.get("ours", "k8s-eip-operator")
    assert lease is not None

    kubernetes.leases.replace(
        "ours", "k8s-eip-operator", Lease(lease.metadata, LeaseSpec(holder_identity="b"))
    )

    request = script.asked[1]
    assert request.method == "PUT"
    assert metadata == request.body["metadata"]
    assert request.body["spec"] == {"holderIdentity": "b"}
    assert (request.body["apiVersion"], request.body["kind"]) == ("coordination.k8s.io/v1", "Lease")


def test_a_missing_lease_is_none(kubernetes: Kubernetes, script: "Script") -> None:
    """At the first start there is none."""
    script.refuse(404, "NotFound")

    assert kubernetes.leases.get("ours", "k8s-eip-operator") is None


def test_a_lease_that_changed_is_a_conflict(kubernetes: Kubernetes, script: "Script") -> None:
    """Whoever was quicker keeps it."""
    script.refuse(409, "Conflict", "the object has been modified")

    with pytest.raises(KubernetesError) as raised:
        kubernetes.leases.replace("ours", "x", Lease({"resourceVersion": "1"}))

    assert raised.value.code == 409
