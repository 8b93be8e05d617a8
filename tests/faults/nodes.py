"""Node objects, which the double of the API server knows in the form of pods, as eip.node makes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from eip import names

if TYPE_CHECKING:
    from tests.faults.cluster import Cluster

_FIRST_UID = 1 << 64
"""Apart from those of pods."""


class Nodes:
    """The nodes of a cluster; what its pods do is done with them in the place of pods."""

    def __init__(self, cluster: "Cluster") -> None:
        """There is none yet."""
        self._cluster = cluster
        self._kubernetes = cluster.kubernetes
        self._made = 0

    def register(self, node: str) -> None:
        """Its kubelet registers it, with the primary IP of its instance; each time with another uid."""
        interface = self._cluster.interfaces[node]
        ip = min(interface.private_ips)
        self._made += 1
        uid = str(UUID(int=_FIRST_UID + self._made, version=4))
        self._kubernetes.nodes[node] = f"aws:///us-east-1a/{interface.instance_id}"
        with self._in_place_of_pods():
            self._kubernetes.add(uid, node, ip, labelled=False, spec={"nodeName": node}, status={"phase": ""})
        self._cluster.begin_tenure(uid, ip)

    def label(self, node: str, *, labelled: bool, **asks: str) -> None:
        """An admin sets the label, together with what is asked for, or takes it away."""
        with self._in_place_of_pods():
            self._cluster.ask(node, **asks)
            self._cluster.label(node, labelled=labelled)

    def delete(self, node: str) -> None:
        """The object is gone; the instance may be there still."""
        del self._kubernetes.nodes[node]
        with self._in_place_of_pods():
            self._cluster.remove(node)

    @contextmanager
    def _in_place_of_pods(self) -> Iterator[None]:
        of_pods = self._kubernetes.space
        self._kubernetes.space = names.NODES
        try:
            yield
        finally:
            self._kubernetes.space = of_pods
