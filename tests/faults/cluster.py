"""The cluster's life: pods that come, get IPs, lose them and go; IPs that others get; nodes that vanish.

What EC2 and the API server know follows from it. An IP that is free again rests for as long as the VPC CNI
lets it rest, and may then be anybody's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from msgspec.structs import replace

from eip import names
from eip.decide import EventType, Scope
from eip.pod import Pod
from tests.fakes.ec2 import VPC, FakeEc2
from tests.fakes.kubernetes import FakeKubernetes
from tests.faults.nodes import Nodes
from workers.ports import Interface

COOL_DOWN = 30.0
"""Seconds that the VPC CNI keeps a freed IP from others.

Source: https://github.com/aws/amazon-vpc-cni-k8s, ipamd's IP_COOLDOWN_PERIOD
"""

EXTERNAL_DNS = 3.0
"""Seconds until external-dns has made a record of what is written on a pod."""

SCOPE = Scope(nodes=True)
"""Whose desires count; where the operator does not serve nodes, none has the label."""

IPS_PER_NODE = 3
_NETWORK = {"type": names.NETWORK_CONDITION}


@dataclass(frozen=True)
class Tenure:
    """One pod's time on one IP; `ended_at` is infinite while it lasts."""

    uid: str
    ip: str
    ended_at: float


@dataclass
class Cluster:
    """Pods by name, in the namespace of the double, and nodes; `tell` is the watch."""

    now: Callable[[], float]
    kubernetes: FakeKubernetes
    ec2: FakeEc2
    tell: Callable[[EventType, Pod], None]
    holders: dict[str, str] = field(default_factory=dict)
    tenures: dict[tuple[str, str], Tenure] = field(default_factory=dict)
    freed_at: dict[str, float] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    pods_made: int = 0
    nodes_made: int = 0

    def __post_init__(self) -> None:
        """The Node objects are a matter of their own."""
        self.nodes = Nodes(self)

    def add_node(self) -> str:
        """A node with an interface and its IPs."""
        self.nodes_made += 1
        number = self.nodes_made
        node, instance = f"node-{number}", f"i-{number:017x}"
        ips = frozenset(f"10.0.{number}.{host}" for host in range(1, IPS_PER_NODE + 2))
        self.interfaces[node] = Interface(f"eni-{number}", instance, VPC, ips)
        self.ec2.interfaces.append(self.interfaces[node])
        self.nodes.register(node)
        return node

    def remove_node(self, node: str) -> None:
        """EC2 terminates the instance; its interface goes, and the objects of node and pods after it."""
        interface = self.interfaces.pop(node)
        self.ec2.interfaces.remove(interface)
        for address in self.ec2.addresses:
            if address.interface_id == interface.interface_id:
                self.ec2.take(address.allocation_id)
        self.nodes.delete(node)
        for name in self.on(node):
            self.remove(name)

    def add(self, name: str, node: str, *, labelled: bool = True, **asks: str) -> str:
        """A pod that has no IP yet; its uid. `asks` are annotations, without their prefix and with `_`."""
        self.pods_made += 1
        uid = str(UUID(int=self.pods_made, version=4))
        metadata = {"annotations": _annotations(asks)}
        pod = self.kubernetes.add(uid, name, labelled=labelled, spec={"nodeName": node}, metadata=metadata)
        self.kubernetes.edit(name, "status", phase="Pending")
        if labelled:
            self.tell(EventType.ADDED, pod)
        return uid

    def start(self, name: str) -> str:
        """The pod gets an IP that nobody has, or none when there is none."""
        ip = self._free_ip(self._pod(name).spec.node_name)
        if ip:
            self._end_tenure(name)
            self.begin_tenure(self._pod(name).uid, ip)
            self._edit_status(name, network=True, podIP=ip, phase="Running")
        return ip

    def serve(self, name: str, node: str, **asks: str) -> str:
        """A pod with an IP at once; its uid."""
        uid = self.add(name, node, labelled=True, **asks)
        self.start(name)
        return uid

    def lose_network(self, name: str) -> None:
        """The sandbox is lost: the IP is free, and the kubelet says so; the status keeps the IP."""
        self._end_tenure(name)
        self._edit_status(name, network=False)

    def finish(self, name: str) -> None:
        """The containers have ended; the status keeps the IP."""
        self._end_tenure(name)
        self._edit_status(name, network=False, phase="Succeeded")

    def terminate(self, name: str) -> None:
        """The pod is asked to end, and serves for a while."""
        self._changed(
            EventType.MODIFIED,
            self.kubernetes.edit(name, "metadata", deletionTimestamp="2026-01-01T00:00:00Z"),
        )

    def remove(self, name: str) -> None:
        """The pod is gone."""
        self._end_tenure(name)
        last = self.kubernetes.remove(name)
        self._changed(EventType.DELETED, last)

    def label(self, name: str, *, labelled: bool) -> None:
        """The label comes or goes: for the watch, that is the pod itself."""
        before = self._pod(name)
        labels = {names.MANAGE_LABEL: "true"} if labelled else {}
        pod = self.kubernetes.edit(name, "metadata", labels=labels)
        if labelled and not before.managed:
            self.tell(EventType.ADDED, pod)
        elif before.managed and not labelled:
            self.tell(EventType.DELETED, before_with_version(before, pod))

    def ask(self, name: str, **asks: str) -> None:
        """The pod's author asks for something else."""
        annotations = {**(self._pod(name).metadata.annotations or {}), **_annotations(asks)}
        self._changed(EventType.MODIFIED, self.kubernetes.edit(name, "metadata", annotations=annotations))

    def begin_tenure(self, uid: str, ip: str) -> None:
        """A pod, or a node, has this IP from here on."""
        self.holders[ip] = uid
        self.tenures[uid, ip] = Tenure(uid, ip, float("inf"))

    def written(self, namespace: str, name: str) -> None:
        """Somebody has patched the pod."""
        pod = self.find(namespace, name)
        assert pod is not None
        self._changed(EventType.MODIFIED, pod)

    @property
    def pods(self) -> dict[str, Pod]:
        """The pods by name."""
        return {pod.metadata.name: pod for pod in self.everyone if not pod.is_node}

    @property
    def everyone(self) -> list[Pod]:
        """Pods and nodes."""
        return [msgspec.convert(raw, Pod) for raw in self.kubernetes.pods.values()]

    def find(self, namespace: str, name: str) -> Pod | None:
        """One pod, or node, by its name."""
        raw = self.kubernetes.pods.get((namespace, name))
        return msgspec.convert(raw, Pod) if raw else None

    def by_uid(self, uid: str) -> Pod | None:
        """One pod, or node."""
        return next((pod for pod in self.everyone if pod.uid == uid), None)

    def on(self, node: str) -> list[str]:
        """The names of a node's pods."""
        return [name for name, pod in self.pods.items() if pod.spec.node_name == node]

    def _pod(self, name: str) -> Pod:
        return self.kubernetes.pod(name)

    def _changed(self, event: EventType, pod: Pod) -> None:
        """The watch tells of it; external-dns makes a forward record of what the pod says."""
        host = pod.annotation(names.REVERSE_DNS_ANNOTATION)
        public_ip = pod.annotation(names.PUBLIC_IP_ANNOTATION)
        if host and public_ip:
            self.ec2.dns.point(host, public_ip, EXTERNAL_DNS)
        if pod.managed:
            self.tell(event, pod)

    def _edit_status(self, name: str, *, network: bool, **fields: str) -> None:
        others = [
            condition
            for condition in self.kubernetes.pods["shop", name]["status"]["conditions"]
            if condition["type"] != names.NETWORK_CONDITION
        ]
        condition = {**_NETWORK, "status": str(network)}
        pod = self.kubernetes.edit(name, "status", conditions=[*others, condition], **fields)
        self._changed(EventType.MODIFIED, pod)

    def _free_ip(self, node: str) -> str:
        if node not in self.interfaces:
            return ""
        ips = sorted(self.interfaces[node].private_ips)[1:]
        rested = (ip for ip in ips if self.now() - self.freed_at.get(ip, -COOL_DOWN) >= COOL_DOWN)
        return next((ip for ip in rested if ip not in self.holders), "")

    def _end_tenure(self, name: str) -> None:
        uid = self._pod(name).uid
        for ip in [ip for ip, holder in self.holders.items() if holder == uid]:
            del self.holders[ip]
            self.freed_at[ip] = self.now()
            self.tenures[uid, ip] = Tenure(uid, ip, self.now())


def before_with_version(before: Pod, after: Pod) -> Pod:
    """What the watch tells of a label that went: the object as it was, with the version of the change."""
    return replace(
        before, metadata=replace(before.metadata, resource_version=after.metadata.resource_version)
    )


def asked_by(pod: Pod) -> dict[str, str]:
    """What a pod asks for, as its template would say it again."""
    wishes = (
        names.KEEP_ANNOTATION,
        names.POOL_ANNOTATION,
        names.REQUEST_ADDRESS_ANNOTATION,
        names.REVERSE_DNS_ANNOTATION,
    )
    annotations = pod.metadata.annotations or {}
    return {
        key.removeprefix(f"{names.PREFIX}/").replace("-", "_"): annotations[key]
        for key in wishes
        if key in annotations
    }


def _annotations(asks: dict[str, str]) -> dict[str, str]:
    return {f"{names.PREFIX}/{key.replace('_', '-')}": value for key, value in asks.items()}
