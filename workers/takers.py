"""Takers: pods that take over the lent address that is with their IP, whoever had it before."""

from dataclasses import replace

from workers.ours import asks_for_lent, is_lent_to
from workers.ports import Address
from workers.world import World


def has_taker(world: World, private_ip: str, *, besides: str = "", address: Address | None = None) -> bool:
    """Whether a pod with this IP, `besides` the one with this uid, is to have a lent address, or this one.

    One in a namespace that is not served here counts: another installation may serve it.

    Raises:
        KubernetesError: it is not known which pods there are.

    """
    anywhere = replace(world.scope, namespaces=frozenset(), nodes=True)
    return any(
        asks_for_lent(pod, anywhere)
        and (
            address is None or is_lent_to(address, world.identity, pod.metadata.namespace, pod.metadata.name)
        )
        for pod in world.kubernetes.pods_at(private_ip)
        if pod.uid != besides
    )
