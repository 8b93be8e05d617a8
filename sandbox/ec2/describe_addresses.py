"""DescribeAddresses: filters, and what is shown of an address."""

from collections.abc import Callable, Iterable, Mapping

from sandbox.ec2 import tags
from sandbox.ec2.addresses import Address
from sandbox.ec2.errors import not_found, unknown_allocation
from sandbox.ec2.filters import select
from sandbox.ec2.network import ACCOUNT_ID
from sandbox.ec2.wire import Fields, Params, filters, numbered

READS: dict[str, Callable[[Address], Iterable[str]]] = {
    "allocation-id": lambda address: [address.allocation_id],
    "association-id": lambda address: [address.association.id] if address.association else [],
    "domain": lambda _: ["vpc"],
    "instance-id": lambda address: [address.association.target.instance_id] if address.association else [],
    "network-border-group": lambda address: [address.border_group],
    "network-interface-id": lambda address: (
        [address.association.target.interface_id] if address.association else []
    ),
    "network-interface-owner-id": lambda address: [ACCOUNT_ID] if address.association else [],
    "private-ip-address": lambda address: (
        [address.association.target.private_ip] if address.association else []
    ),
    "public-ip": lambda address: [address.public_ip],
}


def describe(params: Params, addresses: Mapping[str, Address]) -> Fields:
    """The answer to DescribeAddresses; `addresses` are those that Describe calls show."""
    chosen = select(_named(params, addresses), filters(params), READS)
    return {"addressesSet": [_shown(address) for address in chosen]}


def _named(params: Params, addresses: Mapping[str, Address]) -> list[Address]:
    ids, ips = numbered(params, "AllocationId"), numbered(params, "PublicIp")
    if ids or ips:
        return [*(_by_id(each, addresses) for each in ids), *(_by_ip(each, addresses) for each in ips)]
    return list(addresses.values())


def _by_id(allocation_id: str, addresses: Mapping[str, Address]) -> Address:
    if allocation_id not in addresses:
        raise unknown_allocation(allocation_id)
    return addresses[allocation_id]


def _by_ip(public_ip: str, addresses: Mapping[str, Address]) -> Address:
    found = next((address for address in addresses.values() if address.public_ip == public_ip), None)
    if not found:
        raise not_found("InvalidAddress", "address", public_ip)
    return found


def _shown(address: Address) -> Fields:
    return {
        "publicIp": address.public_ip,
        "allocationId": address.allocation_id,
        "domain": "vpc",
        "publicIpv4Pool": address.pool,
        "networkBorderGroup": address.border_group,
        "tagSet": tags.shown(address.tags),
        **_association(address),
    }


def _association(address: Address) -> Fields:
    if not address.association:
        return {}
    target = address.association.target
    return {
        "associationId": address.association.id,
        "instanceId": target.instance_id,
        "networkInterfaceId": target.interface_id,
        "networkInterfaceOwnerId": ACCOUNT_ID,
        "privateIpAddress": target.private_ip,
    }
