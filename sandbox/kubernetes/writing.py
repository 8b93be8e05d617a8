"""create, update and patch, of an object or of its status."""

from sandbox.kubernetes import deletion
from sandbox.kubernetes.defaults import new_object, normalized, timestamp, without
from sandbox.kubernetes.patch import apply_patch
from sandbox.kubernetes.request import Request
from sandbox.kubernetes.resources import NAMESPACES, PODS, Resource
from sandbox.kubernetes.status import (
    ApiError,
    JsonObject,
    about,
    already_exists,
    bad_request,
    cause,
    conflict,
    invalid,
    modified,
    not_found,
    qualified,
)
from sandbox.kubernetes.store import Store
from sandbox.kubernetes.validation import check

_SERVER_OWNED = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


def create(store: Store, request: Request, resource: Resource, item: JsonObject) -> JsonObject:
    """Store a new object. Raises ApiError 400, 403, 404, 409 or 422."""
    _check_type(resource, item)
    metadata = item.get("metadata") or {}
    if request.namespace and metadata.get("namespace", request.namespace) != request.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    with store.changed:
        made = new_object(resource, request.namespace, item)
        if request.namespace:
            _check_namespace(store, request.namespace, resource, made["metadata"].get("name", ""))
        check(resource, made, None)
        name = made["metadata"]["name"]
        if store.get(resource, request.namespace, name):
            raise already_exists(resource.plural, name, resource.group)
        return store.put(resource, made)


def update(store: Store, request: Request, resource: Resource) -> tuple[int, JsonObject]:
    """Replace an object, or its status; return the HTTP code too, as some kinds are created by it."""
    item = request.document()
    _check_type(resource, item)
    with store.changed:
        before = store.get(resource, request.namespace, request.name)
        _check_name(request, item)
        if before is None:
            if not resource.create_on_update:
                raise not_found(resource.plural, request.name, resource.group)
            return 201, create(store, request, resource, item)
        _check_uid(request, resource, item, before)
        if resource.update_needs_version and not item["metadata"].get("resourceVersion"):
            message = "Invalid value: 0: must be specified for an update"
            why = cause("metadata.resourceVersion", "FieldValueInvalid", message)
            raise invalid(resource.plural, resource.group, request.name, why)
        item["metadata"].setdefault("uid", before["metadata"]["uid"])
        item["metadata"].setdefault("namespace", request.namespace)
        return 200, _replace(store, request, resource, item, before)


def patch(store: Store, request: Request, resource: Resource) -> JsonObject:
    """Patch an object, or its status. Raises ApiError 404, 409, 415 or 422."""
    with store.changed:
        before = store.get(resource, request.namespace, request.name)
        if before is None:
            raise not_found(resource.plural, request.name, resource.group)
        item = apply_patch(request.content_type, before, request.json())
        _check_name(request, item)
        return _replace(store, request, resource, without(item, "kind", "apiVersion"), before)


def bind(store: Store, request: Request) -> JsonObject:
    """What the scheduler does: give a pod its node. Raises ApiError 400, 404 or 409."""
    binding = request.document()
    if (binding.get("metadata") or {}).get("name") != request.name:
        raise bad_request("name in URL does not match name in Binding object")
    node = (binding.get("target") or {}).get("name", "")
    with store.changed:
        pod = store.get(PODS, request.namespace, request.name)
        if pod is None:
            raise not_found(PODS.plural, request.name)
        present = pod["spec"].get("nodeName")
        if present:
            why = f'pod {request.name} is already assigned to node "{present}"'
            raise conflict("pods/binding", request.name, "", why)
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": timestamp()}
        conditions = [
            entry for entry in pod["status"].get("conditions", []) if entry["type"] != "PodScheduled"
        ]
        status = pod["status"] | {"conditions": [*conditions, scheduled]}
        bound = pod | {"spec": pod["spec"] | {"nodeName": node}, "status": status}
        store.put(PODS, normalized(PODS, bound))
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _replace(
    store: Store, request: Request, resource: Resource, item: JsonObject, before: JsonObject
) -> JsonObject:
    version = item["metadata"].get("resourceVersion") or before["metadata"]["resourceVersion"]
    if version != before["metadata"]["resourceVersion"]:
        raise modified(resource.plural, request.name, resource.group)
    after = normalized(resource, _strategy(request, resource, item, before))
    after["metadata"]["resourceVersion"] = version
    check(resource, after, before)
    if after == before:
        return before
    if deletion.is_over(after):
        store.remove(resource, before)
        return after
    return store.put(resource, after)


def _strategy(request: Request, resource: Resource, item: JsonObject, before: JsonObject) -> JsonObject:
    """The main resource never changes status; `status` changes that, labels and annotations, no more."""
    kept = {key: before["metadata"][key] for key in _SERVER_OWNED if key in before["metadata"]}
    metadata = without(item["metadata"], *_SERVER_OWNED, "managedFields") | kept
    after = without(item, "kind", "apiVersion")
    if request.subresource == "status":
        after = {**after, "spec": before.get("spec", {})}
        owners = before["metadata"].get("ownerReferences")
        metadata = without(metadata, "ownerReferences") | ({"ownerReferences": owners} if owners else {})
    elif "status" in resource.subresources:
        after = {**after, "status": before.get("status", {})}
    return after | {"metadata": metadata}


def _check_type(resource: Resource, item: JsonObject) -> None:
    kind, version = item.get("kind", resource.kind), item.get("apiVersion", resource.group_version)
    if kind != resource.kind or version != resource.group_version:
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {resource.kind}: '
            f"converting ({version}.{kind}) to (core.{resource.kind}): unknown conversion"
        )


def _check_name(request: Request, item: JsonObject) -> None:
    name = (item.get("metadata") or {}).get("name", request.name)
    if name != request.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({request.name})"
        )
    item.setdefault("metadata", {})["name"] = name


def _check_uid(request: Request, resource: Resource, item: JsonObject, before: JsonObject) -> None:
    uid, present = item["metadata"].get("uid"), before["metadata"]["uid"]
    if uid and uid != present:
        key = "/".join(part for part in (resource.registry, request.namespace, request.name) if part)
        why = (
            f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {present}"
        )
        raise conflict(resource.plural, request.name, resource.group, why)


def _check_namespace(store: Store, namespace: str, resource: Resource, name: str) -> None:
    found = store.get(NAMESPACES, "", namespace)
    if found is None:
        raise not_found(NAMESPACES.plural, namespace)
    if "deletionTimestamp" in found["metadata"]:
        message = (
            f'{qualified(resource.plural, resource.group)} "{name}" is forbidden: unable to create new '
            f"content in namespace {namespace} because it is being terminated"
        )
        why = cause(
            "metadata.namespace", "NamespaceTerminating", f"namespace {namespace} is being terminated"
        )
        details = about(resource.plural, name, resource.group) | {"causes": [why]}
        raise ApiError(403, "Forbidden", message, details)
