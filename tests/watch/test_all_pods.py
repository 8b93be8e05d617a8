"""Where other operators' marks count, all pods are watched: most of them are nobody's business."""

import pytest

from eip import names
from eip.aliases import AWS_SAMPLES_TYPE_ANNOTATION, Alias
from eip.claim import Claim
from eip.decide import Desired, EventType, Scope
from eip.names import NODES
from eip.pod import OwnerMeta, Pod, PodStatus
from eip.store.workqueue import WorkQueue
from producer.enqueue import Enqueue
from tests.conftest import Sent

ALL = Scope(aliases=frozenset({Alias.AWS_SAMPLES}), nodes=True)
MARKED = {AWS_SAMPLES_TYPE_ANNOTATION: "auto"}


def pod(
    namespace: str = "shop",
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> Pod:
    """A pod with an IP."""
    metadata = OwnerMeta(uid="u", namespace=namespace, name="web", labels=labels, annotations=annotations)
    return Pod(metadata, status=PodStatus(pod_ip="10.0.0.9"))


@pytest.mark.parametrize("event", EventType)
def test_a_pod_that_never_asked_leaves_no_trace(work_queue: WorkQueue, sent: Sent, event: EventType) -> None:
    """Nor does its end: else each pod of the cluster that goes would be looked up in EC2."""
    Enqueue(work_queue, ALL, ()).seen(event, pod(), fence=1)

    assert work_queue.ledger.uids() == set()
    assert sent.take() == []


def test_a_pod_whose_mark_was_taken_gives_its_address_back(work_queue: WorkQueue) -> None:
    """It is known: what it has is released, whether its last event carries the mark or not."""
    claim = Claim(uid="u", namespace="shop", name="web", desired=Desired.SERVE, allocation_id="eipalloc-1")
    work_queue.update("u", lambda _: claim)

    Enqueue(work_queue, ALL, ()).seen(EventType.DELETED, pod(), fence=1)

    known = work_queue.ledger.claim("u")
    assert known is not None
    assert known.desired is Desired.RELEASE


@pytest.mark.parametrize(
    ("scope", "gone"),
    [
        pytest.param(ALL, pod(annotations=MARKED), id="marked"),
        pytest.param(ALL, pod(NODES), id="a node"),
        pytest.param(Scope(), pod(), id="a selector told of it"),
        pytest.param(ALL, pod(labels={names.MANAGE_LABEL: "true"}), id="labelled"),
    ],
)
def test_the_end_of_a_pod_that_may_have_asked_is_looked_up(
    work_queue: WorkQueue, scope: Scope, gone: Pod
) -> None:
    """Nothing is known of it, and its address may be there."""
    Enqueue(work_queue, scope, ()).seen(EventType.DELETED, gone, fence=1)

    known = work_queue.ledger.claim("u")
    assert known is not None
    assert known.look_up
