"""The API server in memory: workers.ports.Kubernetes and the lists of the sweep, with a log of its calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from eip import names
from eip.errors import KubernetesError
from eip.pod import Pod, PodList

UNKNOWN = (0, 401, 403, 429, 500, 503, 504)
"""Answers from which nothing follows for the pod; 0 is a time-out."""


@dataclass
class FakeKubernetes:
    """Pods by namespace and name; `broken` is what the next calls fail with.

    A test's pods are in the namespace `space`; those in names.NODES are nodes.
    """

    pods: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    broken: KubernetesError | None = None
    before: Callable[[str], None] = lambda _: None
    strip: frozenset[str] = frozenset()
    version: int = 100
    space: str = "shop"

    # What a test sets up and looks at.

    def add(self, uid: str, name: str, ip: str = "", *, labelled: bool = True, **fields: Any) -> Pod:
        """A pod in the namespace, with the label; `fields` go to metadata, spec and status."""
        labels = {names.MANAGE_LABEL: "true"} if labelled else {}
        metadata = {"uid": uid, "namespace": self.space, "name": name, "labels": labels, "annotations": {}}
        self.pods[self.space, name] = {
            "metadata": {**metadata, **fields.get("metadata", {})},
            "spec": {"nodeName": "node-1", **fields.get("spec", {})},
            "status": {
                "phase": "Running",
                "podIP": ip,
                "hostIP": "10.0.0.1",
                "conditions": [],
                **fields.get("status", {}),
            },
        }
        return self.touched(name)

    def touched(self, name: str) -> Pod:
        """The pod with a new resourceVersion."""
        self.version += 1
        self.pods[self.space, name]["metadata"]["resourceVersion"] = str(self.version)
        return self.pod(name)

    def pod(self, name: str) -> Pod:
        """The pod as it is."""
        return msgspec.convert(self.pods[self.space, name], Pod)

    def edit(self, name: str, part: str, **fields: Any) -> Pod:
        """The pod with other fields in its metadata, spec or status."""
        self.pods[self.space, name][part].update(fields)
        return self.touched(name)

    def remove(self, name: str) -> Pod:
        """The pod is gone; answers with what it last was."""
        last = self.touched(name)
        del self.pods[self.space, name]
        return last

    def breaks(self, code: int) -> None:
        """From here on each call fails with this HTTP status; 0 is no answer at all."""
        self.broken = KubernetesError(code, "Broken", "the API server did not say")

    def mend(self) -> None:
        """Calls succeed again."""
        self.broken = None

    def annotations(self, name: str) -> dict[str, str]:
        """What is annotated on a pod."""
        found: dict[str, str] = self.pods[self.space, name]["metadata"]["annotations"]
        return found

    def ready(self, name: str) -> str:
        """The status of the pod's condition of ours."""
        return self.pod(name).condition(names.READY_CONDITION)

    def asked(self, call: str) -> list[str]:
        """The pods that a call was made for."""
        return [what for name, what in self.calls if name == call]

    def told(self, reason: str) -> list[dict[str, Any]]:
        """The Events with one reason."""
        return [event for event in self.events if event["reason"] == reason]

    # workers.ports.Kubernetes, and workers.sweep.lists.PodLists

    def get_pod(self, namespace: str, name: str) -> Pod | None:
        self._call("get", f"{namespace}/{name}")
        return msgspec.convert(found, Pod) if (found := self.pods.get((namespace, name))) else None

    def pods_at(self, private_ip: str) -> list[Pod]:
        self._call("at", private_ip)
        there = [msgspec.convert(pod, Pod) for _, pod in sorted(self.pods.items())]
        return [pod for pod in there if pod.status.pod_ip == private_ip and (pod.managed or not pod.is_node)]

    def provider_ids(self) -> set[str]:
        self._call("nodes", "")
        return set(self.nodes.values())

    def provider_id(self, node: str) -> str | None:
        self._call("node", node)
        return self.nodes.get(node)

    def patch_pod_status(
        self,
        namespace: str,
        name: str,
        uid: str,
        annotations: dict[str, str | None],
        condition: dict[str, str],
    ) -> Pod | None:
        self._call("patch", f"{namespace}/{name}")
        pod = self.pods.get((namespace, name))
        if pod is None or pod["metadata"]["uid"] != uid:
            return None
        for key, value in annotations.items():
            pod["metadata"]["annotations"].pop(key, None)
            if value is not None and key not in self.strip:
                pod["metadata"]["annotations"][key] = value
        others = [c for c in pod["status"]["conditions"] if c["type"] != condition["type"]]
        pod["status"]["conditions"] = [*others, condition]
        self.version += 1
        pod["metadata"]["resourceVersion"] = str(self.version)
        return msgspec.convert(pod, Pod)

    def create_event(self, event: dict[str, object], namespace: str) -> None:
        self._call("event", namespace)
        self.events.append(event)

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        self._call("list", namespace or "")
        assert selector in {names.MANAGE_SELECTOR, ""}
        for (space, _), raw in sorted(self.pods.items()):
            pod = msgspec.convert(raw, Pod)
            listed = space == namespace if namespace else space != names.NODES
            if listed and (pod.managed or not selector):
                yield PodList(items=[pod])

    def _call(self, name: str, what: str) -> None:
        self.before(name)
        self.calls.append((name, what))
        if self.broken is not None and name != "event":
            raise self.broken
