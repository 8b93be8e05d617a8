"""The reverse DNS records (PTR) of Elastic IPs, which EC2 sets for names that resolve to the address.

After the EC2 user guide, "Use reverse DNS for email applications", and the examples of `aws ec2
modify-address-attribute` in the AWS CLI's reference. By which code a missing forward record is refused is
documented nowhere; that of a release is what users report:
https://github.com/cloud-custodian/cloud-custodian/pull/8924
"""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.ec2.addresses import Address
from sandbox.ec2.errors import Ec2Error, invalid_value
from sandbox.ec2.messages import Settings

PENDING = "PENDING"
FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Record:
    """What an address resolves to, and what it will from `due_at` on; `update` is None if nothing changes."""

    name: str = ""
    update: str | None = None
    status: str = ""
    reason: str = ""
    due_at: float = 0.0


class ReverseDns:
    """The records by allocation id, and the forward records that the Internet knows."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._records: dict[str, Record] = {}
        self._withdrawn_at: dict[str, float] = {}
        self._forward: dict[tuple[str, str], float] = {}

    def point(self, name: str, public_ip: str, after: float = 0.0) -> None:
        """Somebody creates a forward record, which is there after so many seconds."""
        self._forward.setdefault((name, public_ip), self._now() + after)

    def points(self, name: str, public_ip: str) -> bool:
        """Whether the name resolves to the address."""
        return self._forward.get((name, public_ip), float("inf")) <= self._now()

    def modify(self, address: Address, name: str, settings: Settings) -> Record:
        """Ask for a record; without a forward record it is refused, or fails later, as the settings say."""
        name = name.removesuffix(".")
        if not name:
            raise invalid_value("domainName", name, "It is empty.")
        if settings.ptr_refused_at_once and not self.points(name, address.public_ip):
            raise invalid_value("domainName", name, f"It does not resolve to {address.public_ip}.")
        known = self.of(address)
        if known.name == name and known.update is None:
            return known
        due_at = self._now() + settings.ptr_seconds
        self._change(address, Record(known.name, name, PENDING, due_at=due_at))
        return self.of(address)

    def reset(self, address: Address) -> Record:
        """Take the record away, if there is one."""
        known = self.of(address)
        if known.name or known.status == PENDING:
            self._withdrawn_at[address.allocation_id] = self._now()
        return self._change(address, Record())

    def of(self, address: Address) -> Record:
        """The record as it is at this moment."""
        record = self._records.get(address.allocation_id, Record())
        if record.status == PENDING and record.due_at <= self._now():
            return self._change(address, self._done(address, record))
        return record

    def _done(self, address: Address, record: Record) -> Record:
        name = record.update or ""
        if self.points(name, address.public_ip):
            return Record(name)
        return Record(record.name, name, FAILED, f"{name} does not resolve to {address.public_ip}")

    def release(self, address: Address, settings: Settings) -> None:
        """The address is about to be released: InvalidAddress.PtrSet while it has a record, or had one."""
        record = self.of(address)
        had_one_at = self._withdrawn_at.get(address.allocation_id, float("-inf"))
        if record.name or record.status == PENDING or self._now() - had_one_at < settings.ptr_release_seconds:
            text = (
                f"The address with allocation id [{address.allocation_id}] cannot be released because it has "
                "a PTR record set."
            )
            raise Ec2Error("InvalidAddress.PtrSet", text)
        self._records.pop(address.allocation_id, None)
        self._withdrawn_at.pop(address.allocation_id, None)

    def _change(self, address: Address, record: Record) -> Record:
        self._records[address.allocation_id] = record
        return record
