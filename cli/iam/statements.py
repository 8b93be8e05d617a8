"""The statements of the workers' IAM policy, as narrow as EC2 can say them.

Which condition keys an action knows on which resource:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eip import names
from eip.names import Action

Statement = dict[str, Any]

QUOTA = "L-0263D0A3"
"""Service Quotas' code of "EC2-VPC Elastic IPs"."""

REWRITTEN_TAGS = (names.POD_UID_TAG, names.KEEP_TAG)
"""What changes on a kept address when another pod gets it: not the cluster, and not to whom it is lent."""

_USE = (Action.ASSOCIATE, Action.DISASSOCIATE)
_LOOK = (Action.DESCRIBE_ADDRESSES, Action.DESCRIBE_INTERFACES)
_REVERSE_DNS = ("ModifyAddressAttribute", "ResetAddressAttribute")


@dataclass(frozen=True, slots=True)
class Target:
    """Whose addresses, and where. Interfaces are those of one VPC, which may be another account's, shared."""

    cluster: str
    vpc: str
    region: str
    account: str
    partition: str
    cluster_uid: str

    def arn(self, resource: str, service: str = "ec2") -> str:
        """The ARN of a resource of the account in the Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def addresses(self) -> str:
        """All addresses of the account in the Region."""
        return self.arn("elastic-ip/*")

    @property
    def here(self) -> dict[str, str]:
        """The condition that confines what EC2 lets nobody confine by resource."""
        return {"aws:RequestedRegion": self.region}

    @property
    def tagged(self) -> dict[str, str]:
        """The condition that the address has the cluster's tags."""
        return self._tags("aws:ResourceTag")

    @property
    def tagging(self) -> dict[str, str]:
        """The condition that the request sets the cluster's tags."""
        return self._tags("aws:RequestTag")

    def _tags(self, key: str) -> dict[str, str]:
        uid = {f"{key}/{names.CLUSTER_UID_TAG}": self.cluster_uid} if self.cluster_uid else {}
        return {f"{key}/{names.CLUSTER_NAME_TAG}": self.cluster, **uid}


def always(target: Target) -> list[Statement]:
    """Allocate, associate, disassociate and release addresses of the cluster, and look."""
    return [
        _allow("AllocateWithOurTags", [Action.ALLOCATE], target.addresses, StringEquals=target.tagging),
        _allow(
            "TagWhileAllocating",
            [Action.TAG],
            target.addresses,
            StringEquals={"ec2:CreateAction": Action.ALLOCATE.value, **target.tagging},
        ),
        _allow("UseOurAddresses", _USE, target.addresses, StringEquals=target.tagged),
        _allow(
            "ReleaseOurAddressesUnlessLent",
            [Action.RELEASE],
            target.addresses,
            StringEquals=target.tagged,
            Null={f"aws:ResourceTag/{names.LEND_TAG}": "true"},
        ),
        _allow(
            "UseInterfacesOfTheVpc",
            _USE,
            target.arn("network-interface/*"),
            # The VPC's owner is another account where it is shared; the id alone says which it is.
            ArnLike={"ec2:Vpc": f"arn:{target.partition}:ec2:{target.region}:*:vpc/{target.vpc}"},
        ),
        _allow("Look", _LOOK, "*", StringEquals=target.here),
    ]


def for_kept_addresses(target: Target) -> list[Statement]:
    """Write another pod's uid on an address of the cluster, and never whose the address is.

    ForAllValues is true of a request without tags: the second half of Null keeps that one out.
    """
    not_whose = dict.fromkeys(
        (f"aws:RequestTag/{tag}" for tag in (names.CLUSTER_NAME_TAG, names.CLUSTER_UID_TAG)), "true"
    )
    return [
        _allow(
            "RewriteTagsOfOurAddresses",
            [Action.TAG],
            target.addresses,
            StringEquals=target.tagged,
            Null={**not_whose, "aws:TagKeys": "false"},
            **{"ForAllValues:StringEquals": {"aws:TagKeys": list(REWRITTEN_TAGS)}},
        )
    ]


def for_lent_addresses(target: Target) -> list[Statement]:
    """Use, but never release or tag, what an admin lends to the cluster or to pods by name.

    The tag's value is words, as `workers.ours` reads them. IAM can find the cluster's among them, as
    CLUSTER or CLUSTER:NAMESPACE/NAME. It doesn't know which pod is served, so NAMESPACE/NAME counts
    whatever it says, but for a value that says of any of its words which cluster is meant.
    """
    lend = f"aws:ResourceTag/{names.LEND_TAG}"
    nobodys = {f"aws:ResourceTag/{names.CLUSTER_UID_TAG}": "true"}
    ours = [word for name in (target.cluster, target.cluster_uid) if name for word in _as_word(name)]
    pods = {"StringLike": {lend: "*/*"}, "StringNotLike": {lend: "*:*"}}
    return [
        _allow("UseAddressesLentToUs", _USE, target.addresses, StringLike={lend: ours}, Null=nobodys),
        _allow("UseAddressesLentToPods", _USE, target.addresses, **pods, Null=nobodys),
    ]


def for_reverse_dns(target: Target) -> list[Statement]:
    """Set and reset the PTR record of an address of the cluster, and see whether it is there."""
    return [
        _allow("ReverseDnsOfOurAddresses", _REVERSE_DNS, target.addresses, StringEquals=target.tagged),
        _allow("LookAtReverseDns", ["DescribeAddressesAttribute"], "*", StringEquals=target.here),
    ]


def for_quota(target: Target) -> list[Statement]:
    """Read how many addresses the account may have."""
    quota = target.arn(f"ec2/{QUOTA}", "servicequotas")
    return [_allow("ReadTheQuota", ["servicequotas:GetServiceQuota"], quota, StringEquals=target.here)]


def for_pools(target: Target, pools: Sequence[str]) -> list[Statement]:
    """Allocate from pools of addresses that were brought to AWS, or are managed by IPAM."""
    arns = [_pool_arn(target, pool) for pool in pools]
    return [_allow("AllocateFromPools", [Action.ALLOCATE], arns, StringEquals=target.here)] if arns else []


def _as_word(name: str) -> list[str]:
    """Patterns of values that have this name among their words, with or without pods after a colon."""
    return [f"{before}{name}{after}" for before in ("", "* ", "*,") for after in ("", " *", ",*", ":*")]


def _allow(
    name: str, actions: Sequence[str], resource: str | Sequence[str], **conditions: dict[str, Any]
) -> Statement:
    named = [action if ":" in action else f"ec2:{action}" for action in actions]
    where = resource if isinstance(resource, str) else list(resource)
    return {"Sid": name, "Effect": "Allow", "Action": named, "Resource": where, "Condition": conditions}


def _pool_arn(target: Target, pool: str) -> str:
    """A pool of IPAM is of no Region, and may be another account's, shared."""
    if pool.startswith("ipam-pool-"):
        return f"arn:{target.partition}:ec2::*:ipam-pool/{pool}"
    return target.arn(f"ipv4pool-ec2/{pool}")
