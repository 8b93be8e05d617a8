"""The three kinds of PATCH that clients send: merge, strategic merge and JSON patch."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from sandbox.kubernetes.status import ApiError, JsonObject, bad_request

# patchMergeKey of k8s.io/api, by field name; lists that are not here are replaced as a whole.
MERGE_KEYS = {
    "conditions": "type",
    "addresses": "type",
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "podIPs": "ip",
    "hostIPs": "ip",
    "ownerReferences": "uid",
    "imagePullSecrets": "name",
    "secrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
MERGED_SETS = ("finalizers", "podCIDRs")


def apply_patch(content_type: str, item: JsonObject, body: Any) -> JsonObject:
    """Return `item` with the patch applied.

    Raises ApiError 415 for a content type that is not served and 400 for a patch of the wrong shape.
    """
    media_type = content_type.partition(";")[0].strip()
    if media_type not in _APPLY:
        raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    wanted = list if media_type == "application/json-patch+json" else dict
    if not isinstance(body, wanted):
        raise bad_request(f"error decoding patch: a {media_type} is a JSON {wanted.__name__}")
    return _APPLY[media_type](deepcopy(item), body)


def _merge(item: JsonObject, patch: JsonObject) -> JsonObject:
    """RFC 7386."""
    for key, value in patch.items():
        if value is None:
            item.pop(key, None)
        elif isinstance(value, dict):
            inner = item.get(key)
            item[key] = _merge(inner if isinstance(inner, dict) else {}, value)
        else:
            item[key] = value
    return item


def _strategic(item: JsonObject, patch: JsonObject) -> JsonObject:
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            item[field] = [entry for entry in item.get(field, []) if entry not in value]
        elif not key.startswith("$"):
            _strategic_field(item, key, value)
    return item


def _strategic_field(item: JsonObject, key: str, value: Any) -> None:
    if value is None:
        item.pop(key, None)
    elif isinstance(value, dict):
        inner = item.get(key)
        item[key] = _strategic(inner if isinstance(inner, dict) else {}, value)
    elif isinstance(value, list) and key in MERGE_KEYS and all(isinstance(entry, dict) for entry in value):
        item[key] = _merge_by_key(item.get(key) or [], value, MERGE_KEYS[key])
    elif isinstance(value, list) and key in MERGED_SETS:
        present = item.get(key) or []
        item[key] = present + [entry for entry in value if entry not in present]
    else:
        item[key] = value


def _merge_by_key(present: list[JsonObject], patches: list[JsonObject], merge_key: str) -> list[JsonObject]:
    if any(patch.get("$patch") == "replace" for patch in patches):
        return [patch for patch in patches if "$patch" not in patch]
    if not present:
        return [patch for patch in patches if patch.get("$patch") != "delete"]
    merged = {entry.get(merge_key): entry for entry in present}
    for patch in patches:
        if merge_key not in patch:
            shown = " ".join(f"{key}:{value}" for key, value in sorted(patch.items()))
            raise ApiError(500, "", f"map: map[{shown}] does not contain declared merge key: {merge_key}")
        if patch.get("$patch") == "delete":
            merged.pop(patch[merge_key], None)
        else:
            merged[patch[merge_key]] = _strategic(merged.get(patch[merge_key], {}), patch)
    return list(merged.values())


def _json_patch(item: JsonObject, operations: list[JsonObject]) -> JsonObject:
    """RFC 6902: add, remove, replace and test."""
    for operation in operations:
        try:
            _json_operation(item, operation)
        except (KeyError, IndexError, ValueError, TypeError) as problem:
            message = "the server rejected our request due to an error in our request"
            raise ApiError(422, "Invalid", message) from problem
    return item


def _json_operation(item: JsonObject, operation: JsonObject) -> None:
    *parents, last = [_unescaped(part) for part in operation["path"].split("/")[1:]]
    holder: Any = item
    for part in parents:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    _JSON_OPERATIONS[operation["op"]](holder, last, operation.get("value"))


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _add(holder: Any, key: str, value: Any) -> None:
    if isinstance(holder, list):
        holder.insert(len(holder) if key == "-" else int(key), value)
    else:
        holder[key] = value


def _remove(holder: Any, key: str, _: Any) -> None:
    del holder[int(key) if isinstance(holder, list) else key]


def _replace(holder: Any, key: str, value: Any) -> None:
    holder[int(key) if isinstance(holder, list) else key] = value


def _test(holder: Any, key: str, value: Any) -> None:
    if holder[int(key) if isinstance(holder, list) else key] != value:
        raise ValueError(value)


_JSON_OPERATIONS: dict[str, Callable[[Any, str, Any], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "test": _test,
}
_APPLY: dict[str, Callable[[JsonObject, Any], JsonObject]] = {
    "application/json-patch+json": _json_patch,
    "application/merge-patch+json": _merge,
    "application/strategic-merge-patch+json": _strategic,
}
