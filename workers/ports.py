"""What a step may ask of the world, as interfaces: EC2, Kubernetes, the ledger and time are passed in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from eip.pod import Pod


@dataclass(frozen=True, slots=True)
class Owner:
    """The pod that an address is allocated for, as its tags will name it."""

    uid: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What address is to be allocated: by default any of Amazon's.

    `public_ipv4_pool` is a pool of addresses that were brought to AWS, `address` one of them; `keep` is for
    how many seconds the address stays when its pod has ended, as its tags will say.
    """

    public_ipv4_pool: str = ""
    address: str = ""
    keep: int = 0


ANY = Wanted()


@dataclass(frozen=True, slots=True)
class Address:
    """An Elastic IP as EC2 tells of it; empty strings where EC2 tells nothing."""

    allocation_id: str
    public_ip: str
    association_id: str = ""
    private_ip: str = ""
    interface_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: its addresses, prefixes, and who it is attached to and managed by."""

    interface_id: str
    instance_id: str
    vpc_id: str
    private_ips: frozenset[str]
    prefixes: tuple[str, ...] = ()
    managed_by: str = ""


@dataclass(frozen=True, slots=True)
class ReverseDns:
    """The reverse DNS record of an address; names are without the dot at their end.

    `update` is EC2's word for how far a change is, `PENDING` while it is made, and `reason` why it failed.
    """

    name: str = ""
    update: str = ""
    reason: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether EC2 is about to change it."""
        return self.update == "PENDING"


class Ec2(Protocol):
    """The EC2 actions that may be called; each raises Ec2Error, with the code in workers.aws.codes' table.

    None of the mutating calls takes a rate token: the step has it before the confirming read.
    The describing ones take their own.
    """

    def allocate(self, owner: Owner, wanted: Wanted = ANY) -> Address:
        """AllocateAddress with the owner's tags in the same call."""
        ...

    def tag(self, allocation_id: str, owner: Owner, keep: int) -> None:
        """CreateTags: from here on the address is this owner's, and is kept for so many seconds."""
        ...

    def associate(self, allocation_id: str, interface_id: str, private_ip: str) -> str:
        """AssociateAddress, by which nothing is moved; the association's id."""
        ...

    def disassociate(self, association_id: str) -> None:
        """DisassociateAddress."""
        ...

    def release(self, allocation_id: str) -> None:
        """ReleaseAddress."""
        ...

    def set_reverse_dns(self, allocation_id: str, name: str) -> ReverseDns:
        """ModifyAddressAttribute: the address is to resolve to this name; what its record is by then."""
        ...

    def reset_reverse_dns(self, allocation_id: str) -> None:
        """ResetAddressAttribute: the address is to have no record."""
        ...

    def reverse_dns(self, allocation_id: str) -> ReverseDns:
        """DescribeAddressesAttribute: what the record is, empty where there is none."""
        ...

    def addresses_of_cluster(self) -> list[Address]:
        """DescribeAddresses: all that carry this cluster's name, and those that are lent to anyone."""
        ...

    def lent_addresses(self, *, pool: str = "", address: str = "") -> list[Address]:
        """DescribeAddresses: the lent ones of a pool, or the one with this allocation id or public IP.

        The one that is named is answered with whether it is lent or not.
        """
        ...

    def addresses_of_pod(self, uid: str) -> list[Address]:
        """DescribeAddresses: all that carry this cluster's name and the pod's uid."""
        ...

    def addresses_at(self, private_ip: str) -> list[Address]:
        """DescribeAddresses: whatever is associated with the private IP, ours or not."""
        ...

    def address(self, allocation_id: str) -> Address | None:
        """DescribeAddresses: one address, or None when EC2 does not know it."""
        ...

    def interfaces_of_instances(self, instance_ids: Sequence[str]) -> list[Interface]:
        """DescribeNetworkInterfaces: those attached to up to 200 instances."""
        ...

    def interface(self, interface_id: str) -> Interface | None:
        """DescribeNetworkInterfaces: one interface, or None when EC2 does not know it."""
        ...

    def interfaces_of_host(self, host_ip: str, vpc_id: str) -> list[Interface]:
        """DescribeNetworkInterfaces: those of the instance whose interface has this IP in the VPC."""
        ...


class Kubernetes(Protocol):
    """The calls to the API server that a step may make; each raises KubernetesError.

    Where a namespace is passed, names.NODES stands for nodes, which are answered in the form of pods.
    """

    def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod, or None when the API server answered 404."""
        ...

    def pods_at(self, private_ip: str) -> list[Pod]:
        """The pods, labelled or not, whose status names this IP, and the labelled nodes."""
        ...

    def provider_id(self, node: str) -> str | None:
        """spec.providerID of a node, or None when the API server answered 404."""
        ...

    def patch_pod_status(
        self,
        namespace: str,
        name: str,
        uid: str,
        annotations: dict[str, str | None],
        condition: dict[str, str],
    ) -> Pod | None:
        """Set and remove annotations and set one condition in one PATCH; None when that uid is gone."""
        ...

    def create_event(self, event: dict[str, object], namespace: str) -> None:
        """Post one Event."""
        ...
