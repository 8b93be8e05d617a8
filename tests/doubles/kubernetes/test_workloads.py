"""Deployments and DaemonSets: kept as objects that others read, with nobody here to roll them out."""

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace

LABELS = {"app": "web"}
POD: JsonObject = {
    "serviceAccountName": "web",
    "containers": [{"name": "main", "image": "example", "env": [{"name": "COLOR", "value": "blue"}]}],
}


def create(namespace: Namespace, plural: str, name: str) -> JsonObject:
    """Create a workload of one container."""
    template = {"metadata": {"labels": LABELS}, "spec": POD}
    made = namespace.api.post(
        f"/apis/apps/v1/namespaces/{namespace.name}/{plural}",
        {
            "metadata": {"name": name, "labels": LABELS},
            "spec": {"selector": {"matchLabels": LABELS}, "template": template},
        },
    )
    assert made.status == 201, made.body
    found: JsonObject = made.body
    return found


def told(workload: JsonObject) -> tuple[str, str, list[JsonObject]]:
    """Name, service account, and what the first container is told."""
    spec = workload["spec"]["template"]["spec"]
    return workload["metadata"]["name"], spec["serviceAccountName"], spec["containers"][0]["env"]


def test_lists_deployments_of_all_namespaces(namespace: Namespace) -> None:
    """Each with its pods' template, found by its label; a DaemonSet is none of them."""
    create(namespace, "deployments", "a")
    create(namespace, "daemonsets", "b")

    reply = namespace.api.get("/apis/apps/v1/deployments?labelSelector=app%3Dweb&limit=500").body

    assert (reply["kind"], reply["apiVersion"]) == ("DeploymentList", "apps/v1")
    found = [each for each in reply["items"] if each["metadata"]["namespace"] == namespace.name]
    assert list(map(told, found)) == [("a", "web", POD["containers"][0]["env"])]


def test_reads_a_daemon_set(namespace: Namespace) -> None:
    """By its name, as aws-node is read; a missing one is 404 in its group's name."""
    made = create(namespace, "daemonsets", "a")
    path = f"/apis/apps/v1/namespaces/{namespace.name}/daemonsets"

    found, missing = namespace.api.get(f"{path}/a"), namespace.api.get(f"{path}/b")

    assert told(found.body) == told(made)
    assert (missing.status, missing.body["message"]) == (404, 'daemonsets.apps "b" not found')
