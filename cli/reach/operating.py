"""Whether an operator is at work: a producer that renews its Lease, or pods of the chart that run."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cli.reach.connections import Kubernetes, Leases
from eip import names
from eip.decide import TERMINAL_PHASES
from eip.pod import Pod

SELECTOR = "app.kubernetes.io/name=k8s-eip-operator,app.kubernetes.io/component in (producer, worker)"
DEFAULT_SECONDS = 10
"""For a Lease that does not say how long it holds."""


@dataclass(frozen=True, slots=True)
class Time:
    """Monotonic seconds, and how to let them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def at_work(kubernetes: Kubernetes, namespace: str, clock: Time) -> str:
    """Why the operator counts as being at work, in words; empty when it is stopped.

    Raises:
        KubernetesError: it cannot be known.

    """
    running = sorted(pod.metadata.name for pod in _pods(kubernetes, namespace))
    if running:
        return f"these pods of it run in namespace {namespace}: {', '.join(running)}"
    return _leads(kubernetes.leases, namespace, clock)


def _pods(kubernetes: Kubernetes, namespace: str) -> Iterator[Pod]:
    for page in kubernetes.list_pods(SELECTOR, namespace):
        yield from (pod for pod in page.items if pod.status.phase not in TERMINAL_PHASES)


def _leads(leases: Leases, namespace: str, clock: Time) -> str:
    """As candidates do: another's clock is not compared, the Lease is watched for as long as it holds."""
    first = leases.get(namespace, names.LEASE_NAME)
    if first is None:
        return (
            f"there is no Lease {names.LEASE_NAME} in namespace {namespace}, so it cannot be told; "
            "name the operator's namespace with --lease-namespace"
        )
    holder = first.spec.holder_identity
    end = clock.now() + (first.spec.lease_duration_seconds or DEFAULT_SECONDS)
    while holder and clock.now() < end:
        clock.sleep(1)
        seen = leases.get(namespace, names.LEASE_NAME)
        if seen is not None and seen.spec != first.spec:
            return (
                f"{seen.spec.holder_identity or 'somebody'} renews the Lease {namespace}/{names.LEASE_NAME}"
            )
    return ""
