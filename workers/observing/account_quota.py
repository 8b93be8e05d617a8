"""The account's quota of Elastic IPs in the Region, and how many count against it."""

from collections.abc import Callable
from typing import Any

from eip.names import Action
from workers.aws.session import connect
from workers.observing.installation import QuotaUse

SERVICE = "ec2"
CODE = "L-0263D0A3"
AMAZONS_POOL = "amazon"
"""Addresses that the account brought along, or took from an IPAM pool, do not count."""


def read_quota(region: str, acquire: Callable[[Action], None]) -> QuotaUse:
    """Two calls, each of which may raise whatever botocore raises: an account need not allow them.

    `acquire` has a rate token for DescribeAddresses.
    """
    quotas: Any = connect("service-quotas", region)
    applied = quotas.get_service_quota(ServiceCode=SERVICE, QuotaCode=CODE)
    acquire(Action.DESCRIBE_ADDRESSES)
    found = connect("ec2", region).describe_addresses()["Addresses"]
    counting = [a for a in found if a.get("PublicIpv4Pool", AMAZONS_POOL) == AMAZONS_POOL]
    return QuotaUse(float(applied["Quota"]["Value"]), len(counting))
