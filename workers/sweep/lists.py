"""What a sweep asks of the API server, as an interface."""

from collections.abc import Iterator
from typing import Protocol

from eip.pod import PodList


class PodLists(Protocol):
    """The API server's lists, read from etcd and never from a cache."""

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        """Pages of pods."""
        ...

    def provider_ids(self) -> set[str]:
        """spec.providerID of all nodes."""
        ...
