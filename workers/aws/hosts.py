"""What EC2 is asked about to find a pod's interface: the instance of its node, or its host's IP."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from eip.clock import Clock
from workers.aws.batch import MOST_KEYS, Batcher
from workers.aws.place import NotServable, NotYet, PodPlace
from workers.aws.recent import Recent
from workers.ports import Ec2, Interface

NODE_SECONDS = 600.0  # a node keeps its instance for life, but its name may come back with another one
MOST_NODES = 5000

_INSTANCE = re.compile(r"aws://[^/]*/(?:[^/]+/)?(i-[0-9a-f]{8,17})")
_EC2_NODES = "Run the pod on EC2 nodes: a managed node group, self-managed nodes or Karpenter's."


class Nodes(Protocol):
    """The one question about nodes."""

    def provider_id(self, node: str) -> str | None:
        """spec.providerID of a node, or None when there is no such node."""
        ...


class Hosts(Protocol):
    """How a pod's host is named, and how the interfaces of several hosts are looked up."""

    most: int

    def host(self, place: PodPlace, *, again: bool) -> str | NotServable | NotYet:
        """The name of the pod's host; `again` means that what is remembered may be wrong."""
        ...

    def forgotten(self, place: PodPlace) -> str:
        """The host that is remembered for the pod, or nothing; it is remembered no more."""
        ...

    def interfaces(self, hosts: Sequence[str]) -> Mapping[str, tuple[Interface, ...]]:
        """The interfaces of each host, by its name."""
        ...


class InstanceHosts:
    """Hosts by the instance id in their node's providerID: up to 200 in one DescribeNetworkInterfaces."""

    most = MOST_KEYS

    def __init__(self, ec2: Ec2, nodes: Nodes, clock: Clock) -> None:
        """`nodes` needs the right to get nodes."""
        self._ec2 = ec2
        self._recent: Recent[str, str] = Recent(clock, NODE_SECONDS, MOST_NODES)
        self._reads: Batcher[str, str | None] = Batcher(
            lambda keys: {node: nodes.provider_id(node) for node in keys}, clock, most=1
        )

    def host(self, place: PodPlace, *, again: bool) -> str | NotServable | NotYet:
        """The id of the instance that is the pod's node."""
        if not place.node:
            return NotYet("the pod has no node yet")
        if refused := refused_node(place.node):
            return refused
        known = None if again else self._recent.get(place.node)
        return known or self._read(place.node)

    def forgotten(self, place: PodPlace) -> str:
        """The instance that is remembered for the pod's node."""
        known = self._recent.get(place.node) or ""
        self._recent.drop(place.node)
        return known

    def interfaces(self, hosts: Sequence[str]) -> Mapping[str, tuple[Interface, ...]]:
        """One DescribeNetworkInterfaces for all."""
        found: dict[str, tuple[Interface, ...]] = dict.fromkeys(hosts, ())
        for interface in self._ec2.interfaces_of_instances(hosts):
            found[interface.instance_id] = (*found.get(interface.instance_id, ()), interface)
        return found

    def _read(self, node: str) -> str | NotServable | NotYet:
        provider_id = self._reads.get(node)
        if provider_id is None:
            return NotYet(f"there is no node {node}")
        instance = instance_of(node, provider_id)
        if isinstance(instance, str):
            self._recent.put(node, instance)
        return instance


class AddressHosts:
    """Hosts by their IP in one VPC, for workers without rights on nodes."""

    most = 1

    def __init__(self, ec2: Ec2, vpc_id: str) -> None:
        """`vpc_id` keeps hosts of other VPCs with the same IP apart."""
        self._ec2 = ec2
        self._vpc_id = vpc_id

    def host(self, place: PodPlace, *, again: bool) -> str | NotServable | NotYet:  # noqa: ARG002
        """The IP of the pod's host; nothing is remembered of it."""
        return refused_node(place.node) or place.host_ip or NotYet("the pod has no host IP yet")

    def forgotten(self, place: PodPlace) -> str:
        """The pod's host IP."""
        return place.host_ip

    def interfaces(self, hosts: Sequence[str]) -> Mapping[str, tuple[Interface, ...]]:
        """Two DescribeNetworkInterfaces for each."""
        return {host: tuple(self._ec2.interfaces_of_host(host, self._vpc_id)) for host in hosts}


def refused_node(node: str) -> NotServable | None:
    """Why a node with this name is not served, if so: Fargate's nodes have no interface of the account's."""
    if not node.startswith("fargate-"):
        return None
    return NotServable(
        f"the pod runs on Fargate ({node}), whose network interfaces belong to AWS", _EC2_NODES
    )


def instance_of(node: str, provider_id: str) -> str | NotServable | NotYet:
    """The instance id in a providerID, or why there is none."""
    if not provider_id:
        return NotYet(f"node {node} has no providerID yet")
    if instance := _INSTANCE.fullmatch(provider_id):
        return instance[1]
    if provider_id.startswith("eks-hybrid://"):
        return NotServable(f"node {node} is a hybrid node ({provider_id:.128}), outside of EC2", _EC2_NODES)
    if refused := refused_node(provider_id.rpartition("/")[2]):
        return refused
    return NotServable(
        f"node {node} is not an EC2 instance: its providerID is {provider_id!r:.128}", _EC2_NODES
    )
