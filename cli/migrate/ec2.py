"""What a move asks of EC2: which addresses there are, and their tags. Nothing else is ever called."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import stamina

from cli.migrate.facts import Address
from eip import names
from eip.errors import Ec2Error
from workers.aws import answers
from workers.aws.redact import redacted
from workers.aws.tags import field_filter, tag_filter

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import AddressTypeDef, FilterTypeDef, TagTypeDef

ATTEMPTS = 6
TIMEOUT = 60.0

_PASSING = frozenset({"RequestLimitExceeded", "Throttling", "InternalError", "Unavailable", "NoReply"})
_ALLOWED = "DryRunOperation"
_DENIED = frozenset({"UnauthorizedOperation", "AccessDenied"})


class Ec2:
    """Reads addresses and writes tags; raises Ec2Error once what may pass has not passed."""

    def __init__(self, client: "EC2Client") -> None:
        """A client from workers.aws.session."""
        self._client = client

    def addresses(self, marker_tag: str, cluster_name: str) -> tuple[Address, ...]:
        """All addresses that carry this tag, or our tag with this cluster's name."""
        marked = self._described(field_filter("tag-key", marker_tag))
        ours = self._described(tag_filter(names.CLUSTER_NAME_TAG, cluster_name))
        return tuple({address.allocation_id: address for address in (*marked, *ours)}.values())

    def may_tag(self, allocation_id: str) -> bool:
        """Whether CreateTags would be allowed on this address; nothing is changed."""
        tags: list[TagTypeDef] = [{"Key": names.NAMESPACE_TAG, "Value": "-"}]
        try:
            with self._told():
                self._client.create_tags(Resources=[allocation_id], Tags=tags, DryRun=True)
        except Ec2Error as error:
            if error.code in _DENIED:
                return False
            if error.code != _ALLOWED:
                raise
        return True

    def tag(self, allocation_id: str, tags: Mapping[str, str]) -> None:
        """CreateTags: set these tags, all in one call."""
        pairs: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in tags.items()]
        for attempt in _attempts():
            with attempt, self._told():
                self._client.create_tags(Resources=[allocation_id], Tags=pairs)

    def untag(self, allocation_id: str, keys: tuple[str, ...]) -> None:
        """DeleteTags: remove the tags of these keys, whatever their values; without keys there is no call."""
        if not keys:
            return
        for attempt in _attempts():
            with attempt, self._told():
                self._client.delete_tags(Resources=[allocation_id], Tags=[{"Key": key} for key in keys])

    def _described(self, wanted: "FilterTypeDef") -> list[Address]:
        for attempt in _attempts():
            with attempt, self._told():
                return [
                    _address(found)
                    for found in self._client.describe_addresses(Filters=[wanted])["Addresses"]
                ]
        raise AssertionError  # stamina raises the last error itself

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what botocore raises into an Ec2Error."""
        try:
            yield
        except self._client.exceptions.ClientError as error:
            said = error.response.get("Error", {})
            code, message = said.get("Code", "Unknown"), redacted(said.get("Message", ""))
            raise Ec2Error(code, f"{error.operation_name}: {message}") from error
        except Exception as error:
            if not type(error).__module__.startswith("botocore"):
                raise
            raise Ec2Error("NoReply", redacted(str(error))) from error


def _attempts() -> Iterable[stamina.Attempt]:
    return stamina.retry_context(
        on=_may_pass, attempts=ATTEMPTS, timeout=TIMEOUT, wait_initial=0.5, wait_max=10
    )


def _may_pass(error: Exception) -> bool:
    return isinstance(error, Ec2Error) and error.code in _PASSING


def _address(found: "AddressTypeDef") -> Address:
    """What the workers read, and the instance, by which they find nothing."""
    return Address(**asdict(answers.address(found)), instance_id=found.get("InstanceId", ""))
