"""delete: preconditions, the grace of pods, finalizers."""

from sandbox.kubernetes.defaults import timestamp
from sandbox.kubernetes.request import Request
from sandbox.kubernetes.resources import NAMESPACES, Resource
from sandbox.kubernetes.status import JsonObject, conflict, not_found, success
from sandbox.kubernetes.store import Store

_PRECONDITIONS = (
    ("uid", "UID", "The object might have been deleted and then recreated"),
    ("resourceVersion", "ResourceVersion", "The object might have been modified"),
)


def delete(store: Store, request: Request, resource: Resource, name: str) -> JsonObject:
    """Delete an object, or begin to. Raises ApiError 404 or 409.

    Returns the object while it lasts; a deletion that is complete answers a Status for most kinds.
    """
    options = request.document()
    with store.changed:
        item = store.get(resource, request.namespace, name)
        if item is None:
            raise not_found(resource.plural, name, resource.group)
        _check_preconditions(resource, item, options.get("preconditions") or {})
        return _delete(store, resource, item, _grace(request, options, resource, item))


def is_over(item: JsonObject) -> bool:
    """Whether nothing holds back an object that is being deleted."""
    metadata = item["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds") and "finalizers" not in (item.get("spec") or {})


def _delete(store: Store, resource: Resource, item: JsonObject, grace: int) -> JsonObject:
    if not (resource.graceful or item["metadata"].get("finalizers") or resource == NAMESPACES):
        gone = store.remove(resource, item)
        return _answer(resource, gone)
    marked = _marked(resource, item, grace)
    if marked != item:
        marked = store.put(resource, marked)
    if is_over(marked):
        return _answer(resource, store.remove(resource, marked))
    return _typed(resource, marked)


def _marked(resource: Resource, item: JsonObject, grace: int) -> JsonObject:
    """The object with its end written on it; what is ending already can only be made to end sooner."""
    metadata = item["metadata"]
    remaining = metadata.get("deletionGracePeriodSeconds", 0)
    if "deletionTimestamp" in metadata and grace >= remaining:
        return item
    end: JsonObject = {"deletionTimestamp": timestamp(grace)}
    if resource != NAMESPACES:
        end["deletionGracePeriodSeconds"] = grace
    if "generation" in metadata and "deletionTimestamp" not in metadata:
        end["generation"] = metadata["generation"] + 1
    marked = item | {"metadata": metadata | end}
    if resource == NAMESPACES:
        marked["status"] = {"phase": "Terminating"}
    return marked


def _grace(request: Request, options: JsonObject, resource: Resource, item: JsonObject) -> int:
    """Pods that run somewhere are given time; all else ends at once."""
    if not resource.graceful or not item["spec"].get("nodeName"):
        return 0
    if item["status"].get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
    if asked is None:
        ending: int | None = item["metadata"].get("deletionGracePeriodSeconds")
        return ending if ending is not None else int(item["spec"]["terminationGracePeriodSeconds"])
    return max(0, int(asked)) if int(asked) >= 0 else 1


def _check_preconditions(resource: Resource, item: JsonObject, wanted: JsonObject) -> None:
    for key, title, remark in _PRECONDITIONS:
        present = item["metadata"][key]
        if wanted.get(key, present) != present:
            why = (
                f"the {title} in the precondition ({wanted[key]}) does not match the {title} in record "
                f"({present}). {remark}"
            )
            raise conflict(resource.kind, item["metadata"]["name"], resource.group, why)


def _answer(resource: Resource, gone: JsonObject) -> JsonObject:
    if resource.answers_deleted_object:
        return _typed(resource, gone)
    metadata = gone["metadata"]
    return success(metadata["name"], resource.group, resource.plural, metadata["uid"])


def _typed(resource: Resource, item: JsonObject) -> JsonObject:
    return {"kind": resource.kind, "apiVersion": resource.group_version} | item
