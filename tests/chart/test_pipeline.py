"""Producer and worker serve a pod with the chart's own accounts, and need no right that these lack."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eip.names import PUBLIC_IP_ANNOTATION
from sandbox.stack import Stack
from tests.chart.conftest import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.journey]

SECONDS = 30.0


def wait(stack: Stack, ready: Callable[[], bool], what: str) -> None:
    """Return when it is so; else say what the processes logged."""
    deadline = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {SECONDS:.0f} s: {what}\n" + "\n".join(stack.logs().values()))
        time.sleep(0.1)


def annotated(stack: Stack) -> bool:
    """Whether the pod has its address."""
    pod = stack.pod("web")
    return pod is not None and PUBLIC_IP_ANNOTATION in pod["metadata"].get("annotations", {})


def test_a_pod_gets_an_address_and_gives_it_back(
    installed: Cluster, chart_kubeconfig: Callable[[str], Path]
) -> None:
    """From the label to the annotation, with the Lease, Events and nodes; and nothing was forbidden."""
    with Stack(control_plane=installed.plane) as stack:
        stack.kubeconfigs = {name: chart_kubeconfig(name) for name in ("producer", "worker")}
        stack.producer().start()
        stack.worker().start()

        stack.create_pod("web")
        wait(stack, lambda: annotated(stack), "the pod has an address")
        stack.delete_pod("web")
        wait(stack, lambda: not stack.ec2.addresses(), "the address is given back")

        logs = "\n".join(stack.logs().values())
    assert "Forbidden" not in logs
    assert "forbidden" not in logs
