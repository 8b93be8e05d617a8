"""What a person does at the demo: kubectl, of the version that the double is checked against."""

import os
import subprocess
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.double import KubernetesDouble
from tests.doubles.kubernetes.conftest import KUBECTL

Kubectl: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kubectl() -> Iterator[Kubectl]:
    """Runs kubectl on a double that has one pod, `web`."""
    if KUBECTL is None:
        pytest.fail("EIP_TEST_CLUSTER=required, but there is no kubectl; run `make kube-assets`")
    with KubernetesDouble(tls=True) as double:
        pod = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "main", "image": "example"}]}}
        ApiClient(double.url, double.token, double.certificate).post("/api/v1/namespaces/default/pods", pod)
        environment = os.environ | {"KUBECONFIG": str(double.kubeconfig)}

        def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
            command = [str(KUBECTL), *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        yield run


def test_labels_and_finds_pods(kubectl: Kubectl) -> None:
    """`kubectl label` and a selector in `kubectl get`."""
    labelled = kubectl("label", "pod", "web", "eip.aws.materialize.com/manage=true")

    found = kubectl("get", "po", "-l", "eip.aws.materialize.com/manage=true", "-o", "name")

    assert (labelled.stdout, found.stdout) == ("pod/web labeled\n", "pod/web\n")


def test_deletes_a_pod_and_waits_for_its_end(kubectl: Kubectl) -> None:
    """`kubectl delete` follows the pod until it is gone."""
    deleted = kubectl("delete", "pod", "web")

    assert deleted.stdout.startswith('pod "web" deleted')
    assert kubectl("get", "pod", "web").stderr == 'Error from server (NotFound): pods "web" not found\n'


def test_shows_what_is_served(kubectl: Kubectl) -> None:
    """`kubectl api-resources` and `kubectl version`."""
    kinds = kubectl("api-resources", "--no-headers", "-o", "name").stdout.split()

    assert {"pods", "nodes", "leases.coordination.k8s.io"} <= set(kinds)
    assert "Server Version: v1.34.3" in kubectl("version").stdout
