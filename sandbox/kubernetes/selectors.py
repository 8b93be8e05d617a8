"""labelSelector and fieldSelector: parsed once, then asked of every object."""

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from sandbox.kubernetes.resources import EVENTS, PODS, Resource
from sandbox.kubernetes.status import JsonObject, bad_request

Matches: TypeAlias = Callable[[JsonObject], bool]

_SET_TERM = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)$")
_EQUALITY_TERM = re.compile(r"^(?P<key>[^\s!=]+)\s*(?P<operator>==|!=|=)\s*(?P<value>[^\s=]*)$")
_EXISTS_TERM = re.compile(r"^(?P<absent>!?)\s*(?P<key>[A-Za-z0-9][\w./-]*)$")
_FIELD_TERM = re.compile(r"^(?P<path>[^!=]+?)(?P<operator>==|!=|=)(?P<value>.*)$")

_COMMON_FIELDS = ("metadata.name", "metadata.namespace")
_FIELDS: dict[Resource, tuple[str, ...]] = {
    PODS: (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
    ),
    EVENTS: (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "reason",
        "type",
    ),
}


def selector(resource: Resource, labels: str, fields: str) -> Matches:
    """Whether an object passes both selectors; an empty text passes everything.

    Raises ApiError 400 for a text that kube-apiserver would not parse either.
    """
    terms = [*_label_terms(labels), *_field_terms(resource, fields)]
    return lambda item: all(term(item) for term in terms)


def exact_name(fields: str) -> str:
    """The name in `metadata.name=NAME`, which the authorizer takes for the request's own, or nothing."""
    for text in fields.split(","):
        path, _, value = text.replace("==", "=").partition("=")
        if path == "metadata.name":
            return value
    return ""


def _label_terms(text: str) -> Iterator[Matches]:
    for term in _split(text):
        yield _label_term(term.strip())


def _split(text: str) -> list[str]:
    """The terms between commas that stand outside parentheses."""
    return re.split(r",(?![^(]*\))", text) if text.strip() else []


def _label_term(term: str) -> Matches:
    if found := _SET_TERM.match(term):
        values = {value.strip() for value in found["values"].split(",")}
        return _one_of(found["key"], values, wanted=found["operator"] == "in")
    if found := _EQUALITY_TERM.match(term):
        return _one_of(found["key"], {found["value"]}, wanted=found["operator"] != "!=")
    if found := _EXISTS_TERM.match(term):
        key, wanted = found["key"], not found["absent"]
        return lambda item: (key in _labels(item)) is wanted
    raise bad_request(f"unable to parse requirement: {term!r} is not a label selector")


def _one_of(key: str, values: set[str], *, wanted: bool) -> Matches:
    return lambda item: (_labels(item).get(key) in values) is wanted


def _labels(item: JsonObject) -> dict[str, str]:
    return item["metadata"].get("labels") or {}


def _field_terms(resource: Resource, text: str) -> Iterator[Matches]:
    for term in text.split(",") if text else []:
        found = _FIELD_TERM.match(term)
        if not found:
            raise bad_request(f"invalid selector: {text!r}; can't understand {term!r}")
        path = found["path"]
        if path not in _COMMON_FIELDS + _FIELDS.get(resource, ()):
            raise bad_request(f"field label not supported: {path}")
        yield _field_is(path, found["value"], wanted=found["operator"] != "!=")


def _field_is(path: str, value: str, *, wanted: bool) -> Matches:
    return lambda item: (_field(item, path.split(".")) == value) is wanted


def _field(item: JsonObject, path: list[str]) -> str:
    found: object = item
    for part in path:
        found = found.get(part, "") if isinstance(found, dict) else ""
    return str(found)
