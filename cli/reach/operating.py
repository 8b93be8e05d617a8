"""Whether an operator is at work: a producer that renews its Lease, or pods of the chart that run."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cli.reach.connections import Kubernetes, Leases
from cli.reach.installation import DEFAULT_SELECTOR, Deployment
from eip import names
from eip.decide import TERMINAL_PHASES
from eip.pod import Pod

DEFAULT_SECONDS = 10
"""For a Lease that does not say how long it holds."""


@dataclass(frozen=True, slots=True)
class Time:
    """Monotonic seconds, and how to let them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def at_work(kubernetes: Kubernetes, deployed: Iterable[Deployment], namespace: str, clock: Time) -> str:
    """Why the operator counts as being at work, in words; empty when it is stopped.

    `deployed` are its Deployments in that namespace, as far as they could be listed.

    Raises:
        KubernetesError: it cannot be known.

    """
    selectors = {DEFAULT_SELECTOR, *(one.selector for one in deployed)}
    running = sorted({pod.metadata.name for pod in _pods(kubernetes, selectors, namespace)})
    if running:
        return f"these pods of it run in namespace {namespace}: {', '.join(running)}"
    return _leads(kubernetes.leases, namespace, clock)


def _pods(kubernetes: Kubernetes, selectors: Iterable[str], namespace: str) -> Iterator[Pod]:
    for selector in selectors:
        for page in kubernetes.list_pods(selector, namespace):
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
