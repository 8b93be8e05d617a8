"""Deletions while allocations wait: 300 pods ask at once, and ten seconds later 100 pods are deleted.

EC2 lets each action have 46 calls at once and 5 a second. Taking addresses off freed IPs comes first, and
must not keep the others from being allocated.

python -m benchmarks.contention [--pods 300] [--deletions 100] [--latency 0.05]
"""

import argparse
import time
from collections import Counter

from benchmarks.measuring import machine, running, spread
from eip.names import Action
from sandbox.demo.summary import LONGEST_ON_FREED_IP, Run, summarize
from sandbox.ec2.messages import Calls
from sandbox.stack import Shape, Stack

PODS_PER_NODE = 50
DELETE_AFTER_SECONDS = 10.0
FULL_AGAIN_SECONDS = 10.0
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 240.0
SLOT_SECONDS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contention", description=__doc__)
    parser.add_argument("--pods", type=int, default=300)
    parser.add_argument("--deletions", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each EC2 call takes")
    options = parser.parse_args()
    pods, deletions = options.pods, options.deletions
    print(
        machine(pods=pods, deletions=deletions, EC2_latency=f"{options.latency} s a call", worker=1, runs=1)
    )
    total = pods + deletions
    nodes = -(-total // PODS_PER_NODE)
    with running(Shape(nodes=nodes, ips_per_node=total // nodes + 4)) as (stack, _):
        stack.ec2.delay(options.latency)
        prepare(stack, deletions)
        began = contend(stack, pods, deletions)
        calls = stack.ec2.calls()
        print(rates(calls, began))
        print(removals(stack, calls, total))


def prepare(stack: Stack, deletions: int) -> None:
    """The pods that will be deleted have their addresses, and all buckets are full again."""
    for number in range(deletions):
        stack.create_pod(f"old-{number}")
    _until(stack, Action.ASSOCIATE, deletions)
    time.sleep(FULL_AGAIN_SECONDS)


def contend(stack: Stack, pods: int, deletions: int) -> float:
    """Both at work, to their end; the moment at which it began."""
    began = time.monotonic()
    for number in range(pods):
        stack.create_pod(f"new-{number}")
    time.sleep(max(0.0, began + DELETE_AFTER_SECONDS - time.monotonic()))
    for number in range(deletions):
        stack.delete_pod(f"old-{number}")
    _until(stack, Action.ASSOCIATE, deletions + pods)
    _until(stack, Action.RELEASE, deletions)
    return began


def rates(calls: Calls, began: float) -> str:
    """Calls a second of each action, in slots of five seconds."""
    actions = (Action.ALLOCATE, Action.ASSOCIATE, Action.DISASSOCIATE, Action.RELEASE)
    counts = Counter(
        (call.action, int((call.time - began) // SLOT_SECONDS))
        for call in calls.calls
        if call.outcome == "ok"
    )
    last = max(slot for _, slot in counts)
    lines = [
        "",
        "calls a second    " + "  ".join(f"{action.removesuffix('Address'):>12}" for action in actions),
    ]
    for slot in range(last + 1):
        values = "  ".join(f"{counts[action, slot] / SLOT_SECONDS:12.1f}" for action in actions)
        lines.append(f"{slot * SLOT_SECONDS:4d} to {(slot + 1) * SLOT_SECONDS:3d} s   {values}")
    return "\n".join(lines)


def removals(stack: Stack, calls: Calls, pods: int) -> str:
    """How long the deleted pods' addresses stayed on their freed IPs."""
    network = stack.kubelet.network
    tenancies = {ip: network.tenancies(ip) for node in stack.networks for ip in node.pod_ips}
    summary = summarize(Run(pods=pods, calls=calls, tenancies=tenancies))
    late = sum(stay > LONGEST_ON_FREED_IP for stay in summary.on_freed_ip)
    lines = [
        f"from IP freed to address off it: {spread(summary.on_freed_ip)}",
        f"on a freed IP for longer than {LONGEST_ON_FREED_IP:.0f} s: {late}",
        f"throttled calls: {summary.throttled}",
    ]
    return "\n".join(["", *lines])


def _until(stack: Stack, action: Action, count: int) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while (reached := stack.ec2.calls().count(action, "ok")) < count:
        if time.monotonic() > patience:
            raise TimeoutError(f"{reached} of {count} {action} after {PATIENCE_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
