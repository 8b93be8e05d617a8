"""The tags that say whose an address is, and the filters that find it by them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eip import names
from eip.request import keep_text
from workers.ports import Owner

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagTypeDef

LONGEST_VALUE = 256  # characters, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html

_LITERAL = str.maketrans({"\\": "\\\\", "*": "\\*", "?": "\\?"})


def tags_of(
    owner: Owner, cluster_name: str, cluster_uid: str, extra: Mapping[str, str], now: datetime, keep: int = 0
) -> "list[TagTypeDef]":
    """All tags of a new address; the user's own can't replace those that say whose it is."""
    ours = {
        names.NAME_TAG: f"{cluster_name}/{owner.namespace}/{owner.name}"[:LONGEST_VALUE],
        names.POD_UID_TAG: owner.uid,
        names.CLUSTER_NAME_TAG: cluster_name,
        names.CLUSTER_UID_TAG: cluster_uid,
        names.NAMESPACE_TAG: owner.namespace,
        names.POD_NAME_TAG: owner.name,
        names.ALLOCATED_AT_TAG: now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    if keep:
        ours[names.KEEP_TAG] = keep_text(keep)
    return _pairs({**extra, **ours})


def tags_of_next(owner: Owner, keep: int) -> "list[TagTypeDef]":
    """The tags that change when the next pod of its name takes a kept address over."""
    return _pairs({names.POD_UID_TAG: owner.uid, names.KEEP_TAG: keep_text(keep)})


def _pairs(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_filter(key: str, value: str) -> "FilterTypeDef":
    """A filter that matches this value and no other."""
    return field_filter(f"tag:{key}", value)


def field_filter(name: str, *values: str) -> "FilterTypeDef":
    """A filter that matches these values to the letter: EC2 reads `*` and `?` as wildcards."""
    return {"Name": name, "Values": [value.translate(_LITERAL) for value in values]}
