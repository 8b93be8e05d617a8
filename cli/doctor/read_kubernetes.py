"""Asks the API server for all that the checks want to know; what it refuses is Unseen."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from cli.doctor.accounts import Asked, own_account, to_ask
from cli.doctor.facts import (
    AccountRights,
    ExternalDns,
    Granted,
    KubernetesFacts,
    LeaseSeen,
    NodeSeen,
    PodSeen,
)
from cli.doctor.objects import Namespace, Node, Workload
from cli.doctor.other_operators import other_operators
from cli.doctor.rights import needed
from cli.doctor.seen import Unseen, look
from cli.reach.installation import COMPONENT_LABEL, DEFAULT_SELECTOR, Component, Installation, installed
from eip import names
from eip.errors import KubernetesError
from eip.kubernetes.http import segment
from eip.kubernetes.review import Review, ServiceAccount
from eip.pod import Pod
from eip.settings import Settings

AN_ADMIN = "ask with an admin's kubeconfig"
DEPLOYMENTS = "/apis/apps/v1/deployments"
AWS_NODE = "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"
COMPUTE_TYPE = "eks.amazonaws.com/compute-type"

MOST_NODES = 50
"""How many nodes are read one by one where they may not be listed."""


def read(review: Review, settings: Settings, named: Sequence[ServiceAccount]) -> KubernetesFacts:
    """The facts; when the API server is away, only that."""
    version = look(review.version)
    if isinstance(version, Unseen):
        return away(version)
    user = look(review.user)
    workloads = look(lambda: list(review.all(DEPLOYMENTS, Workload)), AN_ADMIN)
    deployed = [] if isinstance(workloads, Unseen) else workloads
    ours = [workload for workload in deployed if workload.deployment.is_ours]
    labelled = look(lambda: tuple(_pods(review, settings, names.MANAGE_SELECTOR)), AN_ADMIN)
    lease_namespace = _lease_namespace(settings, "" if isinstance(user, Unseen) else user, ours, named)
    lease = look(lambda: _lease(review, lease_namespace), AN_ADMIN)
    return KubernetesFacts(
        version=version,
        user=user,
        cluster_uid=settings.cluster_uid or look(lambda: _cluster_uid(review), "set EIP_CLUSTER_UID"),
        rights=look(lambda: tuple(_rights(review, settings, named, user, ours, lease_namespace))),
        lease=lease,
        nodes=_nodes(review, labelled),
        labelled=labelled,
        workers=look(lambda: tuple(_worker_pods(review, ours)), AN_ADMIN),
        aws_node=look(lambda: _aws_node(review), AN_ADMIN),
        external_dns=_external_dns(workloads),
        others=workloads if isinstance(workloads, Unseen) else tuple(other_operators(workloads)),
        installation=_installation(ours, lease, user),
    )


def away(why: Unseen) -> KubernetesFacts:
    """The facts without an API server: the reason once, all else could not be asked."""
    rest = Unseen("the API server could not be asked")
    return KubernetesFacts(
        version=why,
        user=rest,
        cluster_uid=rest,
        rights=rest,
        lease=rest,
        nodes=rest,
        labelled=rest,
        workers=rest,
        aws_node=rest,
        external_dns=rest,
        others=rest,
    )


def _cluster_uid(review: Review) -> str:
    found = review.get("/api/v1/namespaces/kube-system", Namespace)
    if found is None or not found.metadata.uid:
        raise KubernetesError(404, "NotFound", "there is no namespace kube-system")
    return found.metadata.uid


def _lease_namespace(
    settings: Settings, user: str, ours: list[Workload], named: Sequence[ServiceAccount]
) -> str:
    """Where the producer's Lease is: with the producer; a laptop's own setting knows nothing of it."""
    if "lease_namespace" in settings.model_fields_set or own_account(user):
        return settings.lease_namespace
    deployed = to_ask((), "", ours)
    found = [asked.account for asked in deployed] + list(named)
    producers = [asked.account for asked in deployed if asked.component is Component.PRODUCER]
    return next((account.namespace for account in producers + found), settings.lease_namespace)


def _rights(
    review: Review,
    settings: Settings,
    named: Sequence[ServiceAccount],
    user: str | Unseen,
    ours: list[Workload],
    lease_namespace: str,
) -> Iterator[AccountRights]:
    if isinstance(user, Unseen):
        user = ""
    for asked in to_ask(named, user, ours):
        place = asked.account.namespace if asked.component is Component.PRODUCER else lease_namespace
        granted = look(partial(_granted, review, settings, asked, place), AN_ADMIN)
        yield AccountRights(asked.component, asked.account, granted, asked.itself)


def _granted(review: Review, settings: Settings, asked: Asked, lease_namespace: str) -> tuple[Granted, ...]:
    account = None if asked.itself else asked.account
    return tuple(
        Granted(right, namespace, review.allowed(right.access(namespace), account))
        for right, namespace in needed(asked.component, settings, lease_namespace)
    )


def _lease(review: Review, namespace: str) -> LeaseSeen:
    return LeaseSeen(namespace, review.leases.get(namespace, names.LEASE_NAME))


def _pods(review: Review, settings: Settings, selector: str) -> Iterator[PodSeen]:
    query = {"labelSelector": selector}
    for namespace in settings.namespaces or ("",):
        path = f"/api/v1/namespaces/{segment(namespace)}/pods" if namespace else "/api/v1/pods"
        yield from _placed(review.all(path, Pod, query))


def _installation(ours: list[Workload], lease: LeaseSeen | Unseen, user: str | Unseen) -> Installation:
    """Where the Lease was seen, or we ourselves are, else wherever there is one."""
    own = None if isinstance(user, Unseen) else own_account(user)
    led = "" if isinstance(lease, Unseen) or lease.lease is None else lease.namespace
    return installed([workload.deployment for workload in ours], led or (own.namespace if own else ""))


def _worker_pods(review: Review, ours: list[Workload]) -> Iterator[PodSeen]:
    deployed = [one.deployment.selector for one in ours if one.component == Component.WORKER]
    for selector in deployed or [f"{DEFAULT_SELECTOR},{COMPONENT_LABEL}={Component.WORKER}"]:
        yield from _placed(review.all("/api/v1/pods", Pod, {"labelSelector": selector}))


def _placed(pods: Iterable[Pod]) -> Iterator[PodSeen]:
    for pod in pods:
        if pod.spec.node_name:
            asked = pod.annotation(names.REVERSE_DNS_ANNOTATION)
            yield PodSeen(pod.metadata.namespace, pod.metadata.name, pod.spec.node_name, asked)


def _nodes(review: Review, labelled: tuple[PodSeen, ...] | Unseen) -> tuple[NodeSeen, ...] | Unseen:
    """All nodes, or, where only single ones may be read, those of the pods that ask for an address."""
    listed = look(lambda: tuple(map(_node, review.all("/api/v1/nodes", Node))), AN_ADMIN)
    if not isinstance(listed, Unseen) or isinstance(labelled, Unseen) or not labelled:
        return listed
    wanted = sorted({pod.node for pod in labelled})[:MOST_NODES]
    single = look(lambda: tuple(_single(review, wanted)))
    return listed if isinstance(single, Unseen) else single


def _single(review: Review, wanted: Iterable[str]) -> Iterator[NodeSeen]:
    for name in wanted:
        if found := review.get(f"/api/v1/nodes/{segment(name)}", Node):
            yield _node(found)


def _node(found: Node) -> NodeSeen:
    provider, _, instance = found.spec.provider_id.rpartition("/")
    ec2 = provider.startswith("aws://") and instance.startswith("i-")
    compute_type = (found.metadata.labels or {}).get(COMPUTE_TYPE, "")
    return NodeSeen(found.metadata.name, instance if ec2 else "", compute_type)


def _aws_node(review: Review) -> dict[str, str] | None:
    found = review.get(AWS_NODE, Workload)
    if found is None:
        return None
    return next((one.environment for one in found.containers if one.name == "aws-node"), {})


def _external_dns(workloads: list[Workload] | Unseen) -> tuple[ExternalDns, ...] | Unseen:
    if isinstance(workloads, Unseen):
        return workloads
    return tuple(
        ExternalDns(
            f"{workload.metadata.namespace}/{workload.metadata.name}",
            container.image,
            (*(container.command or ()), *(container.args or ())),
            container.environment,
        )
        for workload in workloads
        for container in workload.containers
        if container.image.rpartition("/")[2].startswith("external-dns")
    )
