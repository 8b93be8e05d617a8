"""metav1.Status: how the API server says no, in its own words."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


@dataclass
class ApiError(Exception):
    """A refusal that is answered to the client as a metav1.Status of its `code`."""

    code: int
    reason: str
    message: str
    details: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    retry_after: int | None = None

    def body(self) -> JsonObject:
        """The metav1.Status."""
        details = self.details
        if self.retry_after is not None:
            details = details | {"retryAfterSeconds": self.retry_after}
        status: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": details,
            "code": self.code,
        }
        return {key: value for key, value in status.items() if key == "metadata" or value}


def success(name: str, group: str, kind: str, uid: str) -> JsonObject:
    """The Status that a completed deletion answers."""
    details = {"name": name, "group": group, "kind": kind, "uid": uid}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


def about(plural: str, name: str, group: str) -> JsonObject:
    """The details that name the object in question."""
    details = {"name": name, "group": group, "kind": plural}
    return {key: value for key, value in details.items() if value}


def qualified(plural: str, group: str) -> str:
    """`pods`, or `leases.coordination.k8s.io`: a resource as messages write it."""
    return f"{plural}.{group}" if group else plural


def not_found(plural: str, name: str, group: str = "") -> ApiError:
    """404: there is no such object."""
    message = f'{qualified(plural, group)} "{name}" not found'
    return ApiError(404, "NotFound", message, about(plural, name, group))


def unknown_path() -> ApiError:
    """404 of a path that no resource is served at."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(plural: str, name: str, group: str) -> ApiError:
    """409: the name is taken."""
    message = f'{qualified(plural, group)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, about(plural, name, group))


def conflict(plural: str, name: str, group: str, why: str) -> ApiError:
    """409: a precondition does not hold."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return ApiError(409, "Conflict", message, about(plural, name, group))


def modified(plural: str, name: str, group: str) -> ApiError:
    """409: the writer knew an older resourceVersion."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(plural, name, group, why)


def invalid(kind: str, group: str, name: str, *causes: JsonObject) -> ApiError:
    """422: the object breaks a rule of its kind; `causes` come from `cause`."""
    texts = list(dict.fromkeys(f"{cause['field']}: {cause['message']}" for cause in causes))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    message = f'{qualified(kind, group)} "{name}" is invalid: {listed}'
    return ApiError(422, "Invalid", message, about(kind, name, group) | {"causes": list(causes)})


def cause(path: str, reason: str, message: str) -> JsonObject:
    """One broken rule: a field's path, a FieldValue* reason and what is wrong."""
    return {"reason": reason, "message": message, "field": path}


def bad_request(message: str) -> ApiError:
    """400: the request can't be understood."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401: a token that nobody was given."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    """405: the resource has no such verb."""
    return ApiError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
    )


def expired(message: str) -> ApiError:
    """410: what was asked for has been compacted away."""
    return ApiError(410, "Expired", message)
