"""The life of an address against the EC2 double, which refuses what EC2 refuses."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from eip.errors import Ec2Error
from eip.names import Action
from sandbox.ec2.control import Control
from sandbox.ec2.messages import InterfaceShape, Network, Node
from sandbox.ec2.server import Ec2Double
from tests.aws.making import OWNER, PREFIX, TAGS
from workers.aws.client import Ec2Client
from workers.aws.codes import Verdict, verdict
from workers.ports import Address, Owner, Wanted

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import TagTypeDef


@pytest.fixture
def network(control: Control) -> Network:
    """A VPC that is not the default one."""
    return control.create_network()


@pytest.fixture
def node(control: Control, network: Network) -> Node:
    """An instance with pods' addresses, and a prefix."""
    return control.add_node(network, InterfaceShape(secondary_ips=2), InterfaceShape(prefixes=1))


@pytest.fixture
def ec2(control: Control, double: Ec2Double, connect: Callable[[str], Ec2Client]) -> Ec2Client:
    """A client of the double, once its account is new."""
    return connect(double.url)


@pytest.fixture
def on_a_pod(ec2: Ec2Client, node: Node) -> Address:
    """An address on a pod's secondary IP, as EC2 tells of it."""
    allocated = ec2.allocate(OWNER)
    interface = node.interfaces[0]
    ec2.associate(allocated.allocation_id, interface.id, interface.secondary_ips[0])
    associated = ec2.address(allocated.allocation_id)
    assert associated
    return associated


@pytest.fixture
def admin(double: Ec2Double) -> "EC2Client":
    """Another client of the same account, whose addresses are lent."""
    return boto3.client(
        "ec2",
        region_name="us-west-2",
        endpoint_url=double.url,
        aws_access_key_id="admin",
        aws_secret_access_key="admin",
    )


def lend(admin: "EC2Client", **tags: str) -> str:
    """Allocate an address with an admin's tags, as docs/addresses.md says; its id."""
    pairs: list[TagTypeDef] = [{"Key": f"{PREFIX}/{key}", "Value": value} for key, value in tags.items()]
    return admin.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": pairs}])[
        "AllocationId"
    ]


def code_of(call: Callable[[], object]) -> str:
    """The code of what the call raises."""
    with pytest.raises(Ec2Error) as caught:
        call()
    return caught.value.code


def test_an_address_is_found_by_its_tags(ec2: Ec2Client) -> None:
    """What was allocated for a pod is adopted by whoever looks its uid up."""
    allocated = ec2.allocate(OWNER)

    assert [allocated] == ec2.addresses_of_pod(OWNER.uid) == ec2.addresses_of_cluster()
    assert TAGS == allocated.tags
    assert [] == ec2.addresses_of_pod("other")


def test_an_address_on_a_secondary_ip_is_found_there(ec2: Ec2Client, on_a_pod: Address, node: Node) -> None:
    """Association, interface and private IP are read back."""
    interface = node.interfaces[0]

    assert [on_a_pod] == ec2.addresses_at(interface.secondary_ips[0])
    assert interface.id == on_a_pod.interface_id
    assert on_a_pod.association_id.startswith("eipassoc-")
    assert [] == ec2.addresses_at(interface.secondary_ips[1])


def test_nothing_is_moved(ec2: Ec2Client, node: Node, on_a_pod: Address) -> None:
    """A second address does not replace the first on a private IP, and the first does not go elsewhere."""
    second = ec2.allocate(OWNER)
    here = (second.allocation_id, on_a_pod.interface_id, on_a_pod.private_ip)

    elsewhere = (on_a_pod.allocation_id, on_a_pod.interface_id, node.interfaces[0].secondary_ips[1])

    assert "Resource.AlreadyAssociated" == code_of(lambda: ec2.associate(*here))
    assert "Resource.AlreadyAssociated" == code_of(lambda: ec2.associate(*elsewhere))


def test_an_associated_address_is_disassociated_before_it_is_released(
    ec2: Ec2Client, on_a_pod: Address
) -> None:
    """EC2 refuses it the other way round, outside of a default VPC."""
    assert "InvalidIPAddress.InUse" == code_of(lambda: ec2.release(on_a_pod.allocation_id))
    ec2.disassociate(on_a_pod.association_id)
    ec2.release(on_a_pod.allocation_id)

    assert ec2.address(on_a_pod.allocation_id) is None
    assert [] == ec2.addresses_of_cluster()


def test_the_interfaces_of_instances_have_all_addresses(ec2: Ec2Client, node: Node, network: Network) -> None:
    """Primary and secondary IPs, prefixes, the VPC and the instance."""
    first, second = sorted(
        ec2.interfaces_of_instances([node.instance_id]), key=lambda found: bool(found.prefixes)
    )

    assert set(node.interfaces[0].ips) == first.private_ips
    assert tuple(node.interfaces[1].prefixes) == second.prefixes
    assert {(node.instance_id, network.vpc_id)} == {(i.instance_id, i.vpc_id) for i in (first, second)}
    assert first == ec2.interface(first.interface_id)
    assert ec2.interface("eni-0000000000000000f") is None


def test_a_host_is_found_by_its_ip_in_its_vpc_only(ec2: Ec2Client, node: Node, network: Network) -> None:
    """Other VPCs may have the same IP."""
    assert 2 == len(ec2.interfaces_of_host(node.private_ip, network.vpc_id))
    assert [] == ec2.interfaces_of_host(node.private_ip, "vpc-0000000000000000f")


def test_interfaces_that_aws_manages_are_told_as_such(
    ec2: Ec2Client, control: Control, network: Network
) -> None:
    """EKS Auto Mode's are refused by this."""
    node = control.add_node(network, InterfaceShape(managed=True))

    assert ec2.interfaces_of_instances([node.instance_id])[0].managed_by


def test_the_lent_addresses_of_a_pool_are_found(ec2: Ec2Client, admin: "EC2Client") -> None:
    """Those with the tag `lend`, of this pool and no other."""
    web = lend(admin, lend="prod", pool="web")
    lend(admin, lend="prod", pool="db")
    lend(admin, pool="web")

    assert [web] == [address.allocation_id for address in ec2.lent_addresses(pool="web")]
    assert [] == ec2.lent_addresses(pool="we?")


def test_a_named_address_is_found_lent_or_not(ec2: Ec2Client, admin: "EC2Client") -> None:
    """By its id or its public IP, so that a pod can be told that it is not lent to it."""
    plain = admin.allocate_address()

    for name in (plain["AllocationId"], plain["PublicIp"]):
        assert [plain["AllocationId"]] == [a.allocation_id for a in ec2.lent_addresses(address=name)]
    assert [] == ec2.lent_addresses(address="203.0.113.200")


def test_the_clusters_and_the_lent_addresses_are_found_in_one_call(
    ec2: Ec2Client, admin: "EC2Client", control: Control
) -> None:
    """Whoever they are lent to; another cluster's and an admin's own are left out."""
    ours, lent = ec2.allocate(OWNER).allocation_id, lend(admin, lend="other/*")
    lend(admin, cluster_name="other", cluster_uid="1", pod_uid="2")
    admin.allocate_address()
    control.reset_calls()

    assert {ours, lent} == {address.allocation_id for address in ec2.addresses_of_cluster()}
    assert 1 == control.calls().count(Action.DESCRIBE_ADDRESSES)


def test_a_kept_address_goes_to_the_next_pod(ec2: Ec2Client) -> None:
    """Tagged again it is the next pod's, and says for how long it stays; all else is as it was."""
    before = ec2.allocate(OWNER, Wanted(keep=60))

    ec2.tag(before.allocation_id, Owner("next", OWNER.namespace, OWNER.name), -1)

    assert [] == ec2.addresses_of_pod(OWNER.uid)
    (after,) = ec2.addresses_of_pod("next")
    assert {**before.tags, f"{PREFIX}/pod_uid": "next", f"{PREFIX}/keep": "forever"} == after.tags


def test_an_address_that_is_gone_is_not_tagged(ec2: Ec2Client) -> None:
    """The code is one that says so."""
    code = code_of(lambda: ec2.tag("eipalloc-0000000000000000f", OWNER, 60))

    assert Verdict.GONE is verdict(Ec2Error(code, "")).verdict


def test_an_address_comes_from_the_pool_that_is_asked_for(ec2: Ec2Client, control: Control) -> None:
    """Any of a pool of EC2, or the very one that is named of an IPAM pool."""
    control.add_pool("ipv4pool-ec2-0a", "203.0.113.0/31")
    control.add_pool("ipam-pool-0a", "203.0.113.8/31")

    assert "203.0.113.0" == ec2.allocate(OWNER, Wanted("ipv4pool-ec2-0a")).public_ip
    assert "203.0.113.9" == ec2.allocate(OWNER, Wanted("ipam-pool-0a", "203.0.113.9")).public_ip
    assert "InvalidAddress.NotFound" == code_of(
        lambda: ec2.allocate(OWNER, Wanted("ipam-pool-0a", "203.0.113.9"))
    )


def test_throttling_is_told_and_not_retried(ec2: Ec2Client, control: Control) -> None:
    """The token bucket decides when to try again, not botocore."""
    control.throttle(Action.ALLOCATE)

    assert "RequestLimitExceeded" == code_of(lambda: ec2.allocate(OWNER))
    assert 1 == control.calls().count(Action.ALLOCATE)


def test_a_lost_reply_leaves_an_address_that_its_tag_finds(ec2: Ec2Client, control: Control) -> None:
    """AllocateAddress has no client token: it is not repeated, and what it did is adopted."""
    control.lose_replies(Action.ALLOCATE)

    assert "NoReply" == code_of(lambda: ec2.allocate(OWNER))
    assert 1 == control.calls().count(Action.ALLOCATE)
    assert 1 == len(ec2.addresses_of_pod(OWNER.uid))
