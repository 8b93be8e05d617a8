"""Helm installs, upgrades, rolls back and uninstalls the chart in a real cluster."""

from typing import Any

import pytest
import yaml

from tests.chart.conftest import Cluster
from tests.chart.helm import CHART, NAMESPACE, RELEASE, REQUIRED

pytestmark = pytest.mark.cluster

REDIS_SECRET = f"/api/v1/namespaces/{NAMESPACE}/secrets/{RELEASE}-redis"
FLOWER_SECRET = f"/api/v1/namespaces/{NAMESPACE}/secrets/{RELEASE}-flower"
WORKERS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{RELEASE}-worker"
GIVEN = ["--values", str(REQUIRED)]


def data(cluster: Cluster, secret: str) -> dict[str, Any]:
    """What a Secret holds, still encoded."""
    found = cluster.api.get(secret)
    assert found.status == 200, found.body
    held: dict[str, Any] = found.body["data"]
    return held


def test_installing_makes_the_secrets_and_leaves_no_rights(installed: Cluster) -> None:
    """The Job has run; it is gone, and so is the account that could create Secrets."""
    assert set(data(installed, REDIS_SECRET)) == {"password"}
    assert set(data(installed, FLOWER_SECRET)) == {"username", "password", "cookie-secret"}
    for kind in ("jobs.batch", "serviceaccounts", "roles", "rolebindings", "networkpolicies"):
        assert f"{RELEASE}-secrets" not in installed.kubectl("get", kind, "-n", NAMESPACE)


def test_an_upgrade_and_a_rollback_leave_the_passwords(installed: Cluster) -> None:
    """What is there is left as it is, and the release does what it is told."""
    before = data(installed, REDIS_SECRET), data(installed, FLOWER_SECRET)

    installed.helm("upgrade", RELEASE, str(CHART), *GIVEN, "--set=worker.replicas=3", "--timeout", "60s")
    assert installed.api.get(WORKERS).body["spec"]["replicas"] == 3
    installed.helm("rollback", RELEASE, "1", "--timeout", "60s")

    assert installed.api.get(WORKERS).body["spec"]["replicas"] == 2
    assert (data(installed, REDIS_SECRET), data(installed, FLOWER_SECRET)) == before
    assert "exists and is left as it is" in installed.jobs.printed[-1]


def test_an_upgrade_makes_a_secret_that_became_missing(installed: Cluster) -> None:
    """Only that one: Redis keeps its password while Flower gets another."""
    redis, flower = data(installed, REDIS_SECRET), data(installed, FLOWER_SECRET)
    assert installed.api.delete(FLOWER_SECRET).status == 200

    installed.helm("upgrade", RELEASE, str(CHART), *GIVEN, "--timeout", "60s")

    assert data(installed, REDIS_SECRET) == redis
    assert data(installed, FLOWER_SECRET)["password"] != flower["password"]


def test_what_was_installed_is_what_the_manifest_says(installed: Cluster) -> None:
    """The API server changes nothing of it, so that Argo CD sees no drift."""
    manifests = list(yaml.safe_load_all(installed.helm("get", "manifest", RELEASE)))

    assert len(manifests) > 15
    assert (
        installed.kubectl("diff", "--server-side", "--force-conflicts", "-f", "-", manifests=manifests) == ""
    )


def test_uninstalling_leaves_what_the_notes_say(installed: Cluster) -> None:
    """The Secrets stay, so that a volume that stays can be opened again; all else goes."""
    installed.helm(
        "install", "another", str(CHART), *GIVEN, "--set=fullnameOverride=another", "--timeout", "60s"
    )
    notes = installed.helm("get", "notes", "another")

    installed.helm("uninstall", "another")

    left = installed.kubectl(
        "get",
        "all,secrets,roles,rolebindings,serviceaccounts,networkpolicies,poddisruptionbudgets",
        "--namespace",
        NAMESPACE,
        "--selector=app.kubernetes.io/instance=another",
        "--output=name",
    )
    assert left.split() == ["secret/another-flower", "secret/another-redis"]
    assert "another-flower, another-redis" in notes
