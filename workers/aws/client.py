"""The EC2 actions that may be called.

Nothing is retried here: botocore's retries would spend more tokens than were taken, and would repeat an
AllocateAddress whose answer was lost. A call ends within the time-outs of workers.aws.session.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from eip import names
from eip.errors import Ec2Error
from eip.names import Action
from workers.aws import answers, codes
from workers.aws.failures import translated
from workers.aws.session import connect, region_of
from workers.aws.tags import field_filter, tag_filter, tags_of, tags_of_next
from workers.observing.calls import calling
from workers.ports import ANY, Address, Interface, Owner, ReverseDns, Wanted

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import (
        AllocateAddressRequestTypeDef,
        DescribeNetworkInterfacesRequestTypeDef,
        FilterTypeDef,
        ReleaseAddressRequestTypeDef,
    )

IPAM_POOL = "ipam-pool-"
DOMAIN_NAME: Final = "domain-name"  # the only attribute that EC2 has
PAGE = 1000  # EC2's largest page of DescribeNetworkInterfaces


@dataclass(frozen=True, slots=True)
class Placement:
    """Where addresses come from; by default Amazon's pool and the Region's own border group."""

    public_ipv4_pool: str = ""
    network_border_group: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Whose the addresses are, as their tags say; `tags` are the user's own."""

    name: str
    uid: str
    tags: Mapping[str, str] = field(default_factory=dict)


class Ec2Client:
    """workers.ports.Ec2 on boto3; one is shared by all threads of a worker.

    `acquire` is called before each describing call, and blocks until the action's bucket has a token;
    `throttled` after each call that EC2 refused because the action's limit was exceeded.
    The boto3 client is made by the first call, after a prefork pool has forked.
    Raises SettingsError when no Region is set.
    """

    def __init__(
        self,
        cluster: Cluster,
        acquire: Callable[[Action], None],
        throttled: Callable[[Action], None] = lambda _: None,
        placement: Placement = Placement(),
        region: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep who the addresses are for; nothing is sent."""
        self._cluster = cluster
        self._acquire = acquire
        self._throttled = throttled
        self._placement = placement
        self._region = region or region_of()
        self._now = now
        self._lock = Lock()
        self._made: EC2Client | None = None

    def allocate(self, owner: Owner, wanted: Wanted = ANY) -> Address:
        """AllocateAddress with the owner's tags in the same call, so that no address is ever without them."""
        cluster = self._cluster
        tags = tags_of(owner, cluster.name, cluster.uid, cluster.tags, self._now(), wanted.keep)
        request: AllocateAddressRequestTypeDef = {
            "Domain": "vpc",
            "TagSpecifications": [{"ResourceType": "elastic-ip", "Tags": tags}],
        }
        pool = wanted.public_ipv4_pool or self._placement.public_ipv4_pool
        if pool.startswith(IPAM_POOL):
            request["IpamPoolId"] = pool
        elif pool:
            request["PublicIpv4Pool"] = pool
        if wanted.address:
            request["Address"] = wanted.address
        if self._placement.network_border_group:
            request["NetworkBorderGroup"] = self._placement.network_border_group
        with self._calling(Action.ALLOCATE):
            said = self._client().allocate_address(**request)
            return Address(said["AllocationId"], said["PublicIp"], tags={t["Key"]: t["Value"] for t in tags})

    def tag(self, allocation_id: str, owner: Owner, keep: int) -> None:
        """CreateTags: the pod's uid and how long it is kept; the rest stays as it is."""
        with self._calling(Action.TAG):
            self._client().create_tags(Resources=[allocation_id], Tags=tags_of_next(owner, keep))

    def associate(self, allocation_id: str, interface_id: str, private_ip: str) -> str:
        """AssociateAddress; its id. Nothing is moved for it, which must be said: EC2's default is to move."""
        with self._calling(Action.ASSOCIATE):
            return self._client().associate_address(
                AllocationId=allocation_id,
                NetworkInterfaceId=interface_id,
                PrivateIpAddress=private_ip,
                AllowReassociation=False,
            )["AssociationId"]

    def disassociate(self, association_id: str) -> None:
        """DisassociateAddress."""
        with self._calling(Action.DISASSOCIATE):
            self._client().disassociate_address(AssociationId=association_id)

    def release(self, allocation_id: str) -> None:
        """ReleaseAddress; outside the Region's own border group, the group is named."""
        request: ReleaseAddressRequestTypeDef = {"AllocationId": allocation_id}
        if self._placement.network_border_group:
            request["NetworkBorderGroup"] = self._placement.network_border_group
        with self._calling(Action.RELEASE):
            self._client().release_address(**request)

    def set_reverse_dns(self, allocation_id: str, name: str) -> ReverseDns:
        """ModifyAddressAttribute."""
        with self._calling(Action.MODIFY_ATTRIBUTE):
            said = self._client().modify_address_attribute(AllocationId=allocation_id, DomainName=name)
            return answers.reverse_dns(said["Address"])

    def reset_reverse_dns(self, allocation_id: str) -> None:
        """ResetAddressAttribute."""
        with self._calling(Action.RESET_ATTRIBUTE):
            self._client().reset_address_attribute(AllocationId=allocation_id, Attribute=DOMAIN_NAME)

    def reverse_dns(self, allocation_id: str) -> ReverseDns:
        """DescribeAddressesAttribute; an address without a record may be left out of the answer."""
        self._acquire(Action.DESCRIBE_ATTRIBUTES)
        with self._calling(Action.DESCRIBE_ATTRIBUTES):
            said = self._client().describe_addresses_attribute(
                AllocationIds=[allocation_id], Attribute=DOMAIN_NAME
            )
            found = [a for a in said["Addresses"] if a.get("AllocationId") == allocation_id]
            return answers.reverse_dns(found[0]) if found else ReverseDns()

    def addresses_of_cluster(self) -> list[Address]:
        """DescribeAddresses, once: all that carry this cluster's name, and those that are lent.

        They are told apart here: where EC2 finds either of two `tag-key`, LocalStack finds what has both.
        """
        found = self._addresses([field_filter("domain", "vpc")])
        return [address for address in found if self._is_named(address) or names.LEND_TAG in address.tags]

    def lent_addresses(self, *, pool: str = "", address: str = "") -> list[Address]:
        """DescribeAddresses: the lent ones of a pool, or the one that is named, lent or not."""
        if pool:
            lent = field_filter("tag-key", names.LEND_TAG)
            return self._addresses([tag_filter(names.POOL_TAG, pool), lent])
        known_by = "allocation-id" if address.startswith("eipalloc-") else "public-ip"
        return self._addresses([field_filter(known_by, address)])

    def addresses_of_pod(self, uid: str) -> list[Address]:
        """DescribeAddresses: all that carry this cluster's name and the pod's uid."""
        return self._tagged({names.CLUSTER_NAME_TAG: self._cluster.name, names.POD_UID_TAG: uid})

    def addresses_at(self, private_ip: str) -> list[Address]:
        """DescribeAddresses: whatever is associated with the private IP in any VPC, ours or not."""
        return self._addresses([field_filter("private-ip-address", private_ip)])

    def address(self, allocation_id: str) -> Address | None:
        """DescribeAddresses: one address, or None when EC2 does not know it."""
        return next(iter(self._addresses([field_filter("allocation-id", allocation_id)])), None)

    def interfaces_of_instances(self, instance_ids: Sequence[str]) -> list[Interface]:
        """DescribeNetworkInterfaces: those attached to up to 200 instances (EC2's limit of filter values)."""
        if not instance_ids:
            return []
        return list(self._interfaces(field_filter("attachment.instance-id", *instance_ids)))

    def interface(self, interface_id: str) -> Interface | None:
        """DescribeNetworkInterfaces: one interface, or None when EC2 does not know it."""
        return next(self._interfaces(field_filter("network-interface-id", interface_id)), None)

    def interfaces_of_host(self, host_ip: str, vpc_id: str) -> list[Interface]:
        """DescribeNetworkInterfaces, twice: whose IP it is, and all interfaces of that instance."""
        ours = field_filter("vpc-id", vpc_id)
        at = self._interfaces(field_filter("addresses.private-ip-address", host_ip), ours)
        instances = sorted({interface.instance_id for interface in at if interface.instance_id})
        return self.interfaces_of_instances(instances)

    def _is_named(self, address: Address) -> bool:
        return address.tags.get(names.CLUSTER_NAME_TAG) == self._cluster.name

    def _tagged(self, tags: Mapping[str, str]) -> list[Address]:
        found = self._addresses([tag_filter(key, value) for key, value in tags.items()])
        return [address for address in found if tags.items() <= address.tags.items()]

    def _addresses(self, filters: "list[FilterTypeDef]") -> list[Address]:
        self._acquire(Action.DESCRIBE_ADDRESSES)
        with self._calling(Action.DESCRIBE_ADDRESSES):
            found = self._client().describe_addresses(Filters=filters)["Addresses"]
            return [answers.address(address) for address in found]

    def _interfaces(self, *filters: "FilterTypeDef") -> Iterator[Interface]:
        """All pages, a token each; what AWS manages is asked for too, to be able to say why it is refused."""
        request: DescribeNetworkInterfacesRequestTypeDef = {
            "Filters": filters,
            "MaxResults": PAGE,
            "IncludeManagedResources": True,
        }
        while True:
            self._acquire(Action.DESCRIBE_INTERFACES)
            with self._calling(Action.DESCRIBE_INTERFACES):
                page = self._client().describe_network_interfaces(**request)
                found = page["NetworkInterfaces"]
            yield from map(answers.interface, found)
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    @contextmanager
    def _calling(self, action: Action) -> Iterator[None]:
        try:
            with calling(action), translated(action):
                yield
        except Ec2Error as error:
            if codes.verdict(error).verdict is codes.Verdict.THROTTLED:
                self._throttled(action)
            raise

    def _client(self) -> "EC2Client":
        with self._lock:
            if self._made is None:
                self._made = connect("ec2", self._region)
            return self._made
