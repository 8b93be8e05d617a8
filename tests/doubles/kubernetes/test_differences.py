"""What the double does not do as the real server does: a strict list, so that a closed gap is noticed."""

from collections.abc import Callable

import pytest

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace

POD: JsonObject = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "example"}]}}


def records_managed_fields(namespace: Namespace) -> bool:
    """Who set which field."""
    return "managedFields" in namespace.create("a")["metadata"]


def drops_unknown_fields(namespace: Namespace) -> bool:
    """A field that the kind lacks is not stored."""
    made = namespace.api.post(namespace.pods, POD | {"spec": POD["spec"] | {"unheardOf": 1}})
    return "unheardOf" not in made.body["spec"]


def taints_new_nodes(namespace: Namespace) -> bool:
    """A new Node is not ready until its kubelet says so."""
    made = namespace.api.post("/api/v1/nodes", {"metadata": {"name": f"node-{namespace.name}"}}).body
    namespace.api.delete(f"/api/v1/nodes/{made['metadata']['name']}")
    return "taints" in (made.get("spec") or {})


def serves_new_events(namespace: Namespace) -> bool:
    """Events in the group events.k8s.io."""
    return namespace.api.get(f"/apis/events.k8s.io/v1/namespaces/{namespace.name}/events").status == 200


def serves_other_kinds(namespace: Namespace) -> bool:
    """Such as ConfigMaps."""
    return namespace.api.get(f"/api/v1/namespaces/{namespace.name}/configmaps").status == 200


def fills_in_a_deployment(namespace: Namespace) -> bool:
    """Such as its number of replicas."""
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": POD["spec"]}
    body = {
        "metadata": {"name": "a"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    made = namespace.api.post(f"/apis/apps/v1/namespaces/{namespace.name}/deployments", body)
    assert made.status == 201, made.body
    return "replicas" in made.body["spec"]


def applies_on_the_server(namespace: Namespace) -> bool:
    """Server-side apply."""
    body = POD | {"kind": "Pod", "apiVersion": "v1"}
    path = f"{namespace.pod('a')}?fieldManager=test"
    return namespace.api.patch(path, body, "application/apply-patch+yaml").status == 201


def serves_dry_runs(namespace: Namespace) -> bool:
    """A request that is validated and not stored."""
    made = namespace.api.post(f"{namespace.pods}?dryRun=All", POD)
    return made.status == 201 and namespace.api.get(namespace.pod("a")).status == 404


def reads_protobuf(namespace: Namespace) -> bool:
    """Bodies in protobuf, as client-go's typed clients send them."""
    reply = namespace.api.call("POST", namespace.pods, POD, "application/vnd.kubernetes.protobuf")
    return reply.status != 415


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        pytest.param(records_managed_fields, "nothing here reads managedFields", id="managed-fields"),
        pytest.param(drops_unknown_fields, "the double has no schema of each kind", id="unknown-fields"),
        pytest.param(taints_new_nodes, "nothing here is scheduled by taints", id="node-taint"),
        pytest.param(serves_new_events, "Events are posted to the core group", id="events.k8s.io"),
        pytest.param(serves_other_kinds, "kinds that are not needed are not served", id="other-kinds"),
        pytest.param(fills_in_a_deployment, "nothing here rolls one out", id="deployment-defaults"),
        pytest.param(applies_on_the_server, "would need managedFields", id="server-side-apply"),
        pytest.param(reads_protobuf, "nothing here sends it; `kubectl auth can-i` does", id="protobuf"),
        pytest.param(serves_dry_runs, "refused with 400, never stored", id="dry-run"),
    ],
)
def test_only_the_real_server_does(
    request: pytest.FixtureRequest,
    namespace: Namespace,
    does: Callable[[Namespace], bool],
    reason: str,
) -> None:
    """Holds for the real server; the double is known to lack it."""
    if namespace.cluster.kind == "double":
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))

    assert does(namespace)
