"""Producer and worker serve a pod as their manifests start them, and `helm test` tells if all is well."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from eip.names import PUBLIC_IP_ANNOTATION
from sandbox.kubernetes.client import JSON_PATCH
from sandbox.processes import answers, has_logged
from sandbox.stack import REGION, Stack
from tests.chart.conftest import Cluster
from tests.chart.helm import CHART, RELEASE, REQUIRED, HelmError
from tests.chart.release import Release, until

pytestmark = [pytest.mark.cluster, pytest.mark.journey]

SPACE = "eip-running"
PASSWORD = "a/b?c#d@e%f: g"
SECRETS = {
    "redis": {"password": PASSWORD},
    "aws": {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox"},
}
WORKER_ROLE = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{RELEASE}-worker-{SPACE}"


def values(stack: Stack) -> dict[str, Any]:
    """A Redis of the user's own, and EC2 by an endpoint and keys of theirs."""
    port = int(stack.redis.url.rpartition(":")[2].partition("/")[0])
    return {
        "region": REGION,
        "flower": {"enabled": False},
        "redis": {"enabled": False},
        "externalRedis": {"host": "127.0.0.1", "port": port, "existingSecret": "redis"},
        "worker": {
            "extraEnv": [{"name": "AWS_ENDPOINT_URL", "value": stack.ec2_url}],
            "extraEnvFrom": [{"secretRef": {"name": "aws"}}],
        },
    }


@pytest.fixture(scope="module")
def release(chart_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Installed, in a namespace that refuses pods that are not restricted; producer and a worker run."""
    api = chart_cluster.api
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    assert api.post("/api/v1/namespaces", {"metadata": {"name": SPACE, "labels": labels}}).status == 201
    for name, data in SECRETS.items():
        body = {"metadata": {"name": name}, "stringData": data}
        assert api.post(f"/api/v1/namespaces/{SPACE}/secrets", body).status == 201
    with Stack(control_plane=chart_cluster.plane) as stack:
        with stack.redis_client() as client:
            client.config_set("requirepass", PASSWORD)
        given = tmp_path_factory.mktemp("release") / "values.yaml"
        given.write_text(yaml.safe_dump(values(stack)))
        made = Release(chart_cluster, stack, SPACE)
        made.helm("install", RELEASE, str(CHART), "--values", str(REQUIRED), "--values", str(given))
        made.start("producer", lambda port: answers(f"http://127.0.0.1:{port}/readyz"))
        made.start("worker", lambda _: has_logged(" ready."))
        yield made
        made.kill()
        made.helm("uninstall", RELEASE)


def annotated(release: Release) -> bool:
    """Whether the pod has its address."""
    pod = release.stack.pod("web")
    return pod is not None and PUBLIC_IP_ANNOTATION in pod["metadata"].get("annotations", {})


def test_helm_test_ends_well(release: Release) -> None:
    """And `eip doctor` in its pod saw what the release stands on."""
    printed = release.test()

    for check in ("rights-worker", "redis-rights", "workers", "claims", "ec2:AllocateAddress"):
        assert f"\n{check} " in printed
    assert " 0 fail," in printed


def test_a_pod_gets_an_address_and_gives_it_back(release: Release) -> None:
    """From the label to the annotation, with the Lease, Events and nodes; and nothing was forbidden."""
    release.stack.create_pod("web")
    until(lambda: annotated(release), "the pod has an address")
    release.stack.delete_pod("web")
    until(lambda: not release.stack.ec2.addresses(), "the address is given back")

    assert "forbidden" not in release.logs().lower()


def test_helm_test_fails_where_a_right_is_missing(release: Release) -> None:
    """And `eip doctor` says which."""
    rules = release.cluster.api.get(WORKER_ROLE).body["rules"]
    [index] = [number for number, rule in enumerate(rules) if rule["resources"] == ["pods/status"]]
    removed = [{"op": "remove", "path": f"/rules/{index}"}]
    assert release.cluster.api.patch(WORKER_ROLE, removed, JSON_PATCH).status == 200

    with pytest.raises(HelmError, match="may not patch pods/status"):
        release.test()
