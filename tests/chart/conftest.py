"""A real kube-apiserver with the chart installed in it, by helm itself."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import yaml

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.real import RealControlPlane
from tests.chart.helm import CHART, NAMESPACE, RELEASE, REQUIRED, Manifest, render, run
from tests.chart.jobs import JobRunner
from tests.clusters import ASSETS, REAL, real_control_plane, report_line

collect_ignore = (
    []
    if REAL
    else [
        "test_admission.py",
        "test_custom_resources.py",
        "test_dry_run.py",
        "test_installed.py",
        "test_release_runs.py",
        "test_rights.py",
    ]
)


def pytest_report_header() -> str:
    """Say in one line what the chart is installed in."""
    return f"chart on {report_line()}"


@pytest.fixture(scope="session")
def default() -> list[Manifest]:
    """What a user gets who sets no more than is needed; to be read, not changed."""
    return render()


@dataclass(frozen=True)
class Cluster:
    """A running control plane, an admin's client, and the two programs of an admin."""

    plane: RealControlPlane
    api: ApiClient
    jobs: JobRunner

    def helm(self, *arguments: str, namespace: str = NAMESPACE) -> str:
        """What helm says; HelmError when it fails."""
        return run(*arguments, "--kubeconfig", str(self.plane.kubeconfig), "--namespace", namespace)

    def kubectl(self, *arguments: str, manifests: Sequence[Manifest] = ()) -> str:
        """What kubectl says, errors included; `manifests` are its standard input."""
        assert ASSETS, "a control plane runs without its binaries"
        assert ASSETS.kubectl, "no kubectl beside kube-apiserver; run `make kube-assets`"
        done = subprocess.run(
            [ASSETS.kubectl, "--kubeconfig", self.plane.kubeconfig, *arguments],
            input=yaml.safe_dump_all(manifests),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def as_account(self, name: str, namespace: str = NAMESPACE) -> ApiClient:
        """A client with a token of this ServiceAccount."""
        token = self.plane.service_account_token(namespace, name)
        return ApiClient(self.plane.url, token, self.plane.certificate)


@pytest.fixture(scope="session")
def chart_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The control plane, whose namespace refuses pods that are not restricted; nothing is installed."""
    with real_control_plane() as plane:
        api = ApiClient(plane.url, plane.token, plane.certificate)
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        for name in (NAMESPACE, "games"):
            body = {"metadata": {"name": name, "labels": labels if name == NAMESPACE else {}}}
            assert api.post("/api/v1/namespaces", body).status == 201
        jobs = JobRunner(plane, api, tmp_path_factory.mktemp("account"))
        jobs.start()
        yield Cluster(plane, api, jobs)
        jobs.stop()


@pytest.fixture(scope="session")
def installed(chart_cluster: Cluster) -> Cluster:
    """The chart, installed with what a user has to say."""
    chart_cluster.helm("install", RELEASE, str(CHART), "--values", str(REQUIRED), "--timeout", "60s")
    return chart_cluster
