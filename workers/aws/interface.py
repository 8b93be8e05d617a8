"""Which network interface has a pod's IP, by EC2's word: batched, remembered, asked again when missing."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from eip.clock import Clock
from eip.errors import Ec2Error
from workers.aws.batch import Batcher
from workers.aws.hint import hinted_interface
from workers.aws.hosts import AddressHosts, Hosts, InstanceHosts, Nodes
from workers.aws.place import Found, NotServable, NotYet, PodPlace
from workers.aws.recent import Recent
from workers.ports import Ec2, Interface

__all__ = ["Found", "InterfaceFinder", "NotServable", "NotYet", "PodPlace", "interface_finder"]

HOST_SECONDS = 600.0
MOST_HOSTS = 5000
AGAIN_SECONDS = 2.0  # the CNI adds interfaces seconds after a node starts; EC2 is not asked faster than that

_EC2_MANAGED = (
    "Run the pod on a managed node group, on self-managed nodes, or on nodes of your own Karpenter."
)
_TWO_VPCS = "Set the VPC id in the settings to the one whose addresses the cluster's pods have."


def interface_finder(ec2: Ec2, clock: Clock, nodes: Nodes | None, vpc_id: str) -> "InterfaceFinder":
    """A finder that asks for nodes, or one that goes by hosts' IPs in the VPC where nodes can't be read."""
    hosts = AddressHosts(ec2, vpc_id) if nodes is None else InstanceHosts(ec2, nodes, clock)
    return InterfaceFinder(ec2, clock, hosts, vpc_id)


class InterfaceFinder:
    """Finds interfaces for all threads of a worker; raises Ec2Error and KubernetesError as they come.

    With `vpc_id`, interfaces in other VPCs don't count: an IP is unique in one VPC only.
    """

    def __init__(self, ec2: Ec2, clock: Clock, hosts: Hosts, vpc_id: str = "") -> None:
        """Start with nothing known."""
        self._ec2 = ec2
        self._hosts = hosts
        self._vpc_id = vpc_id
        self._recent: Recent[str, tuple[Interface, ...]] = Recent(clock, HOST_SECONDS, MOST_HOSTS)
        self._look_ups: Batcher[str, tuple[Interface, ...]] = Batcher(
            hosts.interfaces, clock, splits=_too_many, most=hosts.most
        )

    def find(self, place: PodPlace) -> Found | NotServable | NotYet:
        """The interface that has the pod's IP, by what is remembered, the hint, or a new look-up."""
        if not place.ip:
            return NotYet("the pod has no IPv4 address yet")
        host = self._hosts.host(place, again=False)
        if not isinstance(host, str):
            return host
        known = self._interfaces(host)
        hint = hinted_interface(place.eni_hint, place.ip)
        return (
            self._chosen(known, place.ip)
            or (self._hinted(hint, known, place.ip) if hint else None)
            or self._looked_up_again(place, host)
        )

    def forget(self, place: PodPlace) -> None:
        """Look the pod's host up again next time: EC2 did not accept the interface that was found."""
        self._recent.drop(self._hosts.forgotten(place))

    def _looked_up_again(self, place: PodPlace, host: str) -> Found | NotServable | NotYet:
        """Ask EC2 again, and for the node too: its name may have another instance by this time."""
        if self._recent.get(host, AGAIN_SECONDS) is not None:
            return _missing(place, host)
        again = self._hosts.host(place, again=True)
        if not isinstance(again, str):
            return again
        return self._chosen(self._asked(again), place.ip) or _missing(place, again)

    def _interfaces(self, host: str) -> tuple[Interface, ...]:
        known = self._recent.get(host)
        return self._asked(host) if known is None else known

    def _asked(self, host: str) -> tuple[Interface, ...]:
        found = self._look_ups.get(host) or ()
        self._recent.put(host, found)
        return found

    def _chosen(self, interfaces: Iterable[Interface], ip: str) -> Found | NotServable | None:
        ours = [i for i in interfaces if has_ip(i, ip) and self._vpc_id in {i.vpc_id, ""}]
        if not ours:
            return None
        if len(ours) > 1:
            named = " and ".join(sorted(interface.interface_id for interface in ours))
            return NotServable(f"{ip} is on {named}, in different VPCs", _TWO_VPCS)
        return _unless_managed(ours[0])

    def _hinted(self, hint: str, known: Iterable[Interface], ip: str) -> Found | NotServable | None:
        """The hinted interface, if EC2 shows the IP on it in the VPC of the pod's host."""
        vpcs = {self._vpc_id} if self._vpc_id else {interface.vpc_id for interface in known}
        interface = self._ec2.interface(hint) if vpcs else None
        if interface is None or interface.vpc_id not in vpcs:
            return None
        return self._chosen([interface], ip)


def has_ip(interface: Interface, ip: str) -> bool:
    """Whether the IP is one of the interface's own, or in a prefix delegated to it."""
    return ip in interface.private_ips or any(
        IPv4Address(ip) in IPv4Network(prefix) for prefix in interface.prefixes
    )


def _missing(place: PodPlace, host: str) -> NotYet:
    nor = " nor on the one that the annotation vpc.amazonaws.com/pod-eni names" if place.eni_hint else ""
    return NotYet(f"EC2 shows {place.ip} on no network interface of {host} in the cluster's VPC{nor}")


def _unless_managed(interface: Interface) -> Found | NotServable:
    if not interface.managed_by:
        return Found(interface.interface_id)
    return NotServable(
        f"the network interface {interface.interface_id} is managed by {interface.managed_by}, "
        "which does not let anybody else associate an address (EKS Auto Mode)",
        _EC2_MANAGED,
    )


def _too_many(error: Exception) -> bool:
    """Whether the batch was too large for EC2, so that halves of it may be served."""
    return isinstance(error, Ec2Error) and error.code == "FilterLimitExceeded"
