"""Nodes, which are in no namespace: what a client that writes on them and watches them relies on."""

from collections.abc import Iterator

import pytest

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace


@pytest.fixture
def node(namespace: Namespace) -> Iterator[JsonObject]:
    """A node that asks for something by a label."""
    metadata = {"name": f"node-{namespace.name}", "labels": {"asks": namespace.name}}
    made = namespace.api.post("/api/v1/nodes", {"metadata": metadata, "spec": {"providerID": "aws:///a/i-1"}})
    assert made.status == 201, made.body
    yield made.body
    namespace.api.delete(path(made.body))


def path(node: JsonObject) -> str:
    """Where it is."""
    return f"/api/v1/nodes/{node['metadata']['name']}"


def test_labels_and_annotations_are_patched_alone(namespace: Namespace, node: JsonObject) -> None:
    """With its own uid; spec and status stay."""
    metadata = {"uid": node["metadata"]["uid"], "labels": {"ready": "true"}, "annotations": {"ip": "x"}}

    reply = namespace.api.patch(path(node), {"metadata": metadata})

    assert reply.status == 200
    assert reply.body["metadata"]["labels"] == {"asks": namespace.name, "ready": "true"}
    assert reply.body["metadata"]["annotations"] == {"ip": "x"}
    assert reply.body["spec"]["providerID"] == "aws:///a/i-1"


def test_refuses_the_uid_of_another_node(namespace: Namespace, node: JsonObject) -> None:
    """As for pods: 422 Invalid, and the field is named."""
    reply = namespace.api.patch(path(node), {"metadata": {"uid": "another", "labels": {"ready": "true"}}})

    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert {cause["field"] for cause in reply.body["details"]["causes"]} == {"metadata.uid"}
    assert "ready" not in namespace.api.get(path(node)).body["metadata"]["labels"]


def test_a_node_that_loses_the_label_is_deleted_to_its_watch(namespace: Namespace, node: JsonObject) -> None:
    """And the object still carries it, as a pod's does."""
    namespace.api.patch(path(node), {"metadata": {"labels": {"asks": None}}})
    version = node["metadata"]["resourceVersion"]
    query = f"watch=1&timeoutSeconds=3&resourceVersion={version}&labelSelector=asks={namespace.name}"

    with namespace.api.watch(f"/api/v1/nodes?{query}") as stream:
        found = list(stream)

    assert [each["type"] for each in found] == ["DELETED"]
    assert found[0]["object"]["metadata"]["labels"]["asks"] == namespace.name


def test_an_event_of_a_node_is_in_the_namespace_default(namespace: Namespace, node: JsonObject) -> None:
    """Of a node that is in none there is no Event anywhere else."""
    metadata = node["metadata"]
    about = {"apiVersion": "v1", "kind": "Node", "name": metadata["name"], "uid": metadata["uid"]}
    body = {"involvedObject": about, "reason": "Tested", "type": "Normal", "metadata": {"generateName": "e."}}

    made = namespace.api.post("/api/v1/namespaces/default/events", body)
    refused = namespace.api.post(f"/api/v1/namespaces/{namespace.name}/events", body)

    assert made.status == 201, made.body
    assert refused.status == 422
    assert {cause["field"] for cause in refused.body["details"]["causes"]} == {"involvedObject.namespace"}
