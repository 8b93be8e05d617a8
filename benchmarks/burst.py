"""Many pods at once: how far from EC2's own limit.

python -m benchmarks.burst [--pods 300] [--latency 0.05] [--flower]
"""

import argparse
import time

from benchmarks.measuring import cpu_seconds, cpu_used, machine, running, spread
from eip.names import Action
from sandbox.demo.summary import BURST, RATE, Run, Summary, summarize
from sandbox.stack import Shape, Stack

PODS_PER_NODE = 50
POLL_SECONDS = 1.0
SLACK = 4.0
"""So many times EC2's limit, and a minute, are waited for; then the figures say how far it came."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("--pods", type=int, default=300)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each EC2 call takes")
    parser.add_argument("--flower", action="store_true", help="with Flower on the same machine")
    options = parser.parse_args()
    print(machine(pods=options.pods, EC2_latency=f"{options.latency} s a call", worker=1, runs=1))
    nodes = max(3, -(-options.pods // PODS_PER_NODE))
    with running(Shape(nodes=nodes, ips_per_node=options.pods // nodes + 4)) as (stack, processes):
        if options.flower:
            processes["Flower"] = stack.flower().start()
        stack.ec2.delay(options.latency)
        watched = processes | stack.doubles
        began = {name: cpu_seconds(process.pid) for name, process in watched.items()}
        summary = burst(stack, options.pods)
        print("\n".join(report(summary)))
        print(f"CPU used: {cpu_used(watched, began)}; kubelet and this: {time.process_time():.1f} s")


def burst(stack: Stack, pods: int) -> Summary:
    """Create the pods at once, and wait until all have an address."""
    for number in range(pods):
        stack.create_pod(f"burst-{number}")
    patience = time.monotonic() + 60 + SLACK * max(0.0, (pods - BURST) / RATE)
    while stack.ec2.calls().count(Action.ASSOCIATE, "ok") < pods and time.monotonic() < patience:
        time.sleep(POLL_SECONDS)
    network = stack.kubelet.network
    tenancies = {ip: network.tenancies(ip) for node in stack.networks for ip in node.pod_ips}
    return summarize(Run(pods=pods, calls=stack.ec2.calls(), tenancies=tenancies))


def report(summary: Summary) -> list[str]:
    """The figures, a line each."""
    pods = summary.run.pods
    limit = f"({pods}-{BURST})/{RATE:.0f} s = {summary.bound:.1f} s"
    against = f", {summary.ratio:.3f} times EC2's limit of {limit}" if summary.ratio else ""
    return [
        f"served: {len(summary.waits)} of {pods} in {summary.served_in:.2f} s{against}",
        f"from pod IP to associated: {spread(summary.waits)}",
        f"throttled calls: {summary.throttled}",
        f"mutating calls per pod: {summary.calls_up / pods:.2f}",
        f"Describe calls: {sum(summary.describes.values())}",
    ]


if __name__ == "__main__":
    main()
