"""What the server fills in: a new object's metadata, and the defaults of the kinds that have some."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.kubernetes.resources import (
    CLUSTER_ROLE_BINDINGS,
    EVENTS,
    NAMESPACES,
    PODS,
    RBAC_GROUP,
    ROLE_BINDINGS,
    Resource,
)
from sandbox.kubernetes.status import JsonObject

_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_NOT_READY = "node.kubernetes.io/not-ready"
_UNREACHABLE = "node.kubernetes.io/unreachable"
_SERVER_OWNED = ("selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds")


def timestamp(seconds_ahead: float = 0.0) -> str:
    """The time, as metav1.Time writes it."""
    moment = datetime.now(UTC).timestamp() + seconds_ahead
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_object(resource: Resource, namespace: str, item: JsonObject) -> JsonObject:
    """The object that a create stores: named, dated, with a uid and its kind's defaults."""
    metadata = without(item.get("metadata") or {}, *_SERVER_OWNED)
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(random.choices(_SUFFIX_LETTERS, k=5))  # noqa: S311
        metadata["name"] = metadata["generateName"] + suffix
    metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": timestamp()}
    if namespace:
        metadata["namespace"] = namespace
    if resource.counts_generations:
        metadata["generation"] = 1
    made = without(item, "kind", "apiVersion") | {"metadata": metadata}
    return normalized(resource, _NEW.get(resource, _unchanged)(made))


def normalized(resource: Resource, item: JsonObject) -> JsonObject:
    """The object as every write stores it: empty maps gone, twin fields in step."""
    metadata = {key: value for key, value in item["metadata"].items() if value not in ({}, [], None, "")}
    return _NORMAL.get(resource, _unchanged)(item | {"metadata": metadata})


def without(item: JsonObject, *keys: str) -> JsonObject:
    """A copy without some keys."""
    return {key: value for key, value in item.items() if key not in keys}


def _unchanged(item: JsonObject) -> JsonObject:
    return item


def _new_pod(item: JsonObject) -> JsonObject:
    """A pod is born Pending, whatever status its author wrote."""
    spec = item.get("spec") or {}
    defaults: JsonObject = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": [],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }
    pod_spec = defaults | spec
    pod_spec["tolerations"] = [*pod_spec["tolerations"], _tolerate(_NOT_READY), _tolerate(_UNREACHABLE)]
    pod_spec["containers"] = [_container(entry) for entry in spec.get("containers") or []]
    return item | {"spec": pod_spec, "status": {"phase": "Pending", "qosClass": "BestEffort"}}


def _tolerate(taint: str) -> JsonObject:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}


def _container(entry: JsonObject) -> JsonObject:
    tag = entry.get("image", "").rpartition("/")[2].partition(":")[2]
    return {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if tag in ("", "latest") else "IfNotPresent",
    } | entry


def _pod(item: JsonObject) -> JsonObject:
    """PodIP is the first of podIPs, and wins when they differ; so hostIP and hostIPs."""
    status = dict(item.get("status") or {})
    _twin(status, "podIP", "podIPs")
    if status.get("conditions"):
        status["conditions"] = [_condition(entry) for entry in status["conditions"]]
    return item | {"status": status}


def _twin(status: JsonObject, one: str, many: str) -> None:
    first = status.get(one, "")
    entries: list[Any] = status.get(many) or []
    if first and (not entries or entries[0]["ip"] != first):
        status[many] = [{"ip": first}]
    elif entries and not first:
        status[one] = entries[0]["ip"]


def _condition(entry: JsonObject) -> JsonObject:
    return {"lastProbeTime": None, "lastTransitionTime": None} | entry


def _new_namespace(item: JsonObject) -> JsonObject:
    metadata = item["metadata"]
    labels = {"kubernetes.io/metadata.name": metadata.get("name", "")} | (metadata.get("labels") or {})
    return {
        "metadata": metadata | {"labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _event(item: JsonObject) -> JsonObject:
    defaults: JsonObject = {
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
    return defaults | item


def _binding(item: JsonObject) -> JsonObject:
    return item | {
        "roleRef": {"apiGroup": RBAC_GROUP} | item["roleRef"],
        "subjects": [_subject(entry) for entry in item.get("subjects") or []],
    }


def _subject(entry: JsonObject) -> JsonObject:
    return entry if entry["kind"] == "ServiceAccount" else {"apiGroup": RBAC_GROUP} | entry


_NEW: dict[Resource, Callable[[JsonObject], JsonObject]] = {
    PODS: _new_pod,
    NAMESPACES: _new_namespace,
}
_NORMAL: dict[Resource, Callable[[JsonObject], JsonObject]] = {
    PODS: _pod,
    EVENTS: _event,
    ROLE_BINDINGS: _binding,
    CLUSTER_ROLE_BINDINGS: _binding,
}
