"""Another operator for Elastic IPs: found by what its Deployment runs, judged by what it does to ours."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from cli.doctor.checks.operators import operators
from cli.doctor.facts import Facts, OtherOperator
from cli.doctor.finding import Status
from cli.doctor.objects import Workload
from cli.doctor.other_operators import other_operators
from eip.aliases import Alias
from tests.doctor.world import NAME, only, spoil

P, W, F = Status.PASS, Status.WARN, Status.FAIL
MATERIALIZE, AWS_SAMPLES = Alias.MATERIALIZE, Alias.AWS_SAMPLES
IMAGE = "registry.example/mirror/k8s-eip-operator:v0.12"


def _workload(image: str, labels: dict[str, str] | None = None, replicas: int = 1, **env: str) -> Workload:
    container = {"name": "main", "image": image, "env": [{"name": k, "value": v} for k, v in env.items()]}
    body: dict[str, Any] = {
        "metadata": {"namespace": "old", "name": "operator", "labels": labels or {}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}},
    }
    return msgspec.convert(body, Workload)


@pytest.mark.parametrize(
    ("workload", "found"),
    [
        pytest.param(
            _workload(IMAGE, CLUSTER_NAME=NAME), ("old/operator", MATERIALIZE, 1, NAME), id="materialize"
        ),
        pytest.param(
            _workload(IMAGE, replicas=0), ("old/operator", MATERIALIZE, 0, None), id="stopped-and-unnamed"
        ),
        pytest.param(
            _workload("x/aws-pod-eip-controller:1"), ("old/operator", AWS_SAMPLES, 1, None), id="aws-samples"
        ),
    ],
)
def test_another_operator_is_known_by_its_program(workload: Workload, found: tuple[Any, ...]) -> None:
    """With the cluster's name that it is told."""
    assert list(other_operators([workload])) == [OtherOperator(*found)]


@pytest.mark.parametrize(
    "workload",
    [
        pytest.param(_workload(IMAGE, EIP_CLUSTER_NAME=NAME), id="our-variables"),
        pytest.param(_workload(IMAGE, {"app.kubernetes.io/name": "k8s-eip-operator"}), id="our-labels"),
        pytest.param(_workload("nginx:1", CLUSTER_NAME=NAME), id="anything-else"),
    ],
)
def test_neither_we_nor_a_stranger_is_another_operator(workload: Workload) -> None:
    """Our own image has the name of Materialize's."""
    assert list(other_operators([workload])) == []


@pytest.mark.parametrize(
    ("other", "status", "said"),
    [
        pytest.param((MATERIALIZE, 1, NAME), F, "releases our addresses", id="our-name"),
        pytest.param((MATERIALIZE, 1, None), F, "may release our addresses", id="hidden-name"),
        pytest.param((MATERIALIZE, 0, NAME), W, "scaled to 0: when it starts", id="our-name-stopped"),
        pytest.param((MATERIALIZE, 1, "other"), W, "asks both", id="another-name"),
        pytest.param((MATERIALIZE, 0, "other"), P, "scaled to 0", id="another-name-stopped"),
        pytest.param((AWS_SAMPLES, 1, None), W, "asks both", id="aws-samples"),
        pytest.param((AWS_SAMPLES, 0, None), P, "scaled to 0", id="aws-samples-stopped"),
    ],
)
def test_what_another_operator_does_to_ours(
    facts: Facts, other: tuple[Any, ...], status: Status, said: str
) -> None:
    """Materialize's releases what has our cluster's name; two that serve the same pods fight."""
    finding = only(operators, spoil(facts, "kubernetes", others=(OtherOperator("old/x", *other),)))

    assert (finding.status, said in finding.seen) == (status, True), finding
    assert bool(finding.mend) is (status is not P)


def test_pods_that_ask_the_other_in_its_words_are_served_by_one(facts: Facts) -> None:
    """EIP_ALIASES makes them ours too."""
    ours = facts.settings.model_copy(update={"aliases": frozenset({AWS_SAMPLES})})
    spoilt = spoil(facts, "kubernetes", others=(OtherOperator("old/x", AWS_SAMPLES),))

    assert only(operators, replace(spoilt, settings=ours)).status is F


def test_alone_all_is_well(facts: Facts) -> None:
    """One line says so."""
    assert only(operators, facts).status is P
