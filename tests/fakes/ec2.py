"""EC2 in memory: workers.ports.Ec2 on the double's own address book, which refuses what EC2 refuses.

It knows late visibility, replies that are lost, a quota, the default VPC's ReleaseAddress, and keeps a log of
its calls. It has no token buckets: those are workers.budget's and are tested against sandbox.ec2.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eip import names
from eip.errors import Ec2Error
from eip.names import Action
from eip.request import keep_text
from sandbox.ec2 import addresses as book
from sandbox.ec2 import errors as double
from sandbox.ec2 import reverse_dns
from sandbox.ec2.messages import Settings
from workers.ports import ANY, Address, Interface, Owner, ReverseDns, Wanted

MUTATING = (
    Action.ALLOCATE,
    Action.TAG,
    Action.ASSOCIATE,
    Action.DISASSOCIATE,
    Action.RELEASE,
    Action.MODIFY_ATTRIBUTE,
    Action.RESET_ATTRIBUTE,
)
CLUSTER = ("prod", "uid-of-kube-system")
VPC = "vpc-0a"


@dataclass(frozen=True)
class Call:
    """One call: EC2's name of the action, and its arguments in their order."""

    action: Action
    arguments: tuple[Any, ...]


@dataclass
class FakeEc2:
    """An account whose addresses carry this cluster's tags.

    `lag` is how many seconds DescribeAddresses lags behind; `young` for how many an address' id is unknown.
    `settings` are the double's, of which those for reverse DNS count.
    `before` is called ahead of each action, `answers` holds what the next calls of an action go wrong with.
    """

    now: Callable[[], float]
    quota: int = 1000
    lag: float = 0.0
    young: float = 0.0
    default_vpc: bool = False
    before: Callable[[Action], None] = lambda _: None
    calls: list[Call] = field(default_factory=list)
    faults: dict[Action, list[str]] = field(default_factory=dict)
    interfaces: list[Interface] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        """An account without addresses."""
        self._book = book.AddressBook(self.now)
        self.dns = reverse_dns.ReverseDns(self.now)

    # What a test sets up and looks at.

    def refuse(self, action: Action, code: str, times: int = 1) -> None:
        """Refuse the next calls with this code; nothing is done."""
        self.faults.setdefault(action, []).extend([code] * times)

    def lose_reply(self, action: Action) -> None:
        """Perform the next call, and lose its answer."""
        self.faults.setdefault(action, []).append("lost")

    def made(self, action: Action) -> list[tuple[Any, ...]]:
        """The arguments of all calls of one action."""
        return [call.arguments for call in self.calls if call.action is action]

    @property
    def mutating(self) -> list[Action]:
        """The mutating calls in their order."""
        return [call.action for call in self.calls if call.action in MUTATING]

    @property
    def addresses(self) -> list[Address]:
        """All addresses as they are at this moment, oldest first."""
        return [_address(entry) for entry in self._book.current.values()]

    def at(self, private_ip: str) -> list[Address]:
        """The addresses that sit on a private IP at this moment."""
        return [address for address in self.addresses if address.private_ip == private_ip]

    def name_of(self, allocation_id: str) -> str:
        """What an address resolves to at this moment."""
        return self.dns.of(self._book.get(allocation_id)).name

    def give(self, uid: str, name: str, private_ip: str = "", **tags: str) -> Address:
        """An address that is there already, with a pod's tags; associated where there is a `private_ip`."""
        ours = {**_tags(Owner(uid, "shop", name)), **tags}
        entry = self._book.allocate(10_000, "amazon", "us-east-1", {k: v for k, v in ours.items() if v})
        if private_ip:
            self.put(entry.allocation_id, private_ip)
        return _address(self._book.get(entry.allocation_id))

    def lend(self, to: str, pool: str = "", private_ip: str = "") -> Address:
        """An address that an admin has allocated and lends; associated where there is a `private_ip`."""
        tags = {names.LEND_TAG: to, **({names.POOL_TAG: pool} if pool else {})}
        entry = self._book.allocate(10_000, "amazon", "us-east-1", tags)
        if private_ip:
            self.put(entry.allocation_id, private_ip)
        return _address(self._book.get(entry.allocation_id))

    def put(self, allocation_id: str, private_ip: str, interface_id: str = "") -> None:
        """Somebody associates an address by hand, on any interface."""
        target = book.Target(interface_id or self._carrier(private_ip), private_ip)
        self._book.associate(self._book.get(allocation_id), target, reassociate=True)

    def take(self, allocation_id: str) -> None:
        """Somebody disassociates an address by hand."""
        self._book.disassociate(self._book.get(allocation_id))

    def drop(self, allocation_id: str) -> None:
        """Somebody releases an address by hand."""
        self._book.release(self._book.get(allocation_id), disassociates=True)

    # workers.ports.Ec2

    def allocate(self, owner: Owner, wanted: Wanted = ANY) -> Address:
        with self._call(Action.ALLOCATE, owner, *([wanted] if wanted != ANY else [])):
            tags = _tags(owner) | ({names.KEEP_TAG: keep_text(wanted.keep)} if wanted.keep else {})
            return _address(self._book.allocate(self.quota, "amazon", "us-east-1", tags))

    def tag(self, allocation_id: str, owner: Owner, keep: int) -> None:
        with self._call(Action.TAG, allocation_id, owner, keep):
            address = self._known(allocation_id)
            tags = {names.POD_UID_TAG: owner.uid, names.KEEP_TAG: keep_text(keep)}
            self._book.tag(address, {**address.tags, **tags})

    def associate(self, allocation_id: str, interface_id: str, private_ip: str) -> str:
        with self._call(Action.ASSOCIATE, allocation_id, interface_id, private_ip):
            address = self._known(allocation_id)
            interface = self._interface(interface_id)
            if private_ip not in interface.private_ips:
                raise double.invalid_value("PrivateIpAddress", private_ip, "It is not on the interface.")
            target = book.Target(interface_id, private_ip)
            return self._book.associate(address, target, reassociate=False).id

    def disassociate(self, association_id: str) -> None:
        with self._call(Action.DISASSOCIATE, association_id):
            self._book.disassociate(self._book.associated(association_id))

    def release(self, allocation_id: str) -> None:
        with self._call(Action.RELEASE, allocation_id):
            address = self._known(allocation_id)
            if not address.association or self.default_vpc:
                self.dns.release(address, self.settings)
            self._book.release(address, disassociates=self.default_vpc)

    def set_reverse_dns(self, allocation_id: str, name: str) -> ReverseDns:
        with self._call(Action.MODIFY_ATTRIBUTE, allocation_id, name):
            return _reverse_dns(self.dns.modify(self._known(allocation_id), name, self.settings))

    def reset_reverse_dns(self, allocation_id: str) -> None:
        with self._call(Action.RESET_ATTRIBUTE, allocation_id):
            self.dns.reset(self._known(allocation_id))

    def reverse_dns(self, allocation_id: str) -> ReverseDns:
        with self._call(Action.DESCRIBE_ATTRIBUTES, allocation_id):
            return _reverse_dns(self.dns.of(self._book.get(allocation_id)))

    def addresses_of_cluster(self) -> list[Address]:
        with self._call(Action.DESCRIBE_ADDRESSES, "cluster"):
            return self._described(
                lambda a: a.tags.get(names.CLUSTER_NAME_TAG) == CLUSTER[0] or names.LEND_TAG in a.tags
            )

    def lent_addresses(self, *, pool: str = "", address: str = "") -> list[Address]:
        with self._call(Action.DESCRIBE_ADDRESSES, "lent", pool or address):
            if pool:
                return self._described(
                    lambda a: a.tags.get(names.POOL_TAG) == pool and names.LEND_TAG in a.tags
                )
            return self._described(lambda a: address in {a.allocation_id, a.public_ip})

    def addresses_of_pod(self, uid: str) -> list[Address]:
        with self._call(Action.DESCRIBE_ADDRESSES, "pod", uid):
            mine = {names.CLUSTER_NAME_TAG: CLUSTER[0], names.POD_UID_TAG: uid}
            return self._described(lambda a: mine.items() <= a.tags.items())

    def addresses_at(self, private_ip: str) -> list[Address]:
        with self._call(Action.DESCRIBE_ADDRESSES, "at", private_ip):
            return self._described(lambda a: a.private_ip == private_ip)

    def address(self, allocation_id: str) -> Address | None:
        with self._call(Action.DESCRIBE_ADDRESSES, "address", allocation_id):
            return next(iter(self._described(lambda a: a.allocation_id == allocation_id)), None)

    def interfaces_of_instances(self, instance_ids: Sequence[str]) -> list[Interface]:
        with self._call(Action.DESCRIBE_INTERFACES, *instance_ids):
            return [i for i in self.interfaces if i.instance_id in instance_ids]

    def interface(self, interface_id: str) -> Interface | None:
        with self._call(Action.DESCRIBE_INTERFACES, interface_id):
            return next((i for i in self.interfaces if i.interface_id == interface_id), None)

    def interfaces_of_host(self, host_ip: str, vpc_id: str) -> list[Interface]:
        with self._call(Action.DESCRIBE_INTERFACES, host_ip, vpc_id):
            hosts = {i.instance_id for i in self.interfaces if host_ip in i.private_ips}
            return [i for i in self.interfaces if i.instance_id in hosts and i.vpc_id == vpc_id]

    @contextmanager
    def _call(self, action: Action, *arguments: object) -> Iterator[None]:
        self.before(action)
        self.calls.append(Call(action, arguments))
        fault = self.faults[action].pop(0) if self.faults.get(action) else ""
        if fault not in {"", "lost"}:
            raise Ec2Error(fault, f"{action} is refused")
        try:
            yield
        except double.Ec2Error as error:
            raise Ec2Error(error.code, error.message) from error
        if fault == "lost":
            raise Ec2Error("NoReply", f"{action}: the connection was closed")

    def _known(self, allocation_id: str) -> book.Address:
        address = self._book.get(allocation_id)
        if self.now() - address.allocated_at < self.young:
            raise double.unknown_allocation(allocation_id)
        return address

    def _interface(self, interface_id: str) -> Interface:
        for interface in self.interfaces:
            if interface.interface_id == interface_id:
                return interface
        raise double.unknown_interface(interface_id)

    def _described(self, wanted: Callable[[Address], bool]) -> list[Address]:
        return [a for entry in self._book.before(self.lag).values() if wanted(a := _address(entry))]

    def _carrier(self, private_ip: str) -> str:
        return next((i.interface_id for i in self.interfaces if private_ip in i.private_ips), "eni-elsewhere")


def _tags(owner: Owner) -> dict[str, str]:
    return {
        names.CLUSTER_NAME_TAG: CLUSTER[0],
        names.CLUSTER_UID_TAG: CLUSTER[1],
        names.POD_UID_TAG: owner.uid,
        names.NAMESPACE_TAG: owner.namespace,
        names.POD_NAME_TAG: owner.name,
    }


def _reverse_dns(record: reverse_dns.Record) -> ReverseDns:
    return ReverseDns(record.name, record.status, record.reason)


def _address(entry: book.Address) -> Address:
    association = entry.association
    return Address(
        entry.allocation_id,
        entry.public_ip,
        association_id=association.id if association else "",
        private_ip=association.target.private_ip if association else "",
        interface_id=association.target.interface_id if association else "",
        tags=dict(entry.tags),
    )
