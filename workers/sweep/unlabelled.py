"""Pods without the label that still name an address: it went while Redis was lost, and nobody has seen it go.

external-dns would lead their names to an address that is another's by this time. Every other pod is found by
its label, or by the tags of its address.
"""

from collections.abc import Iterator

from eip import names
from eip.claim import Claim
from eip.decide import NOT_MANAGED, Desired
from eip.errors import EipError
from eip.pod import Pod
from eip.store.keys import Keys
from eip.writing import seen_on
from workers.sweep.lists import PodLists
from workers.world import World

DAY = 86_400
"""Seconds between two looks; a Redis that lost its data has forgotten when the last one was."""

SOON = 60
"""Seconds until a look that failed is repeated."""


def clear_unlabelled(world: World, lists: PodLists) -> None:
    """Have what they say of an address taken away; at most once a day.

    Raises:
        EipError: Redis or the API server did not serve it.

    """
    ledger = world.ledger
    if not ledger.first_in(Keys.UNLABELLED, "", DAY):
        return
    try:
        for pod in _unlabelled(world, lists):
            world.queue.add(_to_clear(pod, seen_on(pod, world.external_dns)))
    except EipError:
        ledger.first_again_in(Keys.UNLABELLED, "", SOON)
        raise


def _unlabelled(world: World, lists: PodLists) -> Iterator[Pod]:
    for namespace, _ in world.scope.sources:
        for page in lists.list_pods("", namespace):
            for pod in page.items:
                if pod.annotation(names.PUBLIC_IP_ANNOTATION) and not world.scope.is_managed(pod):
                    yield pod


def _to_clear(pod: Pod, written: str) -> Claim:
    return Claim(
        uid=pod.uid,
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        desired=Desired.RELEASE,
        rule=NOT_MANAGED,
        reason="it names an address and asks for none",
        written=written,
        resource_version=int(pod.metadata.resource_version or 0),
    )
