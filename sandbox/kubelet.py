"""A stand-in for scheduler and kubelets: binds pods, gives them IPs, runs them in name only, ends them.

    python -m sandbox.kubelet --kubeconfig FILE --nodes FILE

It works through the API of the double or of a real kube-apiserver. `--nodes` is a JSON list of
NodeNetwork. The double spares its requests from faults and from the request log.
"""

import argparse
import heapq
import itertools
import json
import queue
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import urllib3

from eip.clock import Clock, SystemClock
from sandbox.kubernetes.client import SANDBOX_AGENT, ApiClient, Reply
from sandbox.kubernetes.kubeconfig import read_kubeconfig
from sandbox.kubernetes.status import JsonObject
from sandbox.node_report import register_node, running, without_network
from sandbox.pod_follower import PodFollower
from sandbox.pod_network import COOL_DOWN_SECONDS, NodeNetwork, PodNetwork

RETRY_SECONDS = 0.2
ERROR_CODES = 400
NOT_FOUND = 404
CONFLICT = 409
INVALID = 422  # the answer to a patch with the uid of a pod that is gone
TERMINAL = ("Succeeded", "Failed")


class Kubelet:
    """All nodes' kubelets and the scheduler, in two threads; a context manager.

    `network` knows who has, and had, which IP. `grace` is how many seconds a pod takes to end,
    whatever longer time it was given.
    """

    def __init__(
        self,
        api: ApiClient,
        nodes: Iterable[NodeNetwork],
        *,
        clock: Clock | None = None,
        cool_down: float = COOL_DOWN_SECONDS,
        grace: float = 0.0,
    ) -> None:
        """Nothing runs yet; `api` needs the rights of an admin."""
        self._api = api
        self._clock = clock or SystemClock()
        self._grace = grace
        self._nodes = {node.name: node for node in nodes}
        self.network = PodNetwork(self._nodes.values(), self._clock, cool_down=cool_down)
        self._inbox: queue.Queue[JsonObject | None] = queue.Queue()
        self._later: list[tuple[float, int, JsonObject]] = []
        self._numbers = itertools.count()
        self._started: set[str] = set()
        self._gone: set[str] = set()
        self._follower = PodFollower(api, self.tell)
        self._worker = threading.Thread(target=self._work, name="kubelet", daemon=True)

    def __enter__(self) -> Self:
        """Register the nodes and begin."""
        for node in self._nodes.values():
            register_node(self._api, node)
        self._follower.start()
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop; pods and nodes stay as they are."""
        self._follower.stop()
        self._inbox.put(None)
        self._worker.join()

    def tell(self, event: JsonObject) -> None:
        """Take note of one event of a watch; what follows is done in the kubelet's own thread."""
        self._inbox.put(event)

    def lose_network(self, namespace: str, name: str) -> None:
        """The sandbox dies, as on a reboot: the IP is free, PodReadyToStartContainers is False."""
        pod = self._read(namespace, name)
        self.network.free(pod["metadata"]["uid"])
        self._report(pod, without_network())

    def restore_network(self, namespace: str, name: str) -> str:
        """A new sandbox: another IP, if the cool-down leaves one. Returns it. Raises LookupError."""
        pod = self._read(namespace, name)
        ip = self._give_ip(pod)
        if ip is None:
            raise LookupError(f"no rested IP on node {pod['spec'].get('nodeName')} for {namespace}/{name}")
        return ip

    def change_ip(self, namespace: str, name: str) -> str:
        """The sandbox is made anew: the old IP is freed, and the new one returned. Raises LookupError."""
        pod = self._read(namespace, name)
        self.network.free(pod["metadata"]["uid"])
        return self.restore_network(namespace, name)

    def finish(self, namespace: str, name: str, phase: str = "Succeeded") -> None:
        """The containers end, well or Failed, and with them the network."""
        pod = self._read(namespace, name)
        self._end(pod, phase)

    def remove_node(self, name: str) -> None:
        """The instance is gone: its Node, then its pods, without grace, as pod garbage collection does."""
        self._nodes.pop(name, None)
        self._api.delete(f"/api/v1/nodes/{name}")
        for pod in self._api.get(f"/api/v1/pods?fieldSelector=spec.nodeName={name}").body["items"]:
            self.network.free(pod["metadata"]["uid"])
            self._api.delete(_path(pod), {"gracePeriodSeconds": 0})

    def _work(self) -> None:
        while True:
            try:
                event = self._inbox.get(timeout=self._pause())
            except queue.Empty:
                event = heapq.heappop(self._later)[2]
            if event is None:
                return
            try:
                self._handle(event)
            except urllib3.exceptions.HTTPError:
                self._again(event, RETRY_SECONDS)

    def _pause(self) -> float | None:
        return max(0.0, self._later[0][0] - self._clock.now()) if self._later else None

    def _again(self, event: JsonObject, seconds: float) -> None:
        heapq.heappush(self._later, (self._clock.now() + seconds, next(self._numbers), event))

    def _handle(self, event: JsonObject) -> None:
        pod = event["object"]
        node = pod["spec"].get("nodeName", "")
        if event["type"] == "DELETED":
            self._forget(pod)
        elif pod["metadata"]["uid"] in self._gone:
            return
        elif event["type"] == "END":
            self._finish_deletion(event)
        elif "deletionTimestamp" in pod["metadata"]:
            given = pod["metadata"].get("deletionGracePeriodSeconds", 0)
            self._again({"type": "END", "object": pod}, min(self._grace, given))
        elif not node:
            self._bind(event)
        elif node in self._nodes and pod["status"].get("phase") == "Pending":
            self._run(event)

    def _bind(self, event: JsonObject) -> None:
        """To the node with the most room; a pod waits while there is none."""
        pod = event["object"]
        node = max(self._nodes, key=self.network.room, default="")
        if not node or not self.network.room(node):
            self._again(event, RETRY_SECONDS)
            return
        binding = {"metadata": {"name": pod["metadata"]["name"]}, "target": {"kind": "Node", "name": node}}
        bound = pod | {"spec": pod["spec"] | {"nodeName": node}}
        if self._settled(self._api.post(f"{_path(pod)}/binding", binding), event):
            self._run({"type": "MODIFIED", "object": bound})

    def _run(self, event: JsonObject) -> None:
        """Once a pod: an event that is late must not revive what has ended meanwhile."""
        uid = event["object"]["metadata"]["uid"]
        if uid in self._started:
            return
        self._started.add(uid)
        if self._give_ip(event["object"]) is None:
            self._started.discard(uid)
            self._again(event, RETRY_SECONDS)

    def _forget(self, pod: JsonObject) -> None:
        self._gone.add(pod["metadata"]["uid"])
        self.network.free(pod["metadata"]["uid"])

    def _give_ip(self, pod: JsonObject) -> str | None:
        node = self._nodes.get(pod["spec"].get("nodeName", ""))
        if node is None:
            return None
        host = pod["spec"].get("hostNetwork")
        ip = node.host_ip if host else self.network.take(node.name, pod["metadata"]["uid"])
        if ip is None:
            return None
        reply = self._report(pod, running(ip, node.host_ip))
        if reply.status in (NOT_FOUND, INVALID):
            self._forget(pod)
        return ip if reply.status < ERROR_CODES else None

    def _finish_deletion(self, event: JsonObject) -> None:
        pod = event["object"]
        if self._settled(self._end(pod, "Succeeded"), event):
            options = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
            self._settled(self._api.delete(_path(pod), options), event)

    def _end(self, pod: JsonObject, phase: str) -> Reply:
        """The network goes first, then the kubelet says so."""
        self.network.free(pod["metadata"]["uid"])
        present = pod["status"].get("phase")
        return self._report(pod, without_network() | {"phase": present if present in TERMINAL else phase})

    def _settled(self, reply: Reply, event: JsonObject) -> bool:
        """Whether the call is done with, even because the pod is gone; else the event comes again."""
        if reply.status < ERROR_CODES or reply.status in (NOT_FOUND, CONFLICT, INVALID):
            return True
        self._again(event, RETRY_SECONDS)
        return False

    def _report(self, pod: JsonObject, status: JsonObject) -> Reply:
        patch = {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status}
        return self._api.patch(f"{_path(pod)}/status", patch)

    def _read(self, namespace: str, name: str) -> JsonObject:
        reply = self._api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")
        if reply.status >= ERROR_CODES:
            raise LookupError(reply.body["message"])
        pod: JsonObject = reply.body
        return pod


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.kubelet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kubeconfig", type=Path, required=True, help="as the double wrote it")
    parser.add_argument("--nodes", type=Path, required=True, help="JSON list of NodeNetwork")
    parser.add_argument("--cool-down", type=float, default=COOL_DOWN_SECONDS, help="seconds that an IP rests")
    parser.add_argument("--grace", type=float, default=0.0, help="seconds that a pod takes to end")
    options = parser.parse_args(arguments)
    try:
        access = read_kubeconfig(options.kubeconfig)
        nodes = msgspec.json.decode(options.nodes.read_bytes(), type=list[NodeNetwork])
    except (OSError, msgspec.MsgspecError) as problem:
        print(f"kubelet: {problem}; give it files that the sandbox wrote", file=sys.stderr)
        return 1
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    api = ApiClient(access.url, access.token, access.certificate, user_agent=SANDBOX_AGENT)
    with Kubelet(api, nodes, cool_down=options.cool_down, grace=options.grace):
        print(json.dumps({"nodes": [node.name for node in nodes]}), flush=True)
        signal.sigwait(stops)
    return 0


def _path(pod: JsonObject) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


if __name__ == "__main__":
    sys.exit(main())
