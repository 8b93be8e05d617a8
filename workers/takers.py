"""Takers: pods that take over the lent address that is with their IP, whoever had it before."""

from dataclasses import replace

from workers.ours import asks_for
from workers.ports import Address
from workers.world import World


def has_taker(world: World, address: Address, *, besides: str = "") -> bool:
    """Whether a pod with the IP that the address is with, `besides` the one with this uid, is to have it.

    One in a namespace that is not served here counts: another installation may serve it.

    Raises:
        KubernetesError: it is not known which pods there are.

    """
    anywhere = replace(world.scope, namespaces=frozenset(), nodes=True)
    return any(
        asks_for(pod, address, world.identity, anywhere)
        for pod in world.kubernetes.pods_at(address.private_ip)
        if pod.uid != besides
    )
