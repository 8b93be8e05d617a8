"""EC2's answers, reduced to the fields that are read."""

from typing import TYPE_CHECKING

from workers.ports import Address, Interface, ReverseDns

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import AddressAttributeTypeDef, AddressTypeDef, NetworkInterfaceTypeDef

UNNAMED_MANAGER = "an AWS service"


def address(found: "AddressTypeDef") -> Address:
    """One of DescribeAddresses' Addresses."""
    return Address(
        allocation_id=found.get("AllocationId", ""),
        public_ip=found.get("PublicIp", ""),
        association_id=found.get("AssociationId", ""),
        private_ip=found.get("PrivateIpAddress", ""),
        interface_id=found.get("NetworkInterfaceId", ""),
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", []) if "Key" in tag and "Value" in tag},
    )


def reverse_dns(found: "AddressAttributeTypeDef") -> ReverseDns:
    """The Address of ModifyAddressAttribute, or one of DescribeAddressesAttribute's Addresses."""
    update = found.get("PtrRecordUpdate", {})
    return ReverseDns(
        name=found.get("PtrRecord", "").removesuffix("."),
        update=update.get("Status", ""),
        reason=update.get("Reason", ""),
    )


def interface(found: "NetworkInterfaceTypeDef") -> Interface:
    """One of DescribeNetworkInterfaces' NetworkInterfaces."""
    ips = [entry.get("PrivateIpAddress", "") for entry in found.get("PrivateIpAddresses", [])]
    prefixes = [entry.get("Ipv4Prefix", "") for entry in found.get("Ipv4Prefixes", [])]
    return Interface(
        interface_id=found.get("NetworkInterfaceId", ""),
        instance_id=found.get("Attachment", {}).get("InstanceId", ""),
        vpc_id=found.get("VpcId", ""),
        private_ips=frozenset(filter(None, [found.get("PrivateIpAddress", ""), *ips])),
        prefixes=tuple(filter(None, prefixes)),
        managed_by=_manager(found),
    )


def _manager(found: "NetworkInterfaceTypeDef") -> str:
    """Who manages the interface, as EKS Auto Mode does; RequesterManaged only tells who made it."""
    operator = found.get("Operator", {})
    return operator.get("Principal", UNNAMED_MANAGER) if operator.get("Managed") else ""
