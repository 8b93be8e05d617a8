"""Pods in the words of another operator are served where a setting says so, and nobody else's are touched."""

from dataclasses import replace
from http.client import CREATED, OK
from typing import Any

from eip.aliases import AWS_SAMPLES_TYPE_ANNOTATION, MATERIALIZE_AUTOCREATE_LABEL, MATERIALIZE_MANAGE_LABEL
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.installation import Installation
from tests.journeys.right import expected, written

pytestmark = clusters.NEAREST

SHAPE = replace(installed.SHAPE, settings={**installed.SHAPE.settings, "aliases": "materialize,aws-samples"})
OLD_LABELS = {MATERIALIZE_MANAGE_LABEL: "true", MATERIALIZE_AUTOCREATE_LABEL: "true"}
DNS = {"external-dns.alpha.kubernetes.io/target": "192.0.2.1"}


def create(stack: Installation, name: str, **metadata: Any) -> None:
    """A pod without our label."""
    body = {
        "metadata": {"name": name, **metadata},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }
    assert stack.api.post("/api/v1/namespaces/default/pods", body).status == CREATED


def served(stack: Installation, name: str) -> None:
    """Wait until the pod has an address and says so."""

    def said() -> bool:
        pod = stack.the_pod(name)
        found = stack.addresses_of(pod["metadata"]["uid"])
        return len(found) == 1 and written(pod) == expected(found[0])

    stack.until(said, f"{name} is served")


def test_marks_of_other_operators_ask_for_an_address(stack: Installation) -> None:
    """A label of one, an annotation of the other; when the mark is taken away, the address goes."""
    create(stack, "old-label", labels=OLD_LABELS)
    create(stack, "old-annotation", annotations={AWS_SAMPLES_TYPE_ANNOTATION: "auto"})
    served(stack, "old-label")
    served(stack, "old-annotation")

    patch = {"metadata": {"annotations": {AWS_SAMPLES_TYPE_ANNOTATION: None}}}
    assert stack.api.patch("/api/v1/namespaces/default/pods/old-annotation", patch).status == OK
    stack.until(lambda: len(stack.ec2.addresses()) == 1, "its address is given back")
    stack.delete_pod("old-label")
    stack.until(lambda: stack.ec2.addresses() == [], "both are gone")


def test_pods_without_any_mark_are_left_alone(stack: Installation) -> None:
    """All pods are watched then; what others wrote for external-dns on theirs stays."""
    create(stack, "theirs", annotations=DNS)
    create(stack, "ours", labels=OLD_LABELS)
    served(stack, "ours")

    assert stack.the_pod("theirs")["metadata"]["annotations"] == DNS
    assert len(stack.ec2.addresses()) == 1
