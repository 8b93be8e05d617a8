"""What the chart has for the Prometheus operator, KEDA and Gateways is created under these projects' CRDs."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.kubernetes.client import Reply
from tests.chart import crds
from tests.chart.conftest import Cluster
from tests.chart.helm import NAMESPACE, Manifest, render
from tests.chart.manifests import KEDA, ROUTE

pytestmark = pytest.mark.cluster

KINDS = ("PodMonitor", "PrometheusRule", "ScaledObject", "HTTPRoute")
RULES = {"enabled": True}
COMBINATIONS: dict[str, dict[str, Any]] = {
    "all": {**ROUTE, "keda": KEDA, "monitoring": {"podMonitor": {"enabled": True}, "rules": RULES}},
    "a PodMonitor with all": {
        "monitoring": {
            "podMonitor": {
                "enabled": True,
                "labels": {"release": "kube-prometheus-stack"},
                "interval": "1m",
                "relabelings": [
                    {"targetLabel": "cluster", "replacement": "games", "action": "replace"},
                    {"action": "labeldrop", "regex": "pod_template_hash"},
                ],
            }
        }
    },
    "alerts with all": {
        "monitoring": {
            "rules": {
                **RULES,
                "labels": {"release": "kube-prometheus-stack"},
                "alertLabels": {"team": "network"},
                "disabled": ["EipQuotaNear"],
                "runbookUrl": "https://wiki.example/eip",
            }
        }
    },
    "an HTTPRoute with all": {
        "flower": {
            "httpRoute": {
                "enabled": True,
                "annotations": {"team": "network"},
                "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
                "hostnames": ["flower.example"],
            }
        }
    },
    "KEDA over more workers": {
        "worker": {"replicas": 6},
        "keda": {**KEDA, "minReplicas": 1, "maxReplicas": 8},
    },
}


def customs(values: dict[str, Any]) -> list[Manifest]:
    """What these values have of kinds that a cluster may lack."""
    return [each for each in render(values) if each["kind"] in KINDS]


def one(kind: str) -> Manifest:
    """One of them, to be spoilt."""
    [found] = [each for each in customs(COMBINATIONS["all"]) if each["kind"] == kind]
    return copy.deepcopy(found)


@pytest.fixture(scope="module")
def extended(chart_cluster: Cluster) -> Iterator[Cluster]:
    """The CRDs are established."""
    files = [f"--filename={file}" for file in crds.find()]
    made = chart_cluster.kubectl("create", *files).splitlines()
    assert all(line.endswith(" created") for line in made), made
    said = chart_cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", *files)
    assert said.count("condition met") == len(files), said
    yield chart_cluster
    chart_cluster.kubectl("delete", *files)


def create(cluster: Cluster, manifest: Manifest, options: str = "") -> Reply:
    """Create it; a field that the CRD does not know is an error."""
    path = f"/apis/{manifest['apiVersion']}/namespaces/{NAMESPACE}/{manifest['kind'].lower()}s"
    return cluster.api.post(f"{path}?fieldValidation=Strict{options}", manifest)


@pytest.mark.parametrize("values", COMBINATIONS.values(), ids=COMBINATIONS)
def test_it_is_created_as_it_is_written(extended: Cluster, values: dict[str, Any]) -> None:
    """No unknown field, no invalid value, no warning; and nothing is added, so that Argo CD sees no drift."""
    manifests = customs(values)
    assert manifests

    made = [create(extended, manifest) for manifest in manifests]
    extended.kubectl("delete", "-f", "-", manifests=manifests)

    assert [reply.status for reply in made] == [201] * len(manifests), made
    assert [reply.headers.get("Warning") for reply in made] == [None] * len(manifests)
    assert [reply.body["spec"] for reply in made] == [each["spec"] for each in manifests]


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_field_is_refused(extended: Cluster, kind: str) -> None:
    """Else the test above would find nothing."""
    spoilt = one(kind)
    name, value = spoilt["spec"].popitem()
    spoilt["spec"][f"{name}x"] = value

    refused = create(extended, spoilt, "&dryRun=All")

    assert refused.status == 400
    assert f'unknown field "spec.{name}x"' in refused.body["message"]


WRONG: dict[str, tuple[str, tuple[str | int, ...], object, str]] = {
    "how often, in words": ("PodMonitor", ("podMetricsEndpoints", 0, "interval"), "often", "should match"),
    "for how long, in words": ("PrometheusRule", ("groups", 1, "rules", 0, "for"), "long", "should match"),
    "a threshold that is a number": (
        "ScaledObject",
        ("triggers", 0, "metadata", "threshold"),
        12,
        "must be of type string",
    ),
    "a path without a slash": (
        "HTTPRoute",
        ("rules", 0, "matches", 0, "path", "value"),
        "tasks",
        "must be an absolute path",
    ),
}


@pytest.mark.parametrize(("kind", "path", "value", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused(
    extended: Cluster, kind: str, path: tuple[str | int, ...], value: object, message: str
) -> None:
    """By the schema, and by the rules in CEL."""
    spoilt = one(kind)
    inside: Any = spoilt["spec"]
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value

    refused = create(extended, spoilt, "&dryRun=All")

    assert refused.status == 422
    assert message in refused.body["message"]


def test_a_module_that_is_not_the_one_we_know_is_refused() -> None:
    """Its CRDs would be somebody else's."""
    other = replace(crds.MODULES[-1], checksum="h1:another")

    with pytest.raises(crds.CrdsError, match="not h1:another: it is not the one we know"):
        crds.download(other)


def test_without_go_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests fail with the words, and are not left out."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(crds.CrdsError, match="no `go` on PATH to fetch sigs"):
        crds.download(crds.MODULES[-1])
