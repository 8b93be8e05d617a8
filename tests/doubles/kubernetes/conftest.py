"""Both clusters: the double in this process, and a real kube-apiserver when its binaries are there."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.double import KubernetesDouble
from sandbox.kubernetes.status import JsonObject
from tests import clusters

KUBECTL = clusters.ASSETS.kubectl if clusters.ASSETS else None
collect_ignore = [] if KUBECTL or clusters.REQUIRED else ["test_kubectl.py"]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cluster:
    """What both have in common."""

    kind: str
    url: str
    token: str = field(repr=False)
    certificate: Path | None
    admin: ApiClient
    compact: Callable[[], object]
    mint: Callable[[str, str], str]

    def as_holder(self, token: str | None) -> ApiClient:
        """A client with another token; None is anonymous."""
        return ApiClient(self.url, token, self.certificate)


@dataclass(frozen=True)
class Namespace:
    """A namespace of one test's own, with an admin's client."""

    cluster: Cluster
    name: str

    @property
    def api(self) -> ApiClient:
        """The admin's client."""
        return self.cluster.admin

    @property
    def pods(self) -> str:
        """The path of the pods."""
        return f"/api/v1/namespaces/{self.name}/pods"

    def pod(self, name: str) -> str:
        """The path of one pod."""
        return f"{self.pods}/{name}"

    def create(
        self, name: str, *, labels: dict[str, str] | None = None, node: str = "", **metadata: object
    ) -> JsonObject:
        """Create a pod and return it."""
        spec: JsonObject = {"containers": [{"name": "main", "image": "example"}]}
        if node:
            spec["nodeName"] = node
        made = self.api.post(
            self.pods, {"metadata": {"name": name, "labels": labels or {}} | metadata, "spec": spec}
        )
        assert made.status == 201, made.body
        found: JsonObject = made.body
        return found


def cluster_of(kind: str) -> Iterator[Cluster]:
    """Run one kind of cluster."""
    with ExitStack() as stack:
        if kind == "real":
            real = stack.enter_context(clusters.real_control_plane())
            admin = ApiClient(real.url, real.token, real.certificate)
            yield Cluster(
                kind, real.url, real.token, real.certificate, admin, real.compact, real.service_account_token
            )
        else:
            double = stack.enter_context(KubernetesDouble())
            admin = ApiClient(double.url, double.token)
            mint = double.service_account_token
            yield Cluster(kind, double.url, double.token, None, admin, double.control.compact, mint)


@pytest.fixture(scope="session", params=clusters.PARAMETERS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The double, and then the real one."""
    yield from cluster_of(request.param)


@pytest.fixture
def namespace(cluster: Cluster) -> Namespace:
    """A new namespace."""
    name = f"contract-{next(_numbers)}"
    assert cluster.admin.post("/api/v1/namespaces", {"metadata": {"name": name}}).status == 201
    return Namespace(cluster, name)


@pytest.fixture
def double() -> Iterator[KubernetesDouble]:
    """A double of the test's own, whose faults nobody else meets."""
    with KubernetesDouble() as served:
        yield served
