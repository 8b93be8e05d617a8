"""Elastic IPs and their associations: the meaning of EC2's four address actions.

After the EC2 API reference for AllocateAddress, AssociateAddress, DisassociateAddress and ReleaseAddress.
moto ignores the private address on association and releases what is associated; here both are as EC2 does.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from sandbox.ec2.errors import Ec2Error, unknown_allocation, unknown_association
from sandbox.ec2.visibility import History

PUBLIC_IPS = IPv4Network("198.18.0.0/15")
"""RFC 2544's block for benchmarks: never routed, so that no stranger's address is ever written anywhere."""


@dataclass(frozen=True, slots=True)
class Target:
    """A private address on an interface, and the instance that it is attached to."""

    interface_id: str
    private_ip: str
    instance_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Association:
    """An association and its target."""

    id: str
    target: Target


@dataclass(frozen=True, slots=True)
class Address:
    """An Elastic IP at one moment."""

    allocation_id: str
    public_ip: str
    allocated_at: float
    pool: str
    border_group: str
    tags: Mapping[str, str] = field(default_factory=dict)
    association: Association | None = None


class AddressBook:
    """The account's Elastic IPs."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._history: History[Address] = History(now)
        self._by_association: dict[str, str] = {}
        self._by_target: dict[tuple[str, str], str] = {}
        self._allocated = 0

    @property
    def current(self) -> Mapping[str, Address]:
        """The addresses as they are, by allocation id."""
        return self._history.current

    def before(self, seconds: float) -> Mapping[str, Address]:
        """The addresses as they were `seconds` ago."""
        return self._history.before(seconds)

    def get(self, allocation_id: str) -> Address:
        """One address, or InvalidAllocationID.NotFound."""
        if allocation_id not in self.current:
            raise unknown_allocation(allocation_id)
        return self.current[allocation_id]

    def associated(self, association_id: str) -> Address:
        """The address of an association, or InvalidAssociationID.NotFound."""
        if association_id not in self._by_association:
            raise unknown_association(association_id)
        return self.current[self._by_association[association_id]]

    def allocate(
        self, quota: int, pool: str, border_group: str, tags: Mapping[str, str], public_ip: str = ""
    ) -> Address:
        """A new address, this one or any, or AddressLimitExceeded at the quota."""
        if len(self.current) >= quota:
            raise Ec2Error("AddressLimitExceeded", "The maximum number of addresses has been reached.")
        self._allocated += 1
        address = Address(
            allocation_id=_new_id("eipalloc"),
            public_ip=public_ip or str(PUBLIC_IPS[self._allocated % PUBLIC_IPS.num_addresses]),
            allocated_at=self._now(),
            pool=pool,
            border_group=border_group,
            tags=tags,
        )
        self._history.put(address.allocation_id, address)
        return address

    def associate(self, address: Address, target: Target, *, reassociate: bool) -> Association:
        """Put an address on a private address, or Resource.AlreadyAssociated.

        What is already so stays as it is. With `reassociate`, the address leaves its other place, and another
        address leaves this one.
        """
        if address.association and address.association.target == target:
            return address.association
        sitting = self.at(target)
        if not reassociate and (address.association or sitting):
            raise _already_associated(address, sitting, target)
        for occupied in filter(None, (address, sitting)):
            self.disassociate(occupied)
        association = Association(_new_id("eipassoc"), target)
        self._history.put(address.allocation_id, replace(address, association=association))
        self._by_association[association.id] = address.allocation_id
        self._by_target[target.interface_id, target.private_ip] = address.allocation_id
        return association

    def at(self, target: Target) -> Address | None:
        """The address on a private address, if any."""
        allocation_id = self._by_target.get((target.interface_id, target.private_ip))
        return self.current[allocation_id] if allocation_id else None

    def disassociate(self, address: Address) -> None:
        """Take an address off its private address, if it is on one."""
        if not address.association:
            return
        target = address.association.target
        del self._by_association[address.association.id]
        del self._by_target[target.interface_id, target.private_ip]
        self._history.put(address.allocation_id, replace(address, association=None))

    def release(self, address: Address, *, disassociates: bool) -> None:
        """Give an address up; an associated one is InvalidIPAddress.InUse, unless that `disassociates` it."""
        if address.association and not disassociates:
            text = f"Address '{address.public_ip}' is in use; disassociate it first."
            raise Ec2Error("InvalidIPAddress.InUse", text)
        self.disassociate(address)
        self._history.drop(address.allocation_id)

    def tag(self, address: Address, tags: Mapping[str, str]) -> None:
        """Replace an address's tags."""
        self._history.put(address.allocation_id, replace(address, tags=tags))

    def disassociate_lost(self, exists: Callable[[Target], bool]) -> None:
        """Take addresses off private addresses that are gone: EC2 does so when an interface is deleted."""
        for address in list(self.current.values()):
            if address.association and not exists(address.association.target):
                self.disassociate(address)


def _new_id(prefix: str) -> str:
    return f"{prefix}-0{secrets.token_hex(8)}"


def _already_associated(address: Address, sitting: Address | None, target: Target) -> Ec2Error:
    if address.association:
        text = f"resource {address.allocation_id} is already associated with {address.association.id}"
    else:
        other = sitting.allocation_id if sitting else ""
        text = f"resource {target.interface_id} at {target.private_ip} is already associated with {other}"
    return Ec2Error("Resource.AlreadyAssociated", text)
