"""What a client asks before it asks for anything."""

import pytest

from sandbox.kubernetes.client import ApiClient
from tests.doubles.kubernetes.conftest import Cluster


def resources(api: ApiClient, path: str) -> dict[str, tuple[str, bool]]:
    """Kind and scope of each resource that a group lists."""
    listed = api.get(path).body["resources"]
    return {entry["name"]: (entry["kind"], entry["namespaced"]) for entry in listed}


def test_lists_the_core_resources(cluster: Cluster) -> None:
    """Here kubectl finds out that `po` is a pod."""
    found = resources(cluster.admin, "/api/v1")

    assert (
        found.items()
        >= {
            "pods": ("Pod", True),
            "pods/status": ("Pod", True),
            "pods/binding": ("Binding", True),
            "nodes": ("Node", False),
            "namespaces": ("Namespace", False),
            "events": ("Event", True),
            "serviceaccounts/token": ("TokenRequest", True),
        }.items()
    )


def test_lists_groups(cluster: Cluster) -> None:
    """Each group with its version."""
    groups = {
        group["name"]: group["preferredVersion"]["version"]
        for group in cluster.admin.get("/apis").body["groups"]
    }

    assert (
        groups.items()
        >= {"apps": "v1", "coordination.k8s.io": "v1", "rbac.authorization.k8s.io": "v1"}.items()
    )
    assert resources(cluster.admin, "/apis/apps/v1").items() >= {"daemonsets": ("DaemonSet", True)}.items()
    assert "leases" in resources(cluster.admin, "/apis/coordination.k8s.io/v1")


def test_tells_its_version(cluster: Cluster) -> None:
    """The version that the double is checked against."""
    assert cluster.admin.get("/version").body["gitVersion"] == "v1.34.3"


def test_has_its_first_namespaces(cluster: Cluster) -> None:
    """kube-system has a uid, which stands for the cluster's own."""
    found = cluster.admin.get("/api/v1/namespaces/kube-system").body

    assert found["metadata"]["uid"]
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert (found["spec"], found["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/foos", 404),
        ("GET", "/apis/example.com/v1/foos", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/v1/namespaces/default/pods", 405),
    ],
)
def test_says_what_is_not_served(cluster: Cluster, method: str, path: str, status: int) -> None:
    """404 for what is unknown, 405 for a verb that a resource lacks."""
    assert cluster.admin.call(method, path, {} if method == "PUT" else None).status == status
