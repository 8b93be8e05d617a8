"""The API server takes every manifest of every main combination, and every pod that would come of it."""

from typing import Any

import pytest

from tests.chart.conftest import Cluster
from tests.chart.generate import install_manifest
from tests.chart.helm import NAMESPACE, Manifest, render
from tests.chart.manifests import EXTERNAL, INGRESS, NAMESPACED, OAUTH

pytestmark = pytest.mark.cluster

DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")

COMBINATIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "namespaced": {**NAMESPACED, "namespaces": ["games"]},
    "Redis elsewhere": EXTERNAL,
    "Secrets given": {"redis": {"existingSecret": "a"}, "flower": {"existingSecret": "b"}},
    "OAuth": {"flower": {"oauth": OAUTH}},
    "an Ingress": INGRESS,
    "no Flower, no policies, no volume": {
        "flower": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "redis": {"persistence": {"enabled": False}},
    },
    "admission policies": {"admissionPolicy": {"enabled": True, "namespaces": ["games"]}},
    "settings, labels, an image by digest, one replica": {
        "settings": {"tags": {"team": "games"}, "sweepInterval": 60},
        "commonLabels": {"team": "network"},
        "image": {"digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "registry"}],
        "producer": {"replicas": 1},
    },
}


def pods(manifests: list[Manifest]) -> list[Manifest]:
    """The pods that controllers would make."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": each["metadata"]["name"],
                "namespace": NAMESPACE,
                "labels": each["spec"]["template"]["metadata"]["labels"],
            },
            "spec": _with_claims(each["spec"]["template"]["spec"], each),
        }
        for each in manifests
        if each["kind"] in {"Deployment", "StatefulSet", "Job"}
    ]


def _with_claims(spec: Manifest, owner: Manifest) -> Manifest:
    """What the StatefulSet controller adds: a volume for each claim."""
    claims = [
        {"name": each["metadata"]["name"], "persistentVolumeClaim": {"claimName": "any"}}
        for each in owner["spec"].get("volumeClaimTemplates", [])
    ]
    return {**spec, "volumes": [*spec.get("volumes", []), *claims]}


def dry_run(cluster: Cluster, manifests: list[Manifest]) -> list[str]:
    """What the API server says against them, warnings included."""
    said = cluster.kubectl(*DRY_RUN, "-f", "-", manifests=manifests)
    return [line for line in said.splitlines() if not line.endswith(" serverside-applied (server dry run)")]


@pytest.mark.parametrize("values", COMBINATIONS.values(), ids=COMBINATIONS)
def test_the_api_server_takes_it(chart_cluster: Cluster, values: dict[str, Any]) -> None:
    """No unknown field, no invalid value, no warning; and the pods are restricted."""
    manifests = render(values)

    assert dry_run(chart_cluster, manifests) == []
    assert dry_run(chart_cluster, pods(manifests)) == []


def test_a_pod_that_is_not_restricted_would_be_refused(chart_cluster: Cluster) -> None:
    """Else the test above would prove nothing."""
    (pod, *_) = pods(render())
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True

    assert "violates PodSecurity" in str(dry_run(chart_cluster, [pod]))


def test_an_unknown_field_would_be_refused(chart_cluster: Cluster) -> None:
    """As above."""
    (pod, *_) = pods(render())
    pod["spec"]["enableServiceLink"] = False

    assert "enableServiceLink" in str(dry_run(chart_cluster, [pod]))


def test_the_plain_manifest_is_taken(chart_cluster: Cluster, tmp_path: Any) -> None:
    """deploy/install.yaml works with kubectl alone."""
    path = tmp_path / "install.yaml"
    path.write_text(install_manifest())

    said = chart_cluster.kubectl(*DRY_RUN, "-f", str(path)).splitlines()

    assert [line for line in said if "(server dry run)" not in line] == []
    assert len(said) > 20
