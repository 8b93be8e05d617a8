"""Asks EC2 with DryRun whether each action would be allowed; nothing is changed.

EC2 does not document whether it looks for what is named before or after it looks at the rights, and a policy
that goes by tags refuses what is not there. So only an answer about an address of ours says that a right is
missing; without one, every other answer than DryRunOperation says nothing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.doctor.facts import Probe
from cli.doctor.seen import in_words
from eip import names
from eip.names import Action
from eip.settings import Settings
from workers.aws.client import DOMAIN_NAME
from workers.aws.codes import plain
from workers.aws.tags import tags_of
from workers.ports import Address, Owner

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

CREATE_TAGS = "CreateTags"
ADOPT = "CreateTags of the cluster"
"""Tags that say whose an address is: who may write them on one that is there can adopt any."""

NO_ANSWER = "NoAnswer"

_Question = tuple[str, bool, Callable[[], Any]]
"""An action, whether what it names is there and ours, and the call."""

_NOBODY = Address(
    allocation_id="eipalloc-00000000000000000",
    public_ip="",
    association_id="eipassoc-00000000000000000",
    private_ip="192.0.2.1",
    interface_id="eni-00000000000000000",
)
_DOCTOR = Owner(uid="00000000-0000-0000-0000-000000000000", namespace="default", name="eip-doctor")


def probes(
    client: "EC2Client", settings: Settings, cluster_uid: str, ours: list[Address], reverse_dns: str = ""
) -> Iterator[Probe]:
    """One for each action; an address of ours that is associated can be asked about best.

    `reverse_dns` is a name that a pod asks for; the actions of reverse DNS are left out where none does.
    """
    associated = [address for address in ours if address.association_id]
    address = next(iter(associated + ours), _NOBODY)
    placed = address if address.association_id else _NOBODY
    own, own_placed = address is not _NOBODY, placed is not _NOBODY
    tags = tags_of(_DOCTOR, settings.cluster_name, cluster_uid, settings.tags, datetime.now(UTC))
    asked: list[_Question] = [
        (Action.ALLOCATE, True, lambda: client.allocate_address(**_allocation(settings, tags))),
        (Action.ASSOCIATE, own_placed, lambda: client.associate_address(**_association(address, placed))),
        (
            Action.DISASSOCIATE,
            own_placed,
            lambda: client.disassociate_address(AssociationId=placed.association_id, DryRun=True),
        ),
        (Action.RELEASE, own, lambda: client.release_address(**_release(settings, address))),
        (CREATE_TAGS, own, lambda: client.create_tags(**_tagging(address, names.POD_UID_TAG))),
        (ADOPT, own, lambda: client.create_tags(**_tagging(address, names.CLUSTER_NAME_TAG))),
        (Action.DESCRIBE_ADDRESSES, True, lambda: client.describe_addresses(DryRun=True)),
        (Action.DESCRIBE_INTERFACES, True, lambda: client.describe_network_interfaces(DryRun=True)),
    ]
    if reverse_dns:
        asked += _of_reverse_dns(client, address, reverse_dns, own=own)
    for action, real, call in asked:
        yield Probe(action, _code(call), real)


def _of_reverse_dns(client: "EC2Client", address: Address, name: str, *, own: bool) -> list[_Question]:
    one: dict[str, Any] = {"AllocationId": address.allocation_id, "DryRun": True}
    return [
        (Action.MODIFY_ATTRIBUTE, own, lambda: client.modify_address_attribute(**one, DomainName=name)),
        (Action.RESET_ATTRIBUTE, own, lambda: client.reset_address_attribute(**one, Attribute=DOMAIN_NAME)),
        (
            Action.DESCRIBE_ATTRIBUTES,
            True,
            lambda: client.describe_addresses_attribute(Attribute=DOMAIN_NAME, DryRun=True),
        ),
    ]


def _allocation(settings: Settings, tags: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "Domain": "vpc",
        "TagSpecifications": [{"ResourceType": "elastic-ip", "Tags": tags}],
        "DryRun": True,
    }
    if settings.public_ipv4_pool:
        ipam = settings.public_ipv4_pool.startswith("ipam-pool-")
        request["IpamPoolId" if ipam else "PublicIpv4Pool"] = settings.public_ipv4_pool
    return request | _border_group(settings)


def _association(address: Address, placed: Address) -> dict[str, Any]:
    return {
        "AllocationId": address.allocation_id,
        "NetworkInterfaceId": placed.interface_id,
        "PrivateIpAddress": placed.private_ip,
        "AllowReassociation": True,
        "DryRun": True,
    }


def _release(settings: Settings, address: Address) -> dict[str, Any]:
    return {"AllocationId": address.allocation_id, "DryRun": True} | _border_group(settings)


def _tagging(address: Address, key: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": address.tags.get(key, "doctor")}]
    return {"Resources": [address.allocation_id], "Tags": tags, "DryRun": True}


def _border_group(settings: Settings) -> dict[str, Any]:
    group = settings.network_border_group
    return {"NetworkBorderGroup": group} if group else {}


def _code(call: Callable[[], Any]) -> str:
    """EC2's code for the answer, or the kind of failure; a DryRun never succeeds."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - botocore's errors are its callers' to know
        response: dict[str, Any] = getattr(error, "response", {})
        code = response.get("Error", {}).get("Code", "")
        return plain(code) if code else f"{NO_ANSWER}: {in_words(error)}"
    return "performed"
