"""The optional policies on who may ask for an address, who writes what we annotate, and what we write."""

import time
from collections.abc import Iterator

import pytest

from eip.names import ALLOCATION_ID_ANNOTATION, MANAGE_LABEL, PUBLIC_IP_ANNOTATION, READY_LABEL
from sandbox.kubernetes.client import ApiClient, Reply
from tests.chart.conftest import Cluster
from tests.chart.helm import RELEASE, Manifest, render

pytestmark = pytest.mark.cluster

ACTIVE_SECONDS = 30.0


def pod(name: str, *, managed: bool = False, annotations: dict[str, str] | None = None) -> Manifest:
    """A pod that may ask for an address."""
    labels = {MANAGE_LABEL: "true"} if managed else {}
    metadata = {"name": name, "labels": labels, "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"containers": [{"name": "main", "image": "example"}]}}


def create(client: ApiClient, namespace: str, body: Manifest) -> Reply:
    """Create a pod."""
    return client.post(f"/api/v1/namespaces/{namespace}/pods", body)


def annotate(client: ApiClient, name: str, key: str, value: str | None, subresource: str = "") -> Reply:
    """Set or remove an annotation."""
    path = f"/api/v1/namespaces/games/pods/{name}{subresource}"
    return client.patch(path, {"metadata": {"annotations": {key: value}}})


@pytest.fixture(scope="module")
def policed(installed: Cluster) -> Iterator[Cluster]:
    """The policies are in force; only the namespace games may ask."""
    values = {"admissionPolicy": {"enabled": True, "namespaces": ["games"]}}
    policies = [each for each in render(values) if each["kind"].startswith("ValidatingAdmissionPolicy")]
    installed.kubectl("apply", "--server-side", "-f", "-", manifests=policies)
    deadline = time.monotonic() + ACTIVE_SECONDS
    probes = [
        ("default", pod("probe", managed=True)),
        ("games", pod("probe", annotations={PUBLIC_IP_ANNOTATION: "x"})),
    ]
    while any(create(installed.api, namespace, body).status == 201 for namespace, body in probes):
        for namespace, _ in probes:
            installed.api.delete(f"/api/v1/namespaces/{namespace}/pods/probe?gracePeriodSeconds=0")
        assert time.monotonic() < deadline, "the policies are not in force"
        time.sleep(0.2)
    yield installed
    installed.kubectl("delete", "-f", "-", manifests=policies)
    for namespace in ("default", "games"):
        installed.kubectl("delete", "pods", "--all", "--now", "--namespace", namespace)


def test_a_namespace_that_may_ask(policed: Cluster) -> None:
    """Its pods are created with the label."""
    assert create(policed.api, "games", pod("asks", managed=True)).status == 201


def test_a_namespace_that_may_not_ask(policed: Cluster) -> None:
    """The refusal says why, and who may."""
    refused = create(policed.api, "default", pod("asks", managed=True))

    assert refused.status == 422
    assert "may not ask for an Elastic IP" in refused.body["message"]
    assert "these may: games" in refused.body["message"]


def test_the_label_cannot_be_added_later(policed: Cluster) -> None:
    """Creating without and labelling then is the same."""
    assert create(policed.api, "default", pod("later")).status == 201
    path = "/api/v1/namespaces/default/pods/later"

    assert policed.api.patch(path, {"metadata": {"labels": {MANAGE_LABEL: "true"}}}).status == 422
    assert policed.api.patch(path, {"metadata": {"labels": {MANAGE_LABEL: "false"}}}).status == 200


def test_other_pods_are_left_alone(policed: Cluster) -> None:
    """Whoever wants no address is not concerned."""
    assert create(policed.api, "default", pod("other", annotations={"a": "b"})).status == 201


def test_a_pod_cannot_be_born_with_our_annotations(policed: Cluster) -> None:
    """external-dns would publish an address that is not the pod's."""
    refused = create(policed.api, "games", pod("forged", annotations={PUBLIC_IP_ANNOTATION: "203.0.113.7"}))

    assert refused.status == 422
    assert "set by k8s-eip-operator alone" in refused.body["message"]


@pytest.mark.parametrize("key", [PUBLIC_IP_ANNOTATION, ALLOCATION_ID_ANNOTATION])
def test_only_the_worker_writes_our_annotations(policed: Cluster, key: str) -> None:
    """The workers' account may by pods/status; an admin may not change, nor remove, what it wrote."""
    name = "written-" + key.rpartition("/")[2]
    worker = policed.as_account(f"{RELEASE}-worker")
    assert create(policed.api, "games", pod(name, managed=True)).status == 201

    assert annotate(policed.api, name, key, "forged").status == 422
    assert annotate(worker, name, key, "203.0.113.7", "/status").status == 200
    assert annotate(policed.api, name, key, "203.0.113.8").status == 422
    assert annotate(policed.api, name, key, None, "/status").status == 422
    assert annotate(policed.api, name, "another", "value").status == 200


POLICIES = (
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All&fieldValidation=Strict"
)
EVERY_POLICY = {
    "fullnameOverride": "another",
    "nodes": {"enabled": True},
    "admissionPolicy": {"enabled": True, "namespaces": ["games"]},
}


def test_policies_stay_as_they_are_written(chart_cluster: Cluster) -> None:
    """The API server adds nothing, so that Argo CD sees no drift."""
    written = [each for each in render(EVERY_POLICY) if each["kind"] == "ValidatingAdmissionPolicy"]

    made = [chart_cluster.api.post(POLICIES, policy) for policy in written]

    assert [reply.status for reply in made] == [201, 201, 201]
    assert [reply.body["spec"] for reply in made] == [policy["spec"] for policy in written]


NODE = "/api/v1/nodes/policed"


@pytest.fixture(scope="module")
def nodes_policed(installed: Cluster) -> Iterator[ApiClient]:
    """The workers' account, which may patch nodes, with the policy on what it may change in force."""
    manifests = render({"nodes": {"enabled": True}, "admissionPolicy": {"enabled": True}})
    policies = [each for each in manifests if each["metadata"]["name"].endswith("-nodes")]
    roles = [each for each in manifests if each["kind"] == "ClusterRole"]
    installed.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", manifests=[*policies, *roles])
    metadata = {"name": "policed", "labels": {"theirs": "1"}, "annotations": {"theirs": "1"}}
    assert installed.api.post("/api/v1/nodes", {"metadata": metadata}).status == 201
    worker = installed.as_account(f"{RELEASE}-worker")
    deadline = time.monotonic() + ACTIVE_SECONDS
    while worker.patch(NODE, {"metadata": {"labels": {"probe": f"{time.monotonic()}"}}}).status != 422:
        assert time.monotonic() < deadline, "the policy is not in force"
        time.sleep(0.2)
    assert installed.api.patch(NODE, {"metadata": {"labels": {"probe": None}}}).status == 200
    yield worker
    installed.api.delete(NODE)
    installed.kubectl("delete", "-f", "-", manifests=policies)
    restored = [each for each in render() if each["kind"] == "ClusterRole"]
    installed.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", manifests=restored)


def test_the_worker_writes_its_own_on_nodes(nodes_policed: ApiClient) -> None:
    """The label and the annotations of docs/names.md, set and removed."""
    annotations = {PUBLIC_IP_ANNOTATION: "203.0.113.7", "external-dns.kubernetes.io/target": "203.0.113.7"}
    written = {"labels": {READY_LABEL: "true"}, "annotations": annotations}
    removed = {"labels": {READY_LABEL: "false"}, "annotations": dict.fromkeys(annotations)}

    assert nodes_policed.patch(NODE, {"metadata": written}).status == 200
    assert nodes_policed.patch(NODE, {"metadata": removed}).status == 200


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"spec": {"unschedulable": True}}, id="cordon"),
        pytest.param({"spec": {"taints": [{"key": "a", "effect": "NoExecute"}]}}, id="taint"),
        pytest.param({"metadata": {"labels": {"node-role.kubernetes.io/master": ""}}}, id="label"),
        pytest.param({"metadata": {"labels": {"theirs": None}}}, id="remove a label"),
        pytest.param({"metadata": {"labels": {MANAGE_LABEL: "true"}}}, id="ask for an address"),
        pytest.param({"metadata": {"annotations": {"theirs": "2"}}}, id="annotate"),
        pytest.param({"metadata": {"annotations": {"theirs": None}}}, id="remove an annotation"),
    ],
)
def test_the_worker_writes_nothing_else_on_nodes(nodes_policed: ApiClient, patch: Manifest) -> None:
    """A stolen token of a worker moves no pods."""
    refused = nodes_policed.patch(NODE, patch)

    assert refused.status == 422
    assert "k8s-eip-operator may" in refused.body["message"]
