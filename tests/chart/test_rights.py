"""What the installed accounts may do, as the API server itself says."""

from typing import Any

import pytest

from tests.chart.conftest import Cluster
from tests.chart.helm import NAMESPACE, RELEASE

pytestmark = pytest.mark.cluster

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
LEASES = "coordination.k8s.io/leases"
ANYWHERE = "games"

MAY = {
    "producer": [
        ("list", "pods", "", ""),
        ("watch", "pods", "", ""),
        ("list", "pods", ANYWHERE, ""),
        ("create", LEASES, NAMESPACE, ""),
        ("get", LEASES, NAMESPACE, "k8s-eip-operator"),
        ("update", LEASES, NAMESPACE, "k8s-eip-operator"),
    ],
    "worker": [
        ("get", "pods", ANYWHERE, "a"),
        ("list", "pods", "", ""),
        ("patch", "pods/status", ANYWHERE, "a"),
        ("get", "nodes", "", "a"),
        ("list", "nodes", "", ""),
        ("get", "namespaces", "", "kube-system"),
        ("create", "events", ANYWHERE, ""),
    ],
}
MAY_NOT = {
    "producer": [
        ("get", "pods", ANYWHERE, "a"),
        ("patch", "pods", ANYWHERE, "a"),
        ("patch", "pods/status", ANYWHERE, "a"),
        ("create", "pods", NAMESPACE, ""),
        ("get", "secrets", NAMESPACE, ""),
        ("get", "nodes", "", "a"),
        ("update", LEASES, NAMESPACE, "another"),
        ("update", LEASES, "kube-system", "k8s-eip-operator"),
        ("list", LEASES, NAMESPACE, ""),
        ("create", "events", NAMESPACE, ""),
    ],
    "worker": [
        ("patch", "pods", ANYWHERE, "a"),
        ("update", "pods/status", ANYWHERE, "a"),
        ("watch", "pods", "", ""),
        ("delete", "pods", ANYWHERE, "a"),
        ("create", "pods/exec", ANYWHERE, "a"),
        ("watch", "nodes", "", ""),
        ("patch", "nodes/status", "", "a"),
        ("get", "namespaces", "", "games"),
        ("list", "namespaces", "", ""),
        ("get", "secrets", NAMESPACE, f"{RELEASE}-redis"),
        ("patch", "events", ANYWHERE, "a"),
        ("get", LEASES, NAMESPACE, "k8s-eip-operator"),
    ],
}


def allowed(cluster: Cluster, account: str, verb: str, what: str, namespace: str, name: str) -> bool:
    """What the API server says of a right of the account that asks."""
    path, _, sub = (
        what.rpartition("/") if what.startswith("pods/") or what == "nodes/status" else (what, "", "")
    )
    group, _, resource = path.rpartition("/")
    attributes: dict[str, Any] = {"verb": verb, "group": group, "resource": resource, "subresource": sub}
    attributes |= {"namespace": namespace, "name": name}
    client = cluster.as_account(f"{RELEASE}-{account}")
    answer = client.post(REVIEW, {"spec": {"resourceAttributes": attributes}})
    assert answer.status == 201, answer.body
    return bool(answer.body["status"]["allowed"])


@pytest.mark.parametrize(
    ("account", "right", "expected"),
    [
        pytest.param(
            account, right, expected, id=f"{account} {'may' if expected else 'may not'} {' '.join(right)}"
        )
        for expected, table in ((True, MAY), (False, MAY_NOT))
        for account, rights in table.items()
        for right in rights
    ],
)
def test_rights(installed: Cluster, account: str, right: tuple[str, str, str, str], expected: bool) -> None:  # noqa: FBT001
    """Exactly what is needed."""
    assert allowed(installed, account, *right) is expected
