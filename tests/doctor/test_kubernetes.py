"""What is read of a real cluster, by an admin and by accounts with few rights, and the command as a whole.

The double knows no Deployments and no reviews of others' rights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.doctor import read_kubernetes, read_redis
from cli.doctor.command import doctor
from cli.doctor.facts import KubernetesFacts
from cli.doctor.seen import Unseen, known
from cli.reach.installation import Component, Installation
from eip.kubernetes import review
from eip.kubernetes.review import ServiceAccount
from eip.names import MANAGE_LABEL
from sandbox import accounts
from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.kubeconfig import read_kubeconfig
from sandbox.kubernetes.real import RealControlPlane
from sandbox.redis import RedisServer
from tests import clusters
from tests.doctor.world import INSTANCE, settings

pytestmark = pytest.mark.cluster

WORKER = ServiceAccount(accounts.NAMESPACE, "eip-worker")
WORKERS_ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/eip-worker"
CALLED_OTHERWISE = {"app.kubernetes.io/name": "addresses", "helm.sh/chart": "k8s-eip-operator-0.1.0"}
DNS_IMAGE = "registry.k8s.io/external-dns/external-dns:v0.21.0"


@dataclass(frozen=True)
class Cluster:
    """A control plane with nodes, a pod, and the operator's Deployments."""

    admin: Path
    worker: Path
    api: ApiClient


def _workload(name: str, component: str, **container: Any) -> dict[str, Any]:
    labels = {**CALLED_OTHERWISE, "app.kubernetes.io/component": component}
    main = {"name": name, "image": "example", **container}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"a": name}},
            "template": {
                "metadata": {"labels": {"a": name}},
                "spec": {"containers": [main], "serviceAccountName": f"eip-{component}"},
            },
        },
    }


OLD_OPERATOR = _workload("old", "x", image="materialize/k8s-eip-operator:v0.12")
OLD_OPERATOR["metadata"]["labels"] = {"app": "eip-operator"}


def _worker_pod() -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "addresses", "app.kubernetes.io/component": "worker"}
    spec = {"nodeName": "node-2", "containers": [{"name": "worker", "image": "example"}]}
    return {"metadata": {"name": "worker-a", "labels": labels}, "spec": spec}


def _fill(api: ApiClient) -> None:
    deployments = f"/apis/apps/v1/namespaces/{accounts.NAMESPACE}/deployments"
    snat = {"env": [{"name": "AWS_VPC_K8S_CNI_EXTERNALSNAT", "value": "true"}]}
    provider = {"spec": {"providerID": f"aws:///us-east-1a/{INSTANCE}"}}
    auto = {"eks.amazonaws.com/compute-type": "auto"}
    pod = {
        "metadata": {"name": "web", "labels": {MANAGE_LABEL: "true"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "example"}]},
    }
    for path, body in (
        (deployments, _workload("worker", "worker")),
        (deployments, _workload("producer", "producer")),
        (deployments, _workload("dns", "x", image=DNS_IMAGE, args=["--source=pod"])),
        (deployments, OLD_OPERATOR),
        (f"/api/v1/namespaces/{accounts.NAMESPACE}/pods", _worker_pod()),
        ("/apis/apps/v1/namespaces/kube-system/daemonsets", _workload("aws-node", "x", **snat)),
        ("/api/v1/nodes", {"metadata": {"name": "node-1"}, **provider}),
        ("/api/v1/nodes", {"metadata": {"name": "node-2", "labels": auto}}),
        ("/api/v1/namespaces/default/pods", pod),
    ):
        accounts.done(api.post(path, body))


@pytest.fixture(scope="module")
def control_plane() -> Iterator[RealControlPlane]:
    """One for the module."""
    with clusters.real_control_plane() as running:
        yield running


@pytest.fixture(scope="module")
def cluster(control_plane: RealControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The same, filled."""
    access = read_kubeconfig(control_plane.kubeconfig)
    api = ApiClient(access.url, access.token, access.certificate)
    kubeconfigs = accounts.make(api, access, tmp_path_factory.mktemp("accounts"))
    _fill(api)
    return Cluster(control_plane.kubeconfig, kubeconfigs["worker"], api)


@pytest.fixture
def lacking(cluster: Cluster) -> Iterator[None]:
    """The worker's account without the rights to patch pods' status and to list nodes."""
    role = cluster.api.get(WORKERS_ROLE).body
    kept = [
        rule | ({"verbs": ["get"]} if rule["resources"] == ["nodes"] else {})
        for rule in role["rules"]
        if rule["resources"] != ["pods/status"]
    ]
    accounts.done(cluster.api.put(WORKERS_ROLE, role | {"rules": kept}))
    yield
    fresh = cluster.api.get(WORKERS_ROLE).body
    accounts.done(cluster.api.put(WORKERS_ROLE, fresh | {"rules": role["rules"]}))


def _read(monkeypatch: pytest.MonkeyPatch, kubeconfig: Path, *named: ServiceAccount) -> KubernetesFacts:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    return read_kubernetes.read(review.connect(4), settings(monkeypatch), named)


def _denied(facts: KubernetesFacts) -> dict[Component, list[str]]:
    return {
        asked.component: [str(one.right) for one in known(asked.granted) if not one.allowed]
        for asked in known(facts.rights)
    }


def test_an_admin_sees_everything(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    """And asks about the accounts that the Deployments name, whatever the chart was told to call them."""
    facts = _read(monkeypatch, cluster.admin)

    assert facts.user == "admin"
    assert _denied(facts) == {Component.WORKER: [], Component.PRODUCER: []}
    assert {node.compute_type: node.instance_id for node in known(facts.nodes)} == {"": INSTANCE, "auto": ""}
    assert facts.aws_node == {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
    assert [one.image for one in known(facts.external_dns)] == [DNS_IMAGE]
    assert known(facts.lease).namespace == accounts.NAMESPACE
    assert facts.installation == Installation(accounts.NAMESPACE, "producer", "worker")
    assert [pod.name for pod in known(facts.workers)] == ["worker-a"]
    assert [other.name for other in known(facts.others)] == [f"{accounts.NAMESPACE}/old"]


def test_a_worker_sees_what_it_may(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    """Itself and its pods; what else there is it is told that it may not."""
    facts = _read(monkeypatch, cluster.worker)

    assert _denied(facts) == {Component.WORKER: []}
    assert [pod.name for pod in known(facts.labelled)] == ["web"]
    for hidden in (facts.lease, facts.aws_node, facts.external_dns):
        assert isinstance(hidden, Unseen)
        assert hidden.why.startswith("no right to ")
    assert facts.installation == Installation(accounts.NAMESPACE)


@pytest.mark.usefixtures("lacking")
def test_a_right_that_is_missing_is_found(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    """By the account itself, and by an admin who names it."""
    expected = {Component.WORKER: ["patch pods/status", "list nodes"]}

    assert _denied(_read(monkeypatch, cluster.worker)) == expected
    assert _denied(_read(monkeypatch, cluster.admin, WORKER)) == expected


@pytest.mark.usefixtures("lacking")
def test_nodes_that_may_not_be_listed_are_read_one_by_one(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster
) -> None:
    """Those of the pods that ask for an address, and no others."""
    assert [node.name for node in known(_read(monkeypatch, cluster.worker).nodes)] == ["node-1"]


@pytest.mark.usefixtures("lacking", "redis_client")
def test_the_command(monkeypatch: pytest.MonkeyPatch, cluster: Cluster, redis_server: RedisServer) -> None:
    """As a worker runs it, with EC2 away: YAML on standard output, and the exit code of a failure."""
    monkeypatch.setattr(read_redis, "LISTEN_SECONDS", 0.2)
    for name, value in {
        "KUBECONFIG": str(cluster.worker),
        "EIP_CLUSTER_NAME": "games",
        "EIP_REDIS_URL": redis_server.url,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }.items():
        monkeypatch.setenv(name, value)
    app = typer.Typer()
    app.command()(doctor)

    result = CliRunner().invoke(app, ["-o", "yaml"])

    found = {one["check"]: one["status"] for one in yaml.safe_load(result.stdout)["findings"]}
    assert result.exit_code == 1
    assert {name for name, status in found.items() if status == "fail"} == {
        "rights-worker",
        "workers",
        "claims",
        "aws",
    }
    assert found["kubernetes"] == found["redis"] == "pass"
    assert found["external-snat"] == "unknown"
