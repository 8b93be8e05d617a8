"""Which Deployments are of another operator for Elastic IPs, as `eip migrate` knows them."""

from collections.abc import Iterable, Iterator

from cli.doctor.facts import OtherOperator
from cli.doctor.objects import Container, Workload
from cli.migrate.origin import ORIGINS
from eip.aliases import Alias

CLUSTER_NAME = "CLUSTER_NAME"
"""The variable by which Materialize's operator is told its cluster's name (eip_operator/src/main.rs)."""


def other_operators(workloads: Iterable[Workload]) -> Iterator[OtherOperator]:
    """Those among these Deployments."""
    for workload in workloads:
        for container in () if workload.deployment.is_ours else workload.containers:
            alias = _alias(container)
            if alias is not None:
                yield OtherOperator(
                    f"{workload.metadata.namespace}/{workload.metadata.name}",
                    alias,
                    workload.spec.replicas,
                    container.environment.get(CLUSTER_NAME) or None,
                )


def _alias(container: Container) -> Alias | None:
    return next((alias for alias, origin in ORIGINS.items() if origin.runs(container.program)), None)
