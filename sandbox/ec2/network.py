"""VPCs, instances and network interfaces: moto's model, with what it lacks for nodes of EKS.

moto knows no prefixes and no managed interfaces, draws private addresses at random without looking which are
taken, and keeps the interfaces of terminated instances. Here prefixes are delegated, addresses are handed out
in order, and an interface goes with its instance.
"""

from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.subnets import Subnet

from sandbox.ec2.errors import not_found, unknown_interface
from sandbox.ec2.messages import Interface, InterfaceShape, Network, Node
from sandbox.ec2.private_ips import free_ips, free_prefixes

ACCOUNT_ID = "123456789012"
IMAGE = "ami-12c6146b"
INSTANCE_TYPE = "m5.large"
EVERYWHERE = "0.0.0.0/0"


def private_ips(interface: NetworkInterface) -> list[str]:
    """The primary and secondary addresses of an interface."""
    return [item["PrivateIpAddress"] for item in interface.private_ip_addresses]


@dataclass(slots=True)
class Delegated:
    """What moto's interface has no place for."""

    prefixes: list[IPv4Network] = field(default_factory=list)
    managed: bool = False


class VpcNetwork:
    """The network of one account in one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.zone = f"{region}a"
        self._delegated: dict[str, Delegated] = {}

    @cached_property
    def backend(self) -> EC2Backend:
        """The model of moto, which takes 60 ms to build and is not needed for addresses alone."""
        return EC2Backend(self.region, ACCOUNT_ID)

    @property
    def interfaces(self) -> dict[str, NetworkInterface]:
        """All interfaces by id."""
        return self.backend.enis

    def interface(self, interface_id: str) -> NetworkInterface:
        """One interface, or InvalidNetworkInterfaceID.NotFound."""
        if interface_id not in self.backend.enis:
            raise unknown_interface(interface_id)
        return self.backend.enis[interface_id]

    def primary_interface(self, instance_id: str) -> NetworkInterface:
        """An instance's first interface, or InvalidInstanceID.NotFound."""
        for interface in self.backend.enis.values():
            if interface.instance and interface.instance.id == instance_id and not interface.device_index:
                return interface
        raise not_found("InvalidInstanceID", "instance ID", instance_id)

    def delegated(self, interface_id: str) -> Delegated:
        """An interface's prefixes, and whether it is managed."""
        return self._delegated.get(interface_id) or Delegated()

    def carries(self, interface: NetworkInterface, private_ip: str) -> bool:
        """Whether the interface has the address: primary, secondary, or inside a prefix."""
        if private_ip in private_ips(interface):
            return True
        try:
            ip = IPv4Address(private_ip)
        except AddressValueError:
            return False
        return any(ip in prefix for prefix in self.delegated(interface.id).prefixes)

    def in_default_vpc(self, interface: NetworkInterface) -> bool:
        """Whether the interface is in the region's default VPC."""
        return self.backend.get_vpc(interface.subnet.vpc_id).is_default

    def create(self, cidr: str) -> Network:
        """A VPC with one subnet of its whole block, which is public: it leads to an internet gateway."""
        vpc = self.backend.create_vpc(cidr)
        self._lead_out(vpc.id)
        subnet = self.backend.create_subnet(vpc.id, cidr, availability_zone=self.zone)
        return Network(vpc.id, subnet.id, default=False)

    def default(self) -> Network:
        """The default VPC that every region has, and its subnet in the first zone."""
        subnet = self.backend.get_default_subnets()[self.zone]
        return Network(subnet.vpc_id, subnet.id, default=True)

    def add_node(self, subnet_id: str, shapes: list[InterfaceShape]) -> Node:
        """An instance with an interface for every shape, the first of them its primary one."""
        subnet = self.backend.get_subnet(subnet_id)
        reservation = self.backend.run_instances(
            IMAGE,
            1,
            None,
            [],
            subnet_id=subnet_id,
            instance_type=INSTANCE_TYPE,
            is_instance_type_default=False,
            private_ip=self._free_ip(subnet),
            placement=self.zone,
            nics=[],
        )
        instance_id = reservation.instances[0].id
        first, *others = shapes or [InterfaceShape()]
        self._dress(self.primary_interface(instance_id), first)
        for shape in others:
            self.add_interface(instance_id, shape)
        return self.node(instance_id)

    def node(self, instance_id: str) -> Node:
        """An instance and its interfaces as they are."""
        attached = [
            eni for eni in self.backend.enis.values() if eni.instance and eni.instance.id == instance_id
        ]
        ordered = sorted(attached, key=lambda eni: eni.device_index or 0)
        return Node(instance_id, self.zone, [self.describe(eni) for eni in ordered])

    def remove_node(self, instance_id: str) -> None:
        """Terminate an instance; its interfaces go with it."""
        self.primary_interface(instance_id)
        self.backend.terminate_instances([instance_id])
        self.drop_terminated()

    def add_interface(self, instance_id: str, shape: InterfaceShape) -> Interface:
        """Attach a new interface to an instance."""
        subnet = self.primary_interface(instance_id).subnet
        interface = self.backend.create_network_interface(subnet, self._free_ip(subnet))
        index = len(self.node(instance_id).interfaces)
        self.backend.attach_network_interface(interface.id, instance_id, index)
        return self._dress(interface, shape)

    def remove_interface(self, interface_id: str) -> None:
        """Detach and delete an interface."""
        interface = self.interface(interface_id)
        if interface.instance:
            interface.instance.detach_eni(interface)
        self.backend.delete_network_interface(interface_id)
        self._delegated.pop(interface_id, None)

    def grow(self, interface_id: str, secondary_ips: int, prefixes: int) -> Interface:
        """Give an interface more addresses."""
        interface = self.interface(interface_id)
        block, ips, taken = self._taken(interface.subnet)
        delegated = self._delegated.setdefault(interface_id, Delegated())
        delegated.prefixes.extend(free_prefixes(block, ips, taken, prefixes))
        for ip in free_ips(block, ips, [*taken, *delegated.prefixes], secondary_ips):
            interface.private_ip_addresses.append({"Primary": False, "PrivateIpAddress": ip})
        return self.describe(interface)

    def shrink(self, interface_id: str, addresses: list[str]) -> Interface:
        """Take secondary addresses and prefixes from an interface."""
        interface = self.interface(interface_id)
        kept = [item for item in interface.private_ip_addresses if item["PrivateIpAddress"] not in addresses]
        interface.private_ip_addresses[:] = kept
        delegated = self._delegated.setdefault(interface_id, Delegated())
        delegated.prefixes = [prefix for prefix in delegated.prefixes if str(prefix) not in addresses]
        return self.describe(interface)

    def describe(self, interface: NetworkInterface) -> Interface:
        """An interface as the control API shows it."""
        primary = str(interface.private_ip_address)
        delegated = self.delegated(interface.id)
        return Interface(
            id=interface.id,
            private_ip=primary,
            secondary_ips=[ip for ip in private_ips(interface) if ip != primary],
            prefixes=[str(prefix) for prefix in delegated.prefixes],
            managed=delegated.managed,
        )

    def drop_terminated(self) -> None:
        """Delete the interfaces whose instance is terminated."""
        for interface in list(self.backend.enis.values()):
            if interface.instance and interface.instance.state == "terminated":
                self.backend.delete_network_interface(interface.id)
                self._delegated.pop(interface.id, None)

    def _lead_out(self, vpc_id: str) -> None:
        gateway = self.backend.create_internet_gateway()
        self.backend.attach_internet_gateway(gateway.id, vpc_id)
        [main] = [table for table in self.backend.route_tables.values() if table.vpc_id == vpc_id]
        self.backend.create_route(main.id, EVERYWHERE, gateway_id=gateway.id)

    def _dress(self, interface: NetworkInterface, shape: InterfaceShape) -> Interface:
        interface.delete_on_termination = True
        self._delegated[interface.id] = Delegated(managed=shape.managed)
        return self.grow(interface.id, shape.secondary_ips, shape.prefixes)

    def _free_ip(self, subnet: Subnet) -> str:
        return free_ips(*self._taken(subnet), count=1)[0]

    def _taken(self, subnet: Subnet) -> tuple[IPv4Network, set[str], set[IPv4Network]]:
        neighbours = [eni for eni in self.backend.enis.values() if eni.subnet.id == subnet.id]
        ips = {ip for eni in neighbours for ip in private_ips(eni)}
        prefixes = {prefix for eni in neighbours for prefix in self.delegated(eni.id).prefixes}
        return IPv4Network(subnet.cidr_block), ips, prefixes
