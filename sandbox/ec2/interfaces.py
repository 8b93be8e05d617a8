"""DescribeNetworkInterfaces: filters, pages, and what is shown of an interface."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from sandbox.ec2 import tags
from sandbox.ec2.addresses import Address
from sandbox.ec2.errors import Ec2Error, invalid_value
from sandbox.ec2.filters import select
from sandbox.ec2.network import ACCOUNT_ID, VpcNetwork, private_ips
from sandbox.ec2.wire import Fields, Params, filters, numbered

FEWEST_RESULTS, MOST_RESULTS = 5, 1000
AUTO_MODE = "eks.amazonaws.com"


@dataclass(frozen=True, slots=True)
class View:
    """An interface with what is not in moto's model: prefixes, manager, and the addresses on it."""

    interface: NetworkInterface
    prefixes: list[str]
    managed: bool
    addresses: Mapping[str, Address]

    @property
    def tags(self) -> Mapping[str, str]:
        """The interface's tags."""
        return {tag["key"]: tag["value"] for tag in self.interface.get_tags()}


def _one(read: Callable[[NetworkInterface], Any]) -> Callable[[View], Iterable[str]]:
    def values(view: View) -> Iterable[str]:
        value = read(view.interface)
        return [] if value is None else [str(value)]

    return values


def _bool(value: object) -> list[str]:
    return ["true" if value else "false"]


READS: dict[str, Callable[[View], Iterable[str]]] = {
    "addresses.private-ip-address": lambda view: private_ips(view.interface),
    "addresses.association.public-ip": lambda view: [a.public_ip for a in view.addresses.values()],
    "association.allocation-id": lambda view: [a.allocation_id for a in view.addresses.values()],
    "association.association-id": lambda view: [
        a.association.id for a in view.addresses.values() if a.association
    ],
    "association.public-ip": lambda view: [a.public_ip for a in view.addresses.values()],
    "attachment.attachment-id": _one(lambda eni: eni.attachment_id),
    "attachment.device-index": _one(lambda eni: eni.device_index if eni.instance else None),
    "attachment.instance-id": lambda view: [view.interface.instance.id] if view.interface.instance else [],
    "availability-zone": _one(lambda eni: eni.availability_zone),
    "description": _one(lambda eni: eni.description),
    "group-id": lambda view: [str(group.id) for group in view.interface.group_set],
    "mac-address": _one(lambda eni: eni.mac_address),
    "network-interface-id": lambda view: [view.interface.id],
    "operator.managed": lambda view: _bool(view.managed),
    "operator.principal": lambda view: [AUTO_MODE] if view.managed else [],
    "owner-id": lambda _: [ACCOUNT_ID],
    "private-ip-address": _one(lambda eni: eni.private_ip_address),
    "requester-managed": lambda view: _bool(view.interface.requester_managed),
    "status": _one(lambda eni: eni.status),
    "subnet-id": _one(lambda eni: eni.subnet_id),
    "vpc-id": _one(lambda eni: eni.vpc_id),
}


def describe(params: Params, network: VpcNetwork, addresses: Iterable[Address]) -> Fields:
    """The answer to DescribeNetworkInterfaces; `addresses` are those that Describe calls show."""
    by_interface: dict[str, dict[str, Address]] = {}
    for address in addresses:
        if address.association:
            target = address.association.target
            by_interface.setdefault(target.interface_id, {})[target.private_ip] = address
    views = [_view(eni, network, by_interface.get(eni.id, {})) for eni in _named(params, network)]
    page, token = _page(params, select(views, filters(params), READS))
    return {"networkInterfaceSet": [_shown(view) for view in page], "nextToken": token}


def _named(params: Params, network: VpcNetwork) -> list[NetworkInterface]:
    ids = numbered(params, "NetworkInterfaceId")
    if ids and "MaxResults" in params:
        text = "The parameter MaxResults cannot be used with the parameter NetworkInterfaceIds"
        raise Ec2Error("InvalidParameterCombination", text)
    return [network.interface(each) for each in ids] if ids else list(network.interfaces.values())


def _view(interface: NetworkInterface, network: VpcNetwork, addresses: Mapping[str, Address]) -> View:
    delegated = network.delegated(interface.id)
    prefixes = [str(prefix) for prefix in delegated.prefixes]
    return View(interface, prefixes, delegated.managed, addresses)


def _page(params: Params, views: list[View]) -> tuple[list[View], str | None]:
    """The page after NextToken, the last id of the page before: it holds while interfaces come and go."""
    if not {"MaxResults", "NextToken"} & params.keys():
        return views, None
    size = _page_size(params.get("MaxResults", str(MOST_RESULTS)))
    after = params.get("NextToken", "")
    rest = sorted((v for v in views if v.interface.id > after), key=lambda view: view.interface.id)
    return rest[:size], rest[size - 1].interface.id if len(rest) > size else None


def _page_size(given: str) -> int:
    if not given.isdigit() or not FEWEST_RESULTS <= int(given) <= MOST_RESULTS:
        raise invalid_value("maxResults", given, f"It must be {FEWEST_RESULTS} to {MOST_RESULTS}.")
    return int(given)


def _shown(view: View) -> Fields:
    interface = view.interface
    return {
        "association": _association(view.addresses.get(str(interface.private_ip_address))),
        "attachment": _attachment(interface),
        "availabilityZone": interface.availability_zone,
        "description": interface.description,
        "groupSet": [{"groupId": group.id, "groupName": group.name} for group in interface.group_set],
        "interfaceType": interface.interface_type,
        "ipv4PrefixSet": [{"ipv4Prefix": prefix} for prefix in view.prefixes],
        "macAddress": interface.mac_address,
        "networkInterfaceId": interface.id,
        "operator": {"managed": view.managed, "principal": AUTO_MODE if view.managed else None},
        "ownerId": ACCOUNT_ID,
        "privateIpAddress": interface.private_ip_address,
        "privateIpAddressesSet": [_private(view, ip) for ip in private_ips(interface)],
        "requesterManaged": interface.requester_managed,
        "sourceDestCheck": interface.source_dest_check,
        "status": interface.status,
        "subnetId": interface.subnet_id,
        "tagSet": tags.shown(view.tags),
        "vpcId": interface.vpc_id,
    }


def _private(view: View, ip: str) -> Fields:
    return {
        "association": _association(view.addresses.get(ip)),
        "primary": ip == view.interface.private_ip_address,
        "privateIpAddress": ip,
    }


def _association(address: Address | None) -> Fields | None:
    if not address or not address.association:
        return None
    return {
        "allocationId": address.allocation_id,
        "associationId": address.association.id,
        "ipOwnerId": ACCOUNT_ID,
        "publicIp": address.public_ip,
    }


def _attachment(interface: NetworkInterface) -> Fields | None:
    if not interface.instance or not interface.attach_time:
        return None
    return {
        "attachTime": interface.attach_time.replace(tzinfo=UTC, microsecond=0).isoformat(),
        "attachmentId": interface.attachment_id,
        "deleteOnTermination": bool(interface.delete_on_termination),
        "deviceIndex": interface.device_index,
        "instanceId": interface.instance.id,
        "instanceOwnerId": ACCOUNT_ID,
        "networkCardIndex": 0,
        "status": "attached",
    }
