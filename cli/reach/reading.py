"""Reads what the commands show; each answers None for what cannot be seen, and the sight notes why."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cli.reach.connections import Connections, Kubernetes
from cli.reach.sight import EC2, KUBERNETES, REDIS, Sight
from eip.claim import Claim
from eip.decide import Scope
from eip.pod import Pod
from workers.ours import Identity
from workers.ports import Address

if TYPE_CHECKING:
    from eip.store.backlog import Backlog


def claims(sight: Sight, connections: Connections) -> Mapping[str, Claim] | None:
    """All claims by the uid of their pod."""

    def read() -> Mapping[str, Claim]:
        ledger = connections.redis().ledger
        return ledger.claims(sorted(ledger.uids()))

    return sight.of(REDIS, read)


def backlog(sight: Sight, connections: Connections) -> "Backlog | None":
    """Who waits where."""
    return sight.of(REDIS, lambda: connections.redis().backlog())


def pods(sight: Sight, connections: Connections) -> Mapping[str, Pod] | None:
    """The labelled pods of the namespaces that are served, by their uid."""
    scope = connections.settings.scope
    return sight.of(KUBERNETES, lambda: {pod.uid: pod for pod in _labelled(connections.kubernetes(), scope)})


def addresses(sight: Sight, connections: Connections) -> tuple[Address, ...] | None:
    """All addresses in EC2 that carry this cluster's name."""
    return sight.of(EC2, lambda: tuple(connections.ec2().addresses_of_cluster()))


def identity(sight: Sight, connections: Connections) -> Identity | None:
    """What tells our addresses from another cluster's of the same name."""
    settings = connections.settings
    uid = settings.cluster_uid or sight.of(KUBERNETES, lambda: connections.kubernetes().kube_system_uid())
    return Identity(settings.cluster_name, uid) if uid else None


def _labelled(kubernetes: Kubernetes, scope: Scope) -> Iterator[Pod]:
    for namespace, selector in scope.sources:
        for page in kubernetes.list_pods(selector, namespace):
            yield from filter(scope.is_managed, page.items)
