"""Tags in requests, with the limits that EC2 sets on them."""

from collections.abc import Iterable, Mapping

from sandbox.ec2.errors import Ec2Error, invalid_value
from sandbox.ec2.wire import Fields, Params, numbered_names

MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256


def specified(params: Params, resource_type: str) -> dict[str, str]:
    """The tags of the request's TagSpecifications, which must all be for `resource_type`."""
    found: list[tuple[str, str]] = []
    for key in numbered_names(params, "TagSpecification", "ResourceType"):
        given = params[f"{key}.ResourceType"]
        if given != resource_type:
            raise Ec2Error(
                "InvalidParameterValue",
                f"'{given}' is not a valid taggable resource type for this operation.",
            )
        found.extend(_pairs(params, f"{key}.Tag"))
    return checked(found)


def given(params: Params) -> dict[str, str]:
    """The tags that CreateTags sets."""
    return checked(_pairs(params, "Tag"))


def unwanted(params: Params) -> dict[str, str | None]:
    """The tags that DeleteTags takes away: a key without a value goes whatever its value is."""
    keys = numbered_names(params, "Tag", "Key")
    return {params[f"{key}.Key"]: params.get(f"{key}.Value") for key in keys}


def merged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """`old` with `new` on top, or TagLimitExceeded."""
    both = {**old, **new}
    if len(both) > MOST_TAGS:
        raise Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    return both


def without(old: Mapping[str, str], unwanted_tags: Mapping[str, str | None]) -> dict[str, str]:
    """`old` less the unwanted: those named with a value go only if they have it."""
    return {
        key: value
        for key, value in old.items()
        if key not in unwanted_tags or unwanted_tags[key] not in {None, value}
    }


def checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs as a mapping, or the error that EC2 answers to tags it does not take."""
    tags: dict[str, str] = {}
    for key, value in pairs:
        if key in tags:
            raise Ec2Error("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        _check(key, value)
        tags[key] = value
    return merged({}, tags)


def shown(tags: Mapping[str, str]) -> list[Fields]:
    """Tags as EC2 writes them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def _check(key: str, value: str) -> None:
    if not key or len(key) > LONGEST_KEY:
        raise invalid_value("tagKey", key, f"Tag keys have 1 to {LONGEST_KEY} characters.")
    if key.lower().startswith("aws:"):
        raise invalid_value("tagKey", key, "Tag keys starting with 'aws:' are reserved for internal use.")
    if len(value) > LONGEST_VALUE:
        raise invalid_value("tagValue", value, f"Tag values have at most {LONGEST_VALUE} characters.")


def _pairs(params: Params, name: str) -> list[tuple[str, str]]:
    keys = numbered_names(params, name, "Key")
    return [(params[f"{key}.Key"], params.get(f"{key}.Value", "")) for key in keys]
