"""get, list and watch."""

import base64
from dataclasses import dataclass

import msgspec

from sandbox.kubernetes.request import Request
from sandbox.kubernetes.resources import Resource
from sandbox.kubernetes.selectors import selector
from sandbox.kubernetes.status import ApiError, JsonObject, bad_request, cause, expired, invalid, not_found
from sandbox.kubernetes.store import Store
from sandbox.kubernetes.watch import Interruptions, Watch

_EXPIRED_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)


@dataclass(frozen=True)
class _Page:
    """Where a page begins: after key `start`, in the state at `revision`."""

    revision: int
    start: str


def get(store: Store, request: Request, resource: Resource) -> JsonObject:
    """The object. Raises ApiError 404."""
    found = store.get(resource, request.namespace, request.name)
    if found is None:
        raise not_found(resource.plural, request.name, resource.group)
    return typed(resource, found)


def typed(resource: Resource, item: JsonObject) -> JsonObject:
    """The object as it is answered on its own; in a list it has no kind."""
    return {"kind": resource.kind, "apiVersion": resource.group_version} | item


def list_objects(store: Store, request: Request, resource: Resource) -> JsonObject:
    """One page of a list. Raises ApiError 400 or 422 for bad parameters, 410 for a lost past."""
    labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
    matches = selector(resource, labels, fields)
    with store.changed:
        page = _page(store, request)
        candidates = store.items(resource, request.namespace, at=page.revision)
    found = [item for item in candidates if _path(item) > page.start and matches(item)]
    limit = int(request.query.get("limit") or 0) or len(found)
    metadata: JsonObject = {"resourceVersion": str(page.revision)}
    if len(found) > limit:
        metadata["continue"] = _encode(_Page(page.revision, _path(found[limit - 1])))
        if not labels and not fields:
            metadata["remainingItemCount"] = len(found) - limit
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.group_version,
        "metadata": metadata,
        "items": found[:limit],
    }


def watch(store: Store, interruptions: Interruptions, request: Request, resource: Resource) -> Watch:
    """A watch, not yet begun. Raises ApiError for bad parameters."""
    version = request.query.get("resourceVersion", "")
    if version and not version.isdigit():
        raise ApiError(500, "", _bad_version(version))
    timeout = request.query.get("timeoutSeconds", "")
    initial_events = request.flag("sendInitialEvents")
    if initial_events and request.query.get("resourceVersionMatch") != "NotOlderThan":
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise _options_invalid("resourceVersionMatch", message)
    return Watch(
        store,
        Interruptions() if request.spared else interruptions,
        resource,
        request.namespace,
        selector(resource, request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")),
        revision=int(version) if version else None,
        bookmarks=request.flag("allowWatchBookmarks"),
        initial_events=initial_events,
        timeout=float(timeout) if timeout else None,
    )


def _page(store: Store, request: Request) -> _Page:
    version = request.query.get("resourceVersion", "")
    token = request.query.get("continue", "")
    match = request.query.get("resourceVersionMatch", "")
    if match and not version:
        message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise _options_invalid("resourceVersionMatch", message)
    if token:
        return _continued(store, token, version)
    if version and not version.isdigit():
        raise bad_request(f"invalid resource version: {_bad_version(version)}")
    if version and int(version) > store.revision:
        raise _too_large(version, store.revision)
    if match == "Exact":
        if int(version) < store.compacted:
            raise expired(f"The resourceVersion for the provided list is too old: {version}")
        return _Page(int(version), "")
    return _Page(store.revision, "")


def _continued(store: Store, token: str, version: str) -> _Page:
    if version not in ("", "0"):
        raise bad_request("specifying resource version is not allowed when using continue")
    page = _decode(token)
    if page.revision < 0:
        return _Page(store.revision, page.start)
    if page.revision < store.compacted:
        error = expired(_EXPIRED_CONTINUE)
        error.metadata = {"continue": _encode(_Page(-1, page.start))}
        raise error
    return page


def _path(item: JsonObject) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def _encode(page: _Page) -> str:
    document = {"v": "meta.k8s.io/v1", "rv": page.revision, "start": page.start}
    return base64.urlsafe_b64encode(msgspec.json.encode(document)).decode().rstrip("=")


def _decode(token: str) -> _Page:
    try:
        document = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return _Page(int(document["rv"]), str(document["start"]))
    except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as problem:
        raise bad_request(f"invalid continue token: continue key is not valid: {problem}") from problem


def _bad_version(version: str) -> str:
    quoted = f'"{version}"'
    return f"resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"


def _too_large(version: str, current: int) -> ApiError:
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return ApiError(504, "Timeout", message, {"causes": causes}, retry_after=1)


def _options_invalid(path: str, message: str) -> ApiError:
    return invalid("ListOptions", "meta.k8s.io", "", cause(path, "FieldValueForbidden", message))
