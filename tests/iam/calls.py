"""Calls of the workers of the cluster `games` as IAM sees them, and those of others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eip import names
from eip.names import CLUSTER_NAME_TAG, CLUSTER_UID_TAG, LEND_TAG
from workers.aws.tags import tags_of, tags_of_next
from workers.ports import Owner

ARN = "arn:aws:ec2:eu-central-1:123456789012"
ADDRESS = f"{ARN}:elastic-ip/eipalloc-1"
NEW_ADDRESS = f"{ARN}:elastic-ip/*"
INTERFACE = f"{ARN}:network-interface/eni-1"
INSTANCE = f"{ARN}:instance/i-1"
VPC = "vpc-0123456789abcdef0"
OWNER = Owner("0b1c", "games", "lobby-0")

Call = tuple[str, dict[str, dict[str, Any]]]


def tagged(tags: Mapping[str, str]) -> dict[str, str]:
    """The context of an address that has these tags."""
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def tagging(tags: Mapping[str, str]) -> dict[str, Any]:
    """The context of a request that sets these tags; without any, `aws:TagKeys` is not there either."""
    keys = {"aws:TagKeys": list(tags)} if tags else {}
    return {**{f"aws:RequestTag/{key}": value for key, value in tags.items()}, **keys}


def of(cluster: str, uid: str = "c0ffee") -> dict[str, str]:
    """The tags that a cluster's workers allocate with, a user's own among them."""
    made = tags_of(OWNER, cluster, uid, {"team": "a"}, datetime(2026, 1, 1, tzinfo=UTC))
    return {tag["Key"]: tag["Value"] for tag in made}


OURS = tagged(of("games"))
THEIRS = tagged(of("voice"))
OURS_AND_LENT = tagged({**of("games"), LEND_TAG: "games"})
NOBODYS = tagged({"Name": "nat"})
ALLOCATING = {**tagging(of("games")), "ec2:CreateAction": "AllocateAddress"}
IN_VPC = {"ec2:Vpc": f"{ARN}:vpc/{VPC}"}
IN_SHARED_VPC = {"ec2:Vpc": f"arn:aws:ec2:eu-central-1:210987654321:vpc/{VPC}"}
ELSEWHERE = {"ec2:Vpc": f"{ARN}:vpc/vpc-0fedcba9876543210"}
HERE = {"aws:RequestedRegion": "eu-central-1"}
AWAY = {"aws:RequestedRegion": "us-east-1"}
NEXT = {tag["Key"]: tag["Value"] for tag in tags_of_next(OWNER, 3600)}
QUOTA = "arn:aws:servicequotas:eu-central-1:123456789012:ec2/L-0263D0A3"
IPV4_POOL = f"{ARN}:ipv4pool-ec2/ipv4pool-ec2-0123456789abcdef0"
IPAM_POOL = "arn:aws:ec2::210987654321:ipam-pool/ipam-pool-0123456789abcdef0"


def lent(words: str) -> dict[str, str]:
    """The context of an address that an admin lends."""
    return tagged({LEND_TAG: words, names.POOL_TAG: "sip"})


def retag(address: Mapping[str, str], tags: Mapping[str, str]) -> Call:
    """CreateTags on an address that exists."""
    return "ec2:CreateTags", {ADDRESS: {**address, **tagging(tags)}}


ALWAYS: dict[str, Call] = {
    "allocate with the cluster's tags": ("ec2:AllocateAddress", {NEW_ADDRESS: ALLOCATING}),
    "tag in that call": ("ec2:CreateTags", {NEW_ADDRESS: ALLOCATING}),
    "associate in the VPC": ("ec2:AssociateAddress", {ADDRESS: OURS, INTERFACE: IN_VPC}),
    "associate in a VPC that is shared": ("ec2:AssociateAddress", {ADDRESS: OURS, INTERFACE: IN_SHARED_VPC}),
    "disassociate": ("ec2:DisassociateAddress", {ADDRESS: OURS, INTERFACE: IN_VPC}),
    "release": ("ec2:ReleaseAddress", {ADDRESS: OURS}),
    "look at addresses": ("ec2:DescribeAddresses", {"*": HERE}),
    "look at interfaces": ("ec2:DescribeNetworkInterfaces", {"*": HERE}),
}

PARTS: dict[str, dict[str, Call]] = {
    "kept": {"name the next pod": retag(OURS, NEXT)},
    "lent": {
        "associate what is lent to the cluster": (
            "ec2:AssociateAddress",
            {ADDRESS: lent("games"), INTERFACE: IN_VPC},
        ),
        "disassociate what is lent to pods": (
            "ec2:DisassociateAddress",
            {ADDRESS: lent("games/lobby-*"), INTERFACE: IN_VPC},
        ),
    },
    "reverse_dns": {
        "set a name": ("ec2:ModifyAddressAttribute", {ADDRESS: OURS}),
        "take it back": ("ec2:ResetAddressAttribute", {ADDRESS: OURS}),
        "look at names": ("ec2:DescribeAddressesAttribute", {"*": HERE}),
    },
    "pools": {
        "from a pool of EC2": ("ec2:AllocateAddress", {NEW_ADDRESS: ALLOCATING, IPV4_POOL: HERE}),
        "from a pool of IPAM": ("ec2:AllocateAddress", {NEW_ADDRESS: ALLOCATING, IPAM_POOL: HERE}),
    },
    "quota": {"read the quota": ("servicequotas:GetServiceQuota", {QUOTA: HERE})},
}

NEVER: dict[str, Call] = {
    "allocate without tags": ("ec2:AllocateAddress", {NEW_ADDRESS: tagging({})}),
    "allocate for another cluster": ("ec2:AllocateAddress", {NEW_ADDRESS: tagging(of("voice"))}),
    "allocate in another Region": (
        "ec2:AllocateAddress",
        {"arn:aws:ec2:us-east-1:123456789012:elastic-ip/*": ALLOCATING},
    ),
    "allocate from another pool": (
        "ec2:AllocateAddress",
        {NEW_ADDRESS: ALLOCATING, f"{ARN}:ipv4pool-ec2/ipv4pool-ec2-0fedcba9876543210": HERE},
    ),
    "allocate from a pool for another Region": (
        "ec2:AllocateAddress",
        {NEW_ADDRESS: ALLOCATING, IPAM_POOL: AWAY},
    ),
    "tag for another cluster while allocating": (
        "ec2:CreateTags",
        {NEW_ADDRESS: {**tagging(of("voice")), "ec2:CreateAction": "AllocateAddress"}},
    ),
    "tag in another call": (
        "ec2:CreateTags",
        {NEW_ADDRESS: {**ALLOCATING, "ec2:CreateAction": "RunInstances"}},
    ),
    "tag an interface": ("ec2:CreateTags", {INTERFACE: {**ALLOCATING, **IN_VPC}}),
    "tag an instance": ("ec2:CreateTags", {INSTANCE: ALLOCATING}),
    "adopt an address without tags": retag(NOBODYS, of("games")),
    "adopt another cluster's": retag(THEIRS, of("games")),
    "adopt what is lent": retag(lent("games"), {CLUSTER_NAME_TAG: "games"}),
    "name a pod on an address without tags": retag(NOBODYS, NEXT),
    "name a pod on another cluster's": retag(THEIRS, NEXT),
    "name a pod on what is lent": retag(lent("games"), NEXT),
    "say the cluster again": retag(OURS, {**NEXT, CLUSTER_NAME_TAG: "games"}),
    "give an address to another cluster": retag(OURS, {**NEXT, CLUSTER_NAME_TAG: "voice"}),
    "change the cluster's uid": retag(OURS, {**NEXT, CLUSTER_UID_TAG: "other"}),
    "lend an address": retag(OURS, {LEND_TAG: "voice"}),
    "write any other tag": retag(OURS, {**NEXT, "team": "b"}),
    "write no tag": retag(OURS, {}),
    "remove tags": ("ec2:DeleteTags", {ADDRESS: {**OURS, **tagging(NEXT)}}),
    "associate an address without tags": ("ec2:AssociateAddress", {ADDRESS: NOBODYS, INTERFACE: IN_VPC}),
    "associate another cluster's": ("ec2:AssociateAddress", {ADDRESS: THEIRS, INTERFACE: IN_VPC}),
    "associate in another VPC": ("ec2:AssociateAddress", {ADDRESS: OURS, INTERFACE: ELSEWHERE}),
    "associate what is lent in another VPC": (
        "ec2:AssociateAddress",
        {ADDRESS: lent("games"), INTERFACE: ELSEWHERE},
    ),
    "associate with an instance": ("ec2:AssociateAddress", {ADDRESS: OURS, INSTANCE: {}}),
    "disassociate an address without tags": (
        "ec2:DisassociateAddress",
        {ADDRESS: NOBODYS, INTERFACE: IN_VPC},
    ),
    "disassociate another cluster's": ("ec2:DisassociateAddress", {ADDRESS: THEIRS, INTERFACE: IN_VPC}),
    "disassociate in another VPC": ("ec2:DisassociateAddress", {ADDRESS: OURS, INTERFACE: ELSEWHERE}),
    "release an address without tags": ("ec2:ReleaseAddress", {ADDRESS: NOBODYS}),
    "release another cluster's": ("ec2:ReleaseAddress", {ADDRESS: THEIRS}),
    "release what is lent": ("ec2:ReleaseAddress", {ADDRESS: lent("games")}),
    "release an own one that is lent": ("ec2:ReleaseAddress", {ADDRESS: OURS_AND_LENT}),
    "name another cluster's in the DNS": ("ec2:ModifyAddressAttribute", {ADDRESS: THEIRS}),
    "name what is lent in the DNS": ("ec2:ModifyAddressAttribute", {ADDRESS: lent("games")}),
    "take the name of an address without tags": ("ec2:ResetAddressAttribute", {ADDRESS: NOBODYS}),
    "look at names in another Region": ("ec2:DescribeAddressesAttribute", {"*": AWAY}),
    "look at addresses in another Region": ("ec2:DescribeAddresses", {"*": AWAY}),
    "look at interfaces in another Region": ("ec2:DescribeNetworkInterfaces", {"*": AWAY}),
    "look at instances": ("ec2:DescribeInstances", {"*": HERE}),
    "read another quota": (
        "servicequotas:GetServiceQuota",
        {"arn:aws:servicequotas:eu-central-1:123456789012:ec2/L-1216C47A": HERE},
    ),
}
