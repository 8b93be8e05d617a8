"""The rules that an object must keep, as far as a client of pods can break them."""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator

from sandbox.kubernetes.resources import (
    CLUSTER_ROLE_BINDINGS,
    EVENTS,
    LEASES,
    PODS,
    ROLE_BINDINGS,
    Resource,
)
from sandbox.kubernetes.status import JsonObject, cause, invalid

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([a-z0-9][-a-z0-9.]*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_QUALIFIED_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_SPEC_RULE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def check(resource: Resource, item: JsonObject, before: JsonObject | None) -> None:
    """Raises ApiError 422 with every broken rule; `before` is the stored object that would be replaced."""
    causes = [*_metadata(item["metadata"], before["metadata"] if before else None)]
    causes += _RULES.get(resource, _no_rules)(item, before)
    if causes:
        raise invalid(resource.kind, resource.group, item["metadata"].get("name", ""), *causes)


def _metadata(metadata: JsonObject, before: JsonObject | None) -> Iterator[JsonObject]:
    name = metadata.get("name", "")
    if not name:
        yield cause("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")
    elif not _NAME.fullmatch(name):
        yield _wrong("metadata.name", name, _NAME_RULE)
    for key, value in (metadata.get("labels") or {}).items():
        yield from _qualified("metadata.labels", key)
        if not _LABEL_VALUE.fullmatch(value):
            yield _wrong("metadata.labels", value, _LABEL_VALUE_RULE)
    for key in metadata.get("annotations") or {}:
        yield from _qualified("metadata.annotations", key.lower())
    if before:
        yield from _metadata_change(metadata, before)


def _metadata_change(metadata: JsonObject, before: JsonObject) -> Iterator[JsonObject]:
    if metadata["uid"] != before["uid"]:
        yield _wrong("metadata.uid", metadata["uid"], "field is immutable")
    added = [each for each in metadata.get("finalizers", []) if each not in before.get("finalizers", [])]
    if added and "deletionTimestamp" in before:
        listed = ", ".join(json.dumps(each) for each in added)
        rule = "no new finalizers can be added if the object is being deleted, found new finalizers"
        message = f"Forbidden: {rule} []string{{{listed}}}"
        yield cause("metadata.finalizers", "FieldValueForbidden", message)


def _pod(item: JsonObject, before: JsonObject | None) -> Iterator[JsonObject]:
    if not item["spec"].get("containers"):
        yield cause("spec.containers", "FieldValueRequired", "Required value")
    if before and _fixed(item["spec"]) != _fixed(before["spec"]):
        yield cause("spec", "FieldValueForbidden", f"Forbidden: {_SPEC_RULE}")
    for index, entry in enumerate(item["status"].get("conditions") or []):
        yield from _qualified(f"status.conditions[{index}].Type", entry.get("type", ""))
    for index, entry in enumerate(item["status"].get("podIPs") or []):
        try:
            ipaddress.ip_address(entry["ip"])
        except ValueError:
            rule = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            yield _wrong(f"status.podIPs[{index}]", entry["ip"], rule)


def _fixed(spec: JsonObject) -> JsonObject:
    """The part of a pod's spec that nobody may change after creation."""
    loose = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")
    fixed = {key: value for key, value in spec.items() if key not in loose}
    for key in ("containers", "initContainers"):
        fixed[key] = [{**entry, "image": ""} for entry in spec.get(key) or []]
    return fixed


def _lease(item: JsonObject, _: JsonObject | None) -> Iterator[JsonObject]:
    spec = item.get("spec") or {}
    if spec.get("leaseDurationSeconds", 1) <= 0:
        yield cause(
            "spec.leaseDurationSeconds", "FieldValueInvalid", _greater(spec["leaseDurationSeconds"], "")
        )
    if spec.get("leaseTransitions", 0) < 0:
        yield cause(
            "spec.leaseTransitions", "FieldValueInvalid", _greater(spec["leaseTransitions"], "or equal to ")
        )


def _greater(value: int, or_equal: str) -> str:
    return f"Invalid value: {value}: must be greater than {or_equal}0"


def _event(item: JsonObject, _: JsonObject | None) -> Iterator[JsonObject]:
    about = item.get("involvedObject", {}).get("namespace", "") or "default"
    if about != item["metadata"]["namespace"]:
        yield _wrong("involvedObject.namespace", about, "does not match event.namespace")


def _binding(item: JsonObject, before: JsonObject | None) -> Iterator[JsonObject]:
    if before and item["roleRef"] != before["roleRef"]:
        shown = {key[0].upper() + key[1:]: value for key, value in item["roleRef"].items()}
        shown = {{"ApiGroup": "APIGroup"}.get(key, key): value for key, value in shown.items()}
        listed = json.dumps(shown, separators=(",", ":"), sort_keys=True)
        yield cause("roleRef", "FieldValueInvalid", f"Invalid value: {listed}: cannot change roleRef")


def _no_rules(_: JsonObject, __: JsonObject | None) -> Iterator[JsonObject]:
    return iter(())


def _qualified(path: str, key: str) -> Iterator[JsonObject]:
    if not _QUALIFIED.fullmatch(key):
        yield _wrong(path, key, _QUALIFIED_RULE)


def _wrong(path: str, value: str, rule: str) -> JsonObject:
    return cause(path, "FieldValueInvalid", f"Invalid value: {json.dumps(value)}: {rule}")


_RULES: dict[Resource, Callable[[JsonObject, JsonObject | None], Iterator[JsonObject]]] = {
    PODS: _pod,
    LEASES: _lease,
    EVENTS: _event,
    ROLE_BINDINGS: _binding,
    CLUSTER_ROLE_BINDINGS: _binding,
}
