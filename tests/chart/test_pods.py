"""What pods are allowed, where they run, and what a user may add to them."""

from typing import Any

import pytest

from tests.chart.helm import Manifest, one, render
from tests.chart.manifests import NAME, PODS, PROCESSES, pod_spec, variables


@pytest.mark.parametrize("component", PODS)
def test_pods_may_do_nothing_but_run(default: list[Manifest], component: str) -> None:
    """No root, no privileges, no write outside of volumes, no variables made from Services."""
    spec = pod_spec(default, component)

    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"]
        assert container["resources"]["limits"]["memory"]


def test_the_doctor_runs_as_a_worker_does(default: list[Manifest]) -> None:
    """With its account and security, labels for security groups, annotations against a mesh's sidecar."""
    doctor, worker = one(default, "Pod", "doctor")["spec"], pod_spec(default, "worker")

    for key in ("serviceAccountName", "securityContext", "enableServiceLinks"):
        assert doctor[key] == worker[key]
    assert doctor["containers"][0]["securityContext"] == worker["containers"][0]["securityContext"]
    marks = {"podLabels": {"team": "network"}, "podAnnotations": {"sidecar.istio.io/inject": "false"}}
    marked = one(render({"worker": marks}), "Pod", "doctor")["metadata"]
    assert marked["labels"]["team"] == "network"
    assert marked["annotations"]["sidecar.istio.io/inject"] == "false"


def test_what_the_doctor_said_can_be_read(default: list[Manifest]) -> None:
    """`helm test --logs` finds no pod that was deleted when it succeeded."""
    policy = one(default, "Pod", "doctor")["metadata"]["annotations"]["helm.sh/hook-delete-policy"]

    assert policy == "before-hook-creation"


def test_the_doctor_counts_as_no_worker(default: list[Manifest]) -> None:
    """A disruption budget that found it would allow more evictions; nor does it wait for their places."""
    doctor = one(default, "Pod", "doctor")
    labels = doctor["metadata"]["labels"]
    assert "topologySpreadConstraints" not in doctor["spec"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        selector = one(default, kind, "worker")["spec"]["selector"]["matchLabels"]
        assert not selector.items() <= labels.items()


@pytest.mark.parametrize("component", ["producer", "worker"])
def test_replicas_are_spread_and_not_evicted_together(default: list[Manifest], component: str) -> None:
    """Over zones and nodes where possible; one at a time."""
    spread = pod_spec(default, component)["topologySpreadConstraints"]

    assert [each["topologyKey"] for each in spread] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    selector = one(default, "Deployment", component)["spec"]["selector"]["matchLabels"]
    assert all(each["labelSelector"]["matchLabels"] == selector for each in spread)
    assert one(default, "PodDisruptionBudget", component)["spec"]["selector"]["matchLabels"] == selector


def test_a_single_replica_may_be_evicted() -> None:
    """A disruption budget on it would block every drain."""
    budgets = [each for each in render({"worker": {"replicas": 1}}) if each["kind"] == "PodDisruptionBudget"]

    assert [each["metadata"]["name"] for each in budgets] == [f"{NAME}-producer"]


def test_own_spread_gets_the_selector() -> None:
    """A user's constraint needs no label selector, and keeps one that it has."""
    own = {"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}
    chosen = {**own, "labelSelector": {"matchLabels": {"a": "b"}}}
    first, second = pod_spec(render({"worker": {"topologySpreadConstraints": [own, chosen]}}), "worker")[
        "topologySpreadConstraints"
    ]

    assert first["maxSkew"] == 2
    assert first["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "worker"
    assert second["labelSelector"]["matchLabels"]["a"] == "b"


def test_probes_ask_what_can_tell(default: list[Manifest]) -> None:
    """The producer's port, Flower's health check, and the worker's own view of its consumer."""
    producer = pod_spec(default, "producer")["containers"][0]
    worker = pod_spec(default, "worker")["containers"][0]

    assert producer["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}
    assert producer["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "health"}
    assert worker["livenessProbe"]["exec"]["command"] == ["python", "-m", "workers.alive"]


def test_the_region_is_said_and_never_asked(default: list[Manifest]) -> None:
    """Only workers speak to AWS, and they do not ask the instance metadata."""
    found = variables(default, "worker")

    assert found["AWS_REGION"] == "eu-central-1"
    assert found["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not [name for name in variables(default, "producer") if name.startswith("AWS_")]


def test_an_image_by_digest() -> None:
    """The digest wins over the tag, in the Job as well."""
    digest = "sha256:" + "0" * 64
    image = {"repository": "registry.example/eip", "tag": "1", "digest": digest, "pullPolicy": "Always"}
    manifests = render({"image": image, "imagePullSecrets": [{"name": "registry"}]})

    for component in (*PROCESSES, "secrets"):
        spec = pod_spec(manifests, component)
        assert spec["containers"][0]["image"] == f"registry.example/eip@{digest}"
        assert spec["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize("component", PROCESSES)
def test_extras_arrive(component: str) -> None:
    """Variables, sources, volumes, mounts, labels, annotations and places are added to what is there."""
    extras: dict[str, Any] = {
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "podLabels": {"team": "network"},
        "podAnnotations": {"note": "yes"},
        "nodeSelector": {"subnet": "private"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
    }
    manifests = render({component: extras})

    template = one(manifests, "Deployment", component)["spec"]["template"]
    spec, container = template["spec"], template["spec"]["containers"][0]
    assert extras["extraEnv"][0] in container["env"]
    assert container["envFrom"] == extras["extraEnvFrom"]
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]  # noqa: S108
    assert extras["extraVolumeMounts"][0] in container["volumeMounts"]
    assert extras["extraVolumes"][0] in spec["volumes"]
    assert template["metadata"]["labels"]["team"] == "network"
    assert template["metadata"]["annotations"] == {"note": "yes"}
    assert spec["nodeSelector"] == extras["nodeSelector"]
    assert spec["tolerations"] == extras["tolerations"]
    assert spec["affinity"] == extras["affinity"]
    assert spec["priorityClassName"] == "high"


def test_common_labels_do_not_become_selectors() -> None:
    """A selector cannot be changed, so that labels could never be."""
    worker = one(render({"commonLabels": {"team": "network"}}), "Deployment", "worker")

    assert worker["metadata"]["labels"]["team"] == "network"
    assert worker["spec"]["template"]["metadata"]["labels"]["team"] == "network"
    assert "team" not in worker["spec"]["selector"]["matchLabels"]


def test_long_names_are_cut() -> None:
    """A name of 63 characters leaves no room for the suffix of a StatefulSet's pod."""
    manifests = render({"fullnameOverride": "n" * 63})

    assert all(len(each["metadata"]["name"]) <= 63 for each in manifests)
    assert (
        one(manifests, "Service", "redis")["metadata"]["name"]
        in variables(manifests, "worker")["EIP_REDIS_URL"]
    )
