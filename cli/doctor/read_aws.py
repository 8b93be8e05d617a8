"""Asks STS, EC2 and Service Quotas for all that the checks want to know."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from os import environ
from typing import TYPE_CHECKING, Any

from cli.doctor.dry_runs import probes
from cli.doctor.facts import AwsFacts, Caller, NodeInterface, RouteTable
from cli.doctor.seen import Unseen, look
from eip import names
from eip.settings import Settings
from workers.aws import answers
from workers.aws.batch import MOST_KEYS
from workers.aws.session import connect, region_of
from workers.aws.tags import field_filter
from workers.ports import Address

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

EIP_QUOTA = "L-0263D0A3"
"""Service Quotas' code of EC2-VPC Elastic IPs."""

AN_ADMIN = "ask with an admin's AWS credentials"
EVERYWHERE = "0.0.0.0/0"

PAGES: Any = {"PageSize": 1000}

_WORKLOAD = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE")
"""What EKS Pod Identity and IRSA set in a pod."""


def read(settings: Settings, cluster_uid: str, instances: Sequence[str], reverse_dns: str = "") -> AwsFacts:
    """The facts; when no Region is named or EC2 is away, only that.

    `instances` are those of the nodes, `reverse_dns` is a name that a pod asks for.
    """
    region = look(region_of)
    if isinstance(region, Unseen):
        return _away(region)
    ec2 = look(lambda: connect("ec2", region))
    if isinstance(ec2, Unseen):
        return _away(ec2)
    found = look(lambda: addresses_of(ec2))
    if isinstance(found, Unseen) and not found.refused:
        return _away(found)
    addresses = found if isinstance(found, Unseen) else found[0]
    known = [] if isinstance(addresses, Unseen) else list(ours(addresses, settings, cluster_uid))
    return AwsFacts(
        region=region,
        caller=look(lambda: _caller(region)),
        as_workload=any(name in environ for name in _WORKLOAD),
        addresses=addresses,
        quota=look(lambda: _quota(region), f"allow servicequotas:GetServiceQuota, or {AN_ADMIN}"),
        probes=tuple(probes(ec2, settings, cluster_uid, known, reverse_dns)),
        interfaces=look(lambda: tuple(_interfaces(ec2, instances))),
        tables=look(lambda: tuple(_tables(ec2)), f"allow ec2:DescribeRouteTables, or {AN_ADMIN}"),
        clock_ahead=found if isinstance(found, Unseen) else found[1],
    )


def _away(why: Unseen) -> AwsFacts:
    """The reason once; all else could not be asked."""
    rest = Unseen("EC2 could not be asked")
    return AwsFacts(
        region=why,
        caller=rest,
        addresses=rest,
        quota=rest,
        probes=rest,
        interfaces=rest,
        tables=rest,
        clock_ahead=rest,
    )


def addresses_of(ec2: "EC2Client") -> tuple[tuple[Address, ...], float]:
    """All addresses of the Region, and by how many seconds EC2's clock is ahead, to the second."""
    began = datetime.now(UTC)
    said = ec2.describe_addresses()
    middle = began + (datetime.now(UTC) - began) / 2
    date = parsedate_to_datetime(said["ResponseMetadata"]["HTTPHeaders"]["date"])
    return tuple(map(answers.address, said["Addresses"])), (date - middle).total_seconds()


def ours(addresses: Sequence[Address], settings: Settings, cluster_uid: str) -> Iterator[Address]:
    """Those that bear both marks of the cluster, by which a policy can confine its role."""
    marks = {names.CLUSTER_NAME_TAG: settings.cluster_name, names.CLUSTER_UID_TAG: cluster_uid}
    return (address for address in addresses if marks.items() <= address.tags.items())


def _caller(region: str) -> Caller:
    said = connect("sts", region).get_caller_identity()
    return Caller(said["Account"], said["Arn"])


def _quota(region: str) -> float:
    said = connect("service-quotas", region).get_service_quota(ServiceCode="ec2", QuotaCode=EIP_QUOTA)
    return float(said["Quota"]["Value"])


def _interfaces(ec2: "EC2Client", instances: Sequence[str]) -> Iterator[NodeInterface]:
    for start in range(0, len(instances), MOST_KEYS):
        chosen = field_filter("attachment.instance-id", *instances[start : start + MOST_KEYS])
        pages = ec2.get_paginator("describe_network_interfaces")
        for page in pages.paginate(Filters=[chosen], IncludeManagedResources=True, PaginationConfig=PAGES):
            yield from map(_interface, page["NetworkInterfaces"])


def _interface(found: Any) -> NodeInterface:
    read = answers.interface(found)
    subnet = found.get("SubnetId", "")
    return NodeInterface(read.instance_id, read.interface_id, subnet, read.vpc_id, read.managed_by)


def _tables(ec2: "EC2Client") -> Iterator[RouteTable]:
    for page in ec2.get_paginator("describe_route_tables").paginate(PaginationConfig=PAGES):
        yield from map(_table, page["RouteTables"])


def _table(found: Mapping[str, Any]) -> RouteTable:
    associations = found.get("Associations", [])
    return RouteTable(
        table_id=found.get("RouteTableId", ""),
        vpc_id=found.get("VpcId", ""),
        main=any(association.get("Main") for association in associations),
        subnets=frozenset(a["SubnetId"] for a in associations if a.get("SubnetId")),
        ways_out=tuple(_target(r) for r in found.get("Routes", []) if _leads_everywhere(r)),
    )


def _leads_everywhere(route: Mapping[str, Any]) -> bool:
    return route.get("DestinationCidrBlock") == EVERYWHERE and route.get("State", "active") == "active"


def _target(route: Mapping[str, Any]) -> str:
    targets = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")
    return next((str(route[name]) for name in targets if route.get(name)), "another target")
