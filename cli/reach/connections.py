"""Ways to Redis, Kubernetes and EC2, each made when it is first needed.

What is heavy to import comes in with the connection that needs it, so that `eip --help` is quick.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from cli.output.exits import EndedError, Exit
from cli.reach.installation import COMPONENTS, NOWHERE, Deployment, Installation, installed
from eip.claim import Claim
from eip.errors import KubernetesError, SettingsError
from eip.names import Step
from eip.pod import Pod, PodList
from workers.ports import Address

if TYPE_CHECKING:
    from eip.kubernetes.leases import Lease
    from eip.settings import Settings
    from eip.store.backlog import Backlog
    from eip.store.ledger import Committed, Schedule


DEPLOYMENTS = "/apis/apps/v1/deployments"
SECONDS = 2.0
"""For one question to the API server before there are settings."""


class Ledger(Protocol):
    """What is read of the claims, and written by `eip retry`; each raises RedisAway."""

    def uids(self) -> set[str]: ...  # noqa: D102 - eip.store.ledger.Ledger's
    def claim(self, uid: str) -> Claim | None: ...  # noqa: D102
    def claims(self, uids: "list[str]") -> Mapping[str, Claim]: ...  # noqa: D102
    def suspects(self) -> Mapping[str, int]: ...  # noqa: D102
    def commit(self, before: Claim, after: Claim, schedule: "Schedule") -> "Committed": ...  # noqa: D102


class Redis(Protocol):
    """What stands in Redis; each raises RedisAway."""

    @property
    def ledger(self) -> Ledger:
        """The claims."""
        ...

    def backlog(self) -> "Backlog":
        """Who waits where."""
        ...

    def bucket(self, action: str) -> tuple[float, float]:
        """Tokens, and tokens a second at this moment."""
        ...

    def send(self, step: Step, claim: Claim, sequence: int) -> None:
        """Send a wake-up."""
        ...

    def sweep(self) -> None:
        """Send a sweep."""
        ...


class Leases(Protocol):
    """The Lease by which a producer leads."""

    def get(self, namespace: str, name: str) -> "Lease | None":
        """The Lease, or None when there is none."""
        ...


class Kubernetes(Protocol):
    """The calls to the API server; each raises KubernetesError."""

    @property
    def leases(self) -> Leases:
        """Leases."""
        ...

    def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod, or None."""
        ...

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        """Pages of pods."""
        ...

    def patch_pod_status(
        self,
        namespace: str,
        name: str,
        uid: str,
        annotations: dict[str, str | None],
        condition: dict[str, str],
    ) -> Pod | None:
        """Set and remove annotations and set one condition; None when that uid is gone."""
        ...

    def kube_system_uid(self) -> str:
        """What tells clusters apart."""
        ...


class Ec2(Protocol):
    """The EC2 actions that the command calls; each raises Ec2Error."""

    def addresses_of_cluster(self) -> list[Address]:
        """All that carry this cluster's name."""
        ...

    def disassociate(self, association_id: str) -> None:
        """DisassociateAddress."""
        ...

    def release(self, allocation_id: str) -> None:
        """ReleaseAddress."""
        ...

    def reset_reverse_dns(self, allocation_id: str) -> None:
        """ResetAddressAttribute."""
        ...


@dataclass(frozen=True, slots=True)
class Connections:
    """The settings, and a way to each of the three; what cannot be had raises an error.

    `deployments` lists those of a namespace, or all of them, that may be the operator's.
    """

    settings: "Settings"
    redis: Callable[[], Redis]
    kubernetes: Callable[[], Kubernetes]
    ec2: Callable[[], Ec2]
    deployments: Callable[[str], Sequence[Deployment]] = lambda _: ()

    def installation(self, namespace: str = "") -> Installation:
        """Where the operator is, as far as it can be found: in this namespace, or that of its Lease."""
        if not namespace and "lease_namespace" in self.settings.model_fields_set:
            namespace = self.settings.lease_namespace
        try:
            return installed(self.deployments(namespace), namespace)
        except (KubernetesError, SettingsError):
            return installed((), namespace)


def connect(context: str = "") -> Connections:
    """The ways that the environment describes, and a context of the kubeconfig; nothing is sent yet.

    Raises:
        EndedError: some settings cannot be used.

    """
    from eip import log  # noqa: PLC0415 - see the module's docstring
    from eip.settings import load  # noqa: PLC0415

    try:
        settings = load()
    except SettingsError as error:
        raise EndedError(
            Exit.USAGE, f"{error}\nThe workers have all settings: {_anywhere(context)}"
        ) from None
    log.configure("error", "console")
    return Connections(
        settings=settings,
        redis=cache(lambda: _redis(settings)),
        kubernetes=cache(lambda: _kubernetes(settings, context)),
        ec2=cache(lambda: _ec2(settings)),
        deployments=lambda namespace: _deployments(namespace, settings.kubernetes_timeout, context),
    )


def namespace_of(context: str) -> str:
    """The namespace that the context is in; SettingsError when the kubeconfig cannot be read."""
    from eip.kubernetes import contexts  # noqa: PLC0415

    return contexts.namespace_of(context)


def _anywhere(context: str) -> str:
    try:
        return installed(_deployments("", SECONDS, context)).in_a_worker
    except (KubernetesError, SettingsError):
        return NOWHERE.in_a_worker


def _deployments(namespace: str, timeout: float, context: str) -> Sequence[Deployment]:
    from cli.doctor.objects import Workload  # noqa: PLC0415
    from eip.kubernetes import review  # noqa: PLC0415
    from eip.kubernetes.http import segment  # noqa: PLC0415

    path = f"/apis/apps/v1/namespaces/{segment(namespace)}/deployments" if namespace else DEPLOYMENTS
    api = review.connect(timeout, context)
    try:
        found = list(api.all(path, Workload, {"labelSelector": COMPONENTS}))
    finally:
        api.close()
    return [workload.deployment for workload in found]


def _redis(settings: "Settings") -> Redis:
    from cli.reach.redis_view import RedisView  # noqa: PLC0415

    return RedisView(settings)


def _kubernetes(settings: "Settings", context: str) -> Kubernetes:
    from eip.kubernetes.client import connect as connect_kubernetes  # noqa: PLC0415

    return connect_kubernetes(settings.kubernetes_timeout, context=context)


def _ec2(settings: "Settings") -> Ec2:
    """A person's look-up takes no token: the budget leaves most of EC2's own bucket alone."""
    from workers.aws.client import Cluster, Ec2Client, Placement  # noqa: PLC0415

    return Ec2Client(
        Cluster(settings.cluster_name, settings.cluster_uid),
        acquire=lambda _: None,
        placement=Placement(settings.public_ipv4_pool, settings.network_border_group),
    )
