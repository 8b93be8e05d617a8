"""The EC2 actions that the double answers itself, from request parameters to the answer's fields."""

from collections.abc import Callable, Mapping

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from sandbox.ec2 import describe_addresses, interfaces, tags
from sandbox.ec2.addresses import Address, AddressBook, Target
from sandbox.ec2.errors import Ec2Error, invalid_value, missing_parameter
from sandbox.ec2.messages import Settings
from sandbox.ec2.network import VpcNetwork
from sandbox.ec2.pools import Pools
from sandbox.ec2.reverse_dns import Record, ReverseDns
from sandbox.ec2.visibility import Youth
from sandbox.ec2.wire import Fields, Params, flag, numbered

Perform = Callable[[Params, Settings], Fields]

DONE: Fields = {"return": True}


class Actions:
    """Performs actions on one account's addresses and network."""

    def __init__(
        self,
        network: VpcNetwork,
        addresses: AddressBook,
        pools: Pools,
        reverse_dns: ReverseDns,
        now: Callable[[], float],
        seed: int,
    ) -> None:
        self._network = network
        self._addresses = addresses
        self._pools = pools
        self._reverse_dns = reverse_dns
        self._now = now
        self._youth = Youth(seed)
        self.table: Mapping[str, Perform] = {
            "AllocateAddress": self._allocate,
            "AssociateAddress": self._associate,
            "DisassociateAddress": self._disassociate,
            "ReleaseAddress": self._release,
            "ModifyAddressAttribute": self._modify_attribute,
            "ResetAddressAttribute": self._reset_attribute,
            "DescribeAddressesAttribute": self._describe_attributes,
            "CreateTags": self._create_tags,
            "DeleteTags": self._delete_tags,
            "DescribeAddresses": self._describe_addresses,
            "DescribeNetworkInterfaces": self._describe_interfaces,
        }

    def _allocate(self, params: Params, settings: Settings) -> Fields:
        border_group = params.get("NetworkBorderGroup", self._network.region)
        given = tags.specified(params, "elastic-ip")
        taken = {address.public_ip for address in self._addresses.current.values()}
        pool, public_ip = self._pools.choose(params, taken)
        _dry_run(params)
        address = self._addresses.allocate(settings.quota, pool, border_group, given, public_ip)
        return {
            "publicIp": address.public_ip,
            "allocationId": address.allocation_id,
            "domain": "vpc",
            "publicIpv4Pool": pool,
            "networkBorderGroup": border_group,
        }

    def _associate(self, params: Params, settings: Settings) -> Fields:
        allocation_id = _required(params, "AllocationId")
        interface = self._interface(params)
        _dry_run(params)
        address = self._usable(self._addresses.get(allocation_id), settings)
        target = self._target(interface, params)
        reassociate = flag(params, "AllowReassociation", default=settings.reassociation_by_default)
        association = self._addresses.associate(address, target, reassociate=reassociate)
        return {**DONE, "associationId": association.id}

    def _disassociate(self, params: Params, settings: Settings) -> Fields:
        association_id = _required(params, "AssociationId")
        _dry_run(params)
        address = self._usable(self._addresses.associated(association_id), settings)
        self._addresses.disassociate(address)
        return DONE

    def _release(self, params: Params, settings: Settings) -> Fields:
        allocation_id = _required(params, "AllocationId")
        _dry_run(params)
        address = self._usable(self._addresses.get(allocation_id), settings)
        disassociates = self._sits_in_default_vpc(address)
        if not address.association or disassociates:
            self._reverse_dns.release(address, settings)
        self._addresses.release(address, disassociates=disassociates)
        return DONE

    def _modify_attribute(self, params: Params, settings: Settings) -> Fields:
        allocation_id = _required(params, "AllocationId")
        _dry_run(params)
        address = self._usable(self._addresses.get(allocation_id), settings)
        name = params.get("DomainName", "")
        return {"address": _attributes(address, self._reverse_dns.modify(address, name, settings))}

    def _reset_attribute(self, params: Params, settings: Settings) -> Fields:
        allocation_id = _required(params, "AllocationId")
        _domain_name(params)
        _dry_run(params)
        address = self._usable(self._addresses.get(allocation_id), settings)
        return {"address": _attributes(address, self._reverse_dns.reset(address))}

    def _describe_attributes(self, params: Params, _: Settings) -> Fields:
        _domain_name(params)
        _dry_run(params)
        named = [self._addresses.get(each) for each in numbered(params, "AllocationId")]
        found = named or list(self._addresses.current.values())
        return {"addressSet": [_attributes(each, self._reverse_dns.of(each)) for each in found]}

    def _create_tags(self, params: Params, settings: Settings) -> Fields:
        given = tags.given(params)
        resources = self._taggable(params, settings)
        merged = {each.allocation_id: tags.merged(each.tags, given) for each in resources.values() if each}
        for resource_id, address in resources.items():
            if address:
                self._addresses.tag(address, merged[resource_id])
            else:
                self._network.backend.create_tags([resource_id], given)
        return DONE

    def _delete_tags(self, params: Params, settings: Settings) -> Fields:
        unwanted = tags.unwanted(params)
        for resource_id, address in self._taggable(params, settings).items():
            if address:
                self._addresses.tag(address, tags.without(address.tags, unwanted))
            else:
                old = self._network.backend.tags[resource_id]
                self._network.backend.tags[resource_id] = tags.without(old, unwanted)
        return DONE

    def _describe_addresses(self, params: Params, settings: Settings) -> Fields:
        _dry_run(params)
        return describe_addresses.describe(params, self._addresses.before(settings.lag))

    def _describe_interfaces(self, params: Params, settings: Settings) -> Fields:
        _dry_run(params)
        return interfaces.describe(params, self._network, self._addresses.before(settings.lag).values())

    def _interface(self, params: Params) -> NetworkInterface:
        if {"InstanceId", "NetworkInterfaceId"} <= params.keys():
            text = "You may specify either InstanceId or NetworkInterfaceId, not both"
            raise Ec2Error("InvalidParameterCombination", text)
        if "InstanceId" in params:
            return self._network.primary_interface(params["InstanceId"])
        return self._network.interface(_required(params, "NetworkInterfaceId"))

    def _target(self, interface: NetworkInterface, params: Params) -> Target:
        private_ip = params.get("PrivateIpAddress") or str(interface.private_ip_address)
        if self._network.delegated(interface.id).managed:
            raise Ec2Error("OperationNotPermitted", f"{interface.id} is managed by {interfaces.AUTO_MODE}.")
        if not self._network.carries(interface, private_ip):
            raise invalid_value("privateIpAddress", private_ip, f"It is not assigned to {interface.id}.")
        return Target(interface.id, private_ip, interface.instance.id if interface.instance else "")

    def _usable(self, address: Address, settings: Settings) -> Address:
        self._youth.check(address.allocation_id, self._now() - address.allocated_at, settings)
        return address

    def _sits_in_default_vpc(self, address: Address) -> bool:
        if not address.association:
            return False
        interface = self._network.interface(address.association.target.interface_id)
        return self._network.in_default_vpc(interface)

    def _taggable(self, params: Params, settings: Settings) -> dict[str, Address | None]:
        """The resources to tag: an address, or none for what is moto's; all must exist."""
        ids = numbered(params, "ResourceId")
        if not ids:
            raise missing_parameter("resourceIdSet")
        _dry_run(params)
        own = {each: self._addresses.get(each) for each in ids if each.startswith("eipalloc-")}
        others = [each for each in ids if each not in own]
        self._network.backend.do_resources_exist(others)
        for address in own.values():
            self._usable(address, settings)
        return {**own, **dict.fromkeys(others)}


def _required(params: Params, name: str) -> str:
    """A parameter that must be there; PublicIp, which EC2-Classic took, does not stand in for an id."""
    if params.get(name):
        return params[name]
    if "PublicIp" in params:
        raise Ec2Error("InvalidParameterValue", f"You must specify {name} for an address of a VPC.")
    raise missing_parameter(name)


def _domain_name(params: Params) -> None:
    """The only attribute that an address has."""
    attribute = _required(params, "Attribute")
    if attribute != "domain-name":
        raise invalid_value("attribute", attribute, "It must be domain-name.")


def _attributes(address: Address, record: Record) -> Fields:
    fields: Fields = {"allocationId": address.allocation_id, "publicIp": address.public_ip}
    if record.name:
        fields["ptrRecord"] = f"{record.name}."
    if record.update is not None:
        update = {"value": f"{record.update}.", "status": record.status, "reason": record.reason or None}
        fields["ptrRecordUpdate"] = update
    return fields


def _dry_run(params: Params) -> None:
    if flag(params, "DryRun"):
        text = "Request would have succeeded, but DryRun flag is set."
        raise Ec2Error("DryRunOperation", text, status=412)
