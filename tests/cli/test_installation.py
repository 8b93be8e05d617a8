"""Where the operator is: its Deployments by the chart's labels, and what a hint names when there are none."""

from dataclasses import replace
from typing import NoReturn

import pytest

from cli.reach.installation import NOWHERE, Component, Deployment, Installation, installed
from tests.cli.conftest import Eip, Reach

CHART = {"helm.sh/chart": "k8s-eip-operator-0.1.0", "app.kubernetes.io/name": "k8s-eip-operator"}
OVERRIDDEN = {**CHART, "app.kubernetes.io/name": "addresses"}
MANIFESTS = {"app.kubernetes.io/name": "k8s-eip-operator"}
OTHERS = {"app.kubernetes.io/name": "shop", "helm.sh/chart": "shop-1.0.0"}


def _deployments(namespace: str, prefix: str, labels: dict[str, str]) -> list[Deployment]:
    components = ("producer", "worker", "flower")
    return [
        Deployment(namespace, f"{prefix}-{one}", {**labels, "app.kubernetes.io/component": one})
        for one in components
    ]


@pytest.mark.parametrize("labels", [CHART, OVERRIDDEN, MANIFESTS], ids=["chart", "override", "manifests"])
def test_an_installation_is_found_by_its_labels(labels: dict[str, str]) -> None:
    """Whatever nameOverride and the release's name have made of the names."""
    assert installed(_deployments("games", "x", labels)) == Installation("games", "x-producer", "x-worker")


def test_a_worker_of_something_else_is_not_ours() -> None:
    """Many a program has a component called worker."""
    assert installed(_deployments("shop", "x", OTHERS)) == NOWHERE


def test_the_installation_of_the_namespace_is_meant() -> None:
    """Of two in a cluster; and none is mixed of both."""
    both = _deployments("blue", "b", CHART)[:1] + _deployments("green", "g", CHART)

    assert installed(both, "green") == Installation("green", "g-producer", "g-worker")
    assert installed(both) == Installation("blue", "b-producer", "")
    assert installed(both, "red") == Installation("red")


def test_a_hint_names_what_was_found() -> None:
    """And words to replace where nothing was; a component's label holds under every name."""
    found = Installation("games", "x-producer", "x-worker")

    assert found.logs(Component.WORKER) == "kubectl -n games logs deployment/x-worker"
    assert NOWHERE.logs(Component.PRODUCER) == (
        "kubectl -n NAMESPACE logs -l app.kubernetes.io/component=producer"
    )
    assert NOWHERE.in_a_worker == "kubectl -n NAMESPACE exec deployment/WORKER -- eip ..."


def test_what_is_missing_is_said_with_the_names_that_are_there(eip: Eip, reach: Reach) -> None:
    """The chart's Redis has the same prefix."""
    deployed = _deployments("eip-system", "blue-addresses", OVERRIDDEN)
    reach.connections = replace(reach.connections, deployments=lambda _: deployed)
    reach.lose("redis")

    said = eip("status").err

    assert "kubectl -n eip-system exec deployment/blue-addresses-worker -- eip ..." in said
    assert "port-forward service/blue-addresses-redis 6379" in said


def test_an_api_server_that_is_away_is_not_asked_again(eip: Eip, reach: Reach) -> None:
    """For a hint alone nobody waits."""

    def asked(_: str) -> NoReturn:
        pytest.fail("was asked for Deployments")

    reach.connections = replace(reach.connections, deployments=asked)
    reach.lose("redis", "kubernetes")

    said = eip("status").err

    assert "kubectl -n NAMESPACE exec deployment/WORKER" in said
