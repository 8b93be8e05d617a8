"""What a claim becomes when its pod was seen, in whatever order events come."""

from typing import Any

import msgspec
import pytest

from eip.claim import NOT_READY_WRITTEN, Claim, next_step
from eip.decide import Decision, Desired, EventType
from eip.names import Step
from eip.observe import gone, observe
from eip.pod import OwnerMeta, Pod, PodSpec, PodStatus

SERVE = Decision(Desired.SERVE, "serve", "the pod has the IP 10.0.0.7")
HOLD = Decision(Desired.HOLD, "no-ip", "the pod has no IP")
RELEASE = Decision(Desired.RELEASE, "finished", "the pod has ended")
REFUSED = Decision(Desired.RELEASE, "fargate", "the pod runs on Fargate", warn=True)
LEFT = Decision(Desired.RELEASE, "left-watch", "the pod was deleted")
WRITTEN = "203.0.113.1|eipalloc-1|203.0.113.1|True"


def pod(version: int = 10, **metadata: Any) -> Pod:
    """A running pod."""
    return Pod(
        OwnerMeta(uid="u", namespace="shop", name="web-0", resource_version=str(version), **metadata),
        PodSpec(node_name="node-1"),
        PodStatus(phase="Running", pod_ip="10.0.0.7", host_ip="10.0.0.1"),
    )


def first(decision: Decision, event: EventType = EventType.ADDED, written: str = "|||") -> Claim | None:
    """The claim of a pod that was never seen before."""
    return observe(None, event, pod(), decision, written)


def known(version: int = 10) -> Claim:
    """The claim of a pod that is served."""
    claim = observe(None, EventType.ADDED, pod(version), SERVE, "|||")
    assert claim is not None
    return msgspec.structs.replace(claim, allocation_id="eipalloc-1")


def test_first_sight_of_a_wanted_pod() -> None:
    """A pod that is to be served gets a claim with all that the steps need."""
    claim = first(SERVE)

    assert claim == Claim(
        uid="u",
        namespace="shop",
        name="web-0",
        desired=Desired.SERVE,
        rule="serve",
        reason="the pod has the IP 10.0.0.7",
        pod_ip="10.0.0.7",
        node="node-1",
        host_ip="10.0.0.1",
        resource_version=10,
        written="|||",
    )


def test_first_sight_of_a_pod_without_ip() -> None:
    """A pod that waits for its IP is known, and nothing is done for it."""
    claim = first(HOLD)

    assert claim is not None
    assert claim.pod_ip == ""
    assert next_step(claim) is None


@pytest.mark.parametrize("written", ["", "|||", NOT_READY_WRITTEN])
def test_first_sight_of_a_pod_that_wants_nothing(written: str) -> None:
    """A finished or unlabelled pod that says nothing should not get a claim."""
    assert first(RELEASE, written=written) is None


def test_first_sight_of_a_pod_with_a_stale_writing() -> None:
    """A pod that says that it has an address, and has none, is written on."""
    claim = first(RELEASE, written=WRITTEN)

    assert claim is not None
    assert next_step(claim) is Step.ANNOTATE


def test_first_sight_of_a_refused_pod() -> None:
    """A refused pod gets a claim, so that its author is told."""
    claim = first(REFUSED)

    assert claim is not None
    assert next_step(claim) is Step.ANNOTATE


def test_deletion_of_an_unknown_pod() -> None:
    """A deleted pod of which nothing is known may have an address: its tag is looked up."""
    claim = first(LEFT, EventType.DELETED)

    assert claim is not None
    assert claim.look_up
    assert next_step(claim) is Step.RELEASE


@pytest.mark.parametrize("event", [EventType.ADDED, EventType.MODIFIED, EventType.READ])
def test_other_events_look_nothing_up(event: EventType) -> None:
    """Only a deletion costs a look-up."""
    claim = first(SERVE, event)

    assert claim is not None
    assert not claim.look_up


@pytest.mark.parametrize("event", [EventType.ADDED, EventType.MODIFIED, EventType.READ])
def test_older_version_changes_nothing(event: EventType) -> None:
    """An event that was overtaken is not believed."""
    claim = known(version=10)

    assert observe(claim, event, pod(9), RELEASE, "|||") is claim


def test_deletion_counts_whatever_its_version() -> None:
    """A DELETED event releases even with an older resourceVersion."""
    after = observe(known(version=10), EventType.DELETED, pod(9), LEFT, "|||")

    assert after is not None
    assert after.desired is Desired.RELEASE
    assert after.pod_ip == ""
    assert after.allocation_id == "eipalloc-1"


def test_late_event_does_not_revive_a_deleted_pod() -> None:
    """What happened before the deletion, and comes after it, changes nothing."""
    deleted = observe(known(version=10), EventType.DELETED, pod(12), LEFT, "|||")
    assert deleted is not None

    assert observe(deleted, EventType.MODIFIED, pod(11), SERVE, "|||") is deleted


def test_label_set_again_revives() -> None:
    """A newer event of a pod whose label came back makes it wanted again."""
    deleted = observe(known(version=10), EventType.DELETED, pod(12), LEFT, "|||")
    after = observe(deleted, EventType.ADDED, pod(13), SERVE, "|||")

    assert after is not None
    assert after.desired is Desired.SERVE
    assert after.pod_ip == "10.0.0.7"


def test_what_does_not_matter_changes_nothing() -> None:
    """A new resourceVersion alone is no reason to write: kubelets touch pods all the time."""
    claim = known(version=10)

    assert observe(claim, EventType.MODIFIED, pod(11), SERVE, "|||") is claim


def test_same_version_is_believed() -> None:
    """A read of the same version counts: what is desired may have changed by a setting."""
    after = observe(known(version=10), EventType.READ, pod(10), RELEASE, "|||")

    assert after is not None
    assert after.desired is Desired.RELEASE


@pytest.mark.parametrize(
    ("field", "seen", "decision", "written"),
    [
        pytest.param("written", pod(11), SERVE, WRITTEN, id="what the pod says"),
        pytest.param(
            "terminating", pod(11, deletion_timestamp="2026-01-01T00:00:00Z"), SERVE, "|||", id="its end"
        ),
        pytest.param("desired", pod(11), HOLD, "|||", id="what it is to have"),
        pytest.param(
            "eni_hint",
            pod(11, annotations={"vpc.amazonaws.com/pod-eni": "[]"}),
            SERVE,
            "|||",
            id="its interface",
        ),
    ],
)
def test_what_matters_is_noted(field: str, seen: Pod, decision: Decision, written: str) -> None:
    """Each thing that a step looks at is kept, with the version that said so."""
    before = known(version=10)
    after = observe(before, EventType.MODIFIED, seen, decision, written)

    assert after is not None
    assert getattr(after, field) != getattr(before, field)
    assert after.resource_version == 11


def test_hint_of_a_hostile_author_is_short() -> None:
    """An annotation of 256 KiB should not end up in Redis."""
    seen = pod(annotations={"vpc.amazonaws.com/pod-eni": "x" * 262144})
    claim = observe(None, EventType.ADDED, seen, SERVE, "|||")

    assert claim is not None
    assert len(claim.eni_hint) == 4096


def test_observing_keeps_what_ec2_has() -> None:
    """What is desired never touches what is there."""
    claim = msgspec.structs.replace(known(), association_id="eipassoc-1", doubles="eipalloc-2", intent_at=7)
    after = observe(claim, EventType.MODIFIED, pod(11), HOLD, "|||")

    assert after is not None
    assert (after.allocation_id, after.association_id) == ("eipalloc-1", "eipassoc-1")
    assert (after.doubles, after.intent_at) == ("eipalloc-2", 7)


def test_pod_without_resource_version() -> None:
    """A pod without a resourceVersion is as old as can be."""
    claim = known(version=10)

    assert observe(claim, EventType.MODIFIED, Pod(OwnerMeta(uid="u")), RELEASE, "|||") is claim


def test_gone() -> None:
    """A pod that is gone releases, and there is nobody to write to or to warn."""
    claim = msgspec.structs.replace(known(), written=WRITTEN, warn=True)
    after = gone(claim)

    assert after.desired is Desired.RELEASE
    assert (after.pod_ip, after.written, after.warn) == ("", "", False)
    assert after.allocation_id == "eipalloc-1"
    assert next_step(msgspec.structs.replace(after, allocation_id="")) is None


def test_key() -> None:
    """A claim is called by namespace and name."""
    assert known().key == "shop/web-0"
