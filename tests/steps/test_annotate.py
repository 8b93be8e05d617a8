"""What the pod says: one PATCH, and not in a fight with whoever removes it."""

from typing import Any

import pytest

from eip import names
from eip.decide import EventType
from eip.errors import KubernetesError
from eip.names import Action, Step
from tests.workers_world import IP, IP2, OTHER, Workers


def test_an_annotation_that_was_removed_is_written_again(workers: Workers) -> None:
    """With one PATCH, and without asking EC2."""
    workers.serve()
    workers.kubernetes.annotations("web").pop(names.PUBLIC_IP_ANNOTATION)
    workers.see(workers.kubernetes.touched("web"))
    workers.run()

    assert workers.kubernetes.asked("patch") == ["shop/web"]
    assert names.PUBLIC_IP_ANNOTATION in workers.kubernetes.annotations("web")
    assert workers.ec2.calls == []


@pytest.mark.parametrize("key", ["external-dns.kubernetes.io/target", names.ALLOCATION_ID_ANNOTATION])
def test_an_annotation_that_was_changed_is_mended(workers: Workers, key: str) -> None:
    """Annotations are written, and never read as the truth."""
    workers.serve()
    public_ip = workers.claim().public_ip
    workers.kubernetes.annotations("web")[key] = "203.0.113.66"
    workers.see(workers.kubernetes.touched("web"))
    workers.run()

    assert workers.kubernetes.annotations("web")[key] != "203.0.113.66"
    assert workers.claim().public_ip == public_ip


def test_what_is_removed_again_and_again_is_mended_every_ten_seconds(workers: Workers) -> None:
    """A webhook that strips annotations costs one PATCH in 10 s."""
    workers.kubernetes.strip = frozenset({names.PUBLIC_IP_ANNOTATION})
    workers.see(workers.kubernetes.add("33333333-3333-4333-8333-333333333333", "web", IP))

    workers.run_for(35)

    assert len(workers.kubernetes.asked("patch")) == 4


@pytest.mark.parametrize("end", ["label", "finished"])
def test_who_undoes_what_is_written_keeps_no_address(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """A webhook that puts annotations back: the address goes, and the pod is written on all the same."""
    workers.serve()
    patch = workers.kubernetes.patch_pod_status

    def keep(ns: str, name: str, uid: str, notes: dict[str, str | None], condition: dict[str, str]) -> object:
        return patch(ns, name, uid, {k: v for k, v in notes.items() if v is not None}, condition)

    monkeypatch.setattr(workers.kubernetes, "patch_pod_status", keep)
    if end == "label":
        workers.see(workers.kubernetes.edit("web", "metadata", labels={}), EventType.DELETED)
    else:
        workers.see(workers.kubernetes.edit("web", "status", phase="Succeeded"))
    workers.run_for(30)

    assert workers.ec2.addresses == []
    assert workers.kubernetes.asked("patch")


def test_a_pod_is_told_though_its_address_cannot_be_tagged(workers: Workers) -> None:
    """For how long it is to stay was changed, which a policy without `--kept` forbids to write down."""
    workers.serve(metadata={"annotations": {names.KEEP_ANNOTATION: "24h"}})
    workers.ec2.refuse(Action.TAG, "UnauthorizedOperation", 1000)
    workers.kubernetes.annotations("web")[names.KEEP_ANNOTATION] = "48h"
    workers.see(workers.kubernetes.touched("web"))
    workers.run_for(5)
    down = {"type": "PodReadyToStartContainers", "status": "False"}
    workers.see(workers.kubernetes.edit("web", "status", conditions=[down]))
    workers.run_for(60)
    assert workers.kubernetes.ready("web") == "False"
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2, conditions=[{**down, "status": "True"}]))
    workers.run_for(5)

    assert workers.claim().associated_ip == IP2
    assert workers.kubernetes.ready("web") == "True"


def test_for_how_long_an_address_stays_is_said_though_the_pod_cannot_be_told(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The annotation was removed: the address would stay, and be paid for, when the pod is gone."""
    workers.serve(metadata={"annotations": {names.KEEP_ANNOTATION: "24h"}})

    def refuse(*_: object) -> None:
        raise KubernetesError(403, "Forbidden", "a webhook says no")

    monkeypatch.setattr(workers.kubernetes, "patch_pod_status", refuse)
    workers.see(workers.kubernetes.edit("web", "metadata", annotations={}))
    workers.run_for(300)

    assert workers.claim().tagged_keep == 0
    assert workers.ec2.made(Action.TAG)


@pytest.mark.parametrize(
    "edited",
    [{"deletionTimestamp": "2026-01-01T00:00:00Z"}, {"annotations": {names.KEEP_ANNOTATION: "soon"}}],
    ids=["ending", "unusable"],
)
def test_nobody_is_told_of_no_address_before_ec2_was_asked(workers: Workers, edited: dict[str, Any]) -> None:
    """Redis lost its data: a pod that would get no new address may have one all the same."""
    workers.serve()
    said = workers.kubernetes.annotations("web")
    edited = {**edited, "annotations": {**said, **edited.get("annotations", {})}}
    workers.see(workers.kubernetes.edit("web", "metadata", **edited))
    workers.run()
    said = dict(workers.kubernetes.annotations("web"))
    workers.client.flushall()
    workers.messages.clear()
    workers.ledger.open_epoch()
    workers.see(workers.kubernetes.pod("web"), EventType.READ)
    workers.run_for(5)
    assert workers.kubernetes.annotations("web") == said

    workers.sweeper.refill()
    workers.run_for(5)
    assert workers.kubernetes.annotations("web") == said


def test_news_are_written_at_once(workers: Workers) -> None:
    """The ten seconds are for the same words only."""
    workers.see(workers.kubernetes.add("33333333-3333-4333-8333-333333333333", "web", IP))
    workers.run()
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    workers.run()

    assert workers.claim("33333333-3333-4333-8333-333333333333").serving
    assert workers.messages == []


def test_a_lost_association_is_said(workers: Workers) -> None:
    """The condition becomes False, and no address is written while the pod has none."""
    workers.serve()
    condition = {"type": "PodReadyToStartContainers", "status": "False"}
    conditions = workers.kubernetes.pods["shop", "web"]["status"]["conditions"]
    workers.see(workers.kubernetes.edit("web", "status", conditions=[*conditions, condition]))
    workers.run()

    assert workers.kubernetes.ready("web") == "False"
    assert workers.kubernetes.annotations("web") == {}
    assert len(workers.kubernetes.asked("patch")) == 1


def test_without_the_label_nothing_is_said(workers: Workers) -> None:
    """The address goes back, and the annotations are removed from the pod that lives on."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "metadata", labels={}), EventType.DELETED)
    workers.run()

    assert workers.ec2.addresses == []
    assert workers.kubernetes.annotations("web") == {}
    assert workers.kubernetes.ready("web") == "False"
    assert workers.ledger.uids() == set()


def test_a_strangers_annotations_stay(workers: Workers) -> None:
    """Only what the operator writes is removed."""
    workers.serve()
    workers.kubernetes.annotations("web")["example.com/team"] = "shop"
    workers.see(workers.kubernetes.edit("web", "metadata", labels={}), EventType.DELETED)
    workers.run()

    assert workers.kubernetes.annotations("web") == {"example.com/team": "shop"}


def test_a_pod_that_is_gone_needs_no_writing(workers: Workers) -> None:
    """The PATCH names the uid, finds nothing, and the address goes its way."""
    workers.serve()
    workers.kubernetes.annotations("web").clear()
    workers.see(workers.kubernetes.touched("web"))
    workers.kubernetes.remove("web")
    workers.run()

    assert workers.ec2.addresses == []
    assert workers.ledger.uids() == set()


def test_the_next_pod_of_the_name_is_not_written_on(workers: Workers) -> None:
    """Its uid is another."""
    workers.serve()
    workers.kubernetes.annotations("web").clear()
    workers.see(workers.kubernetes.touched("web"))
    workers.kubernetes.add(OTHER, "web", IP2)
    workers.run()

    assert workers.kubernetes.annotations("web") == {}


@pytest.mark.parametrize("code", [0, 403, 500])
def test_a_pod_that_cannot_be_written_on_is_tried_again(workers: Workers, code: int) -> None:
    """It has its address meanwhile; nothing is taken back."""
    workers.serve()
    workers.kubernetes.annotations("web").clear()
    workers.see(workers.kubernetes.touched("web"))
    workers.kubernetes.breaks(code)
    workers.run()
    assert workers.claim().attempts == 1

    workers.kubernetes.mend()
    workers.run_for(60)

    assert workers.kubernetes.ready("web") == "True"
    assert workers.ec2.mutating == []


def test_a_pod_that_is_refused_is_told_why(workers: Workers) -> None:
    """A pod on the host's network gets a condition and a Warning, and no address."""
    workers.see(workers.kubernetes.add(OTHER, "web", IP, spec={"hostNetwork": True}))
    workers.run()

    [event] = workers.kubernetes.told("AddressRefused")
    assert (event["type"], "hostNetwork" in event["message"]) == ("Warning", True)
    assert workers.kubernetes.ready("web") == "False"
    assert workers.ec2.mutating == []


def test_writing_needs_no_token_of_ec2(workers: Workers) -> None:
    """A throttled account does not hold up what only Kubernetes is told."""
    workers.serve()
    workers.kubernetes.annotations("web").clear()
    workers.see(workers.kubernetes.touched("web"))
    workers.step(Step.ANNOTATE)

    assert [entry for entry in workers.journal if entry.startswith("token") and "Events" not in entry] == []
    assert [action for action in Action if action in workers.journal] == []
