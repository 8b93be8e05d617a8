"""One pod at a time on an idle operator: from its IP to its address associated, and to its annotations.

python -m benchmarks.latency [--pods 100] [--latency 0.05]
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import urllib3

from benchmarks.measuring import machine, running, spread
from eip.names import PUBLIC_IP_ANNOTATION, Action
from sandbox.kubernetes.client import WatchStream
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import Shape, Stack

TARGETS = {"associated": 0.20, "annotated": 0.30}
SECONDS_FOR_ONE = 30.0
PAUSE_SECONDS = 0.3
"""Longer than a step: the operator is idle when the next pod comes. Below the buckets' refill of 5/s."""


class Annotations:
    """When each pod was first seen with its public IP, by a watch of our own."""

    def __init__(self, stream: WatchStream) -> None:
        """Nothing is seen yet."""
        self._stream = stream
        self._seen: dict[str, float] = {}
        self._change = threading.Condition()

    def follow(self) -> None:
        """Look on until the stream is cut, which is how it is ended."""
        with suppress(urllib3.exceptions.HTTPError):
            for event in self._stream:
                self._note(event["object"]["metadata"])

    def wait_for(self, uid: str) -> float:
        """The moment for this pod; TimeoutError after half a minute."""
        with self._change:
            if not self._change.wait_for(lambda: uid in self._seen, SECONDS_FOR_ONE):
                raise TimeoutError(f"pod {uid} was not annotated within {SECONDS_FOR_ONE:.0f} s")
            return self._seen[uid]

    def _note(self, metadata: JsonObject) -> None:
        if PUBLIC_IP_ANNOTATION in (metadata.get("annotations") or {}):
            with self._change:
                self._seen.setdefault(metadata["uid"], time.monotonic())
                self._change.notify_all()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--pods", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each EC2 call takes")
    options = parser.parse_args()
    print(machine(pods=f"{options.pods}, one at a time", EC2_latency=f"{options.latency} s a call", worker=1))
    with running(Shape(nodes=3, ips_per_node=options.pods + 2)) as (stack, _):
        stack.ec2.delay(options.latency)
        measure(stack, 3)  # the first pods of a node look its interfaces up, and warm the connections
        times = measure(stack, options.pods)
    for name, seconds in times.items():
        target = TARGETS[name]
        print(f"from pod IP to {name}: {spread(seconds)}; median is {median_ratio(seconds, target)}")


def median_ratio(seconds: list[float], target: float) -> str:
    """The median against its target."""
    return f"{sorted(seconds)[len(seconds) // 2] / target:.2f} of the target of {target:.2f} s"


def measure(stack: Stack, pods: int) -> dict[str, list[float]]:
    """The seconds of each pod, by what was reached."""
    times: dict[str, list[float]] = {name: [] for name in TARGETS}
    with _watching(stack) as annotations:
        for number in range(pods):
            pod = stack.create_pod(f"one-{time.monotonic_ns()}-{number}")
            uid, annotated = pod["metadata"]["uid"], annotations.wait_for(pod["metadata"]["uid"])
            ip, since = _tenancy(stack, uid)
            times["associated"].append(_associated(stack, ip) - since)
            times["annotated"].append(annotated - since)
            time.sleep(PAUSE_SECONDS)
    return times


@contextmanager
def _watching(stack: Stack) -> Iterator[Annotations]:
    with stack.api.watch("/api/v1/pods") as stream:
        annotations = Annotations(stream)
        thread = threading.Thread(target=annotations.follow, daemon=True)
        thread.start()
        yield annotations
        stream.interrupt()
        thread.join()


def _tenancy(stack: Stack, uid: str) -> tuple[str, float]:
    network = stack.kubelet.network
    for node in stack.networks:
        for ip in node.pod_ips:
            if network.occupant(ip) == uid:
                return ip, network.tenancies(ip)[-1].since
    raise LookupError(f"no IP belongs to pod {uid}")


def _associated(stack: Stack, ip: str) -> float:
    """When EC2 had answered; the call log is in seconds of the same clock as the kubelet's record."""
    calls = [call for call in stack.ec2.calls().calls if call.action == Action.ASSOCIATE]
    last = next(call for call in reversed(calls) if call.ids.get("PrivateIpAddress") == ip)
    return last.time + last.latency


if __name__ == "__main__":
    main()
