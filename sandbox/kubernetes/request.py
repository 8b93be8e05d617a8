"""What a request asks for: kube-apiserver's RequestInfo."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import msgspec

from sandbox.kubernetes.resources import Resource, find
from sandbox.kubernetes.selectors import exact_name
from sandbox.kubernetes.status import ApiError, JsonObject, bad_request

CORE_PARTS = 2
GROUP_PARTS = 3
_ONLY_JSON = (
    "the body of the request was in an unknown format - accepted media types include: application/json"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}


@dataclass(frozen=True)
class Request:
    """One request, its path taken apart; `resource` is None for a path that is no resource.

    `spared` requests come from the sandbox's own parts: they meet no faults and are not counted.
    """

    method: str
    path: str
    query: dict[str, str]
    body: bytes = field(repr=False)
    content_type: str
    token: str | None = field(repr=False)
    verb: str = ""
    resource: Resource | None = None
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    known_group: bool = False
    spared: bool = False

    @property
    def resource_path(self) -> str:
        """`pods` or `pods/status`, as RBAC rules and the request log write it; a bare path as it is."""
        if self.resource is None:
            return self.path
        return "/".join(part for part in (self.resource.plural, self.subresource) if part)

    @property
    def authorized_name(self) -> str:
        """The name that RBAC's resourceNames is compared with."""
        return self.name or exact_name(self.query.get("fieldSelector", ""))

    def document(self) -> JsonObject:
        """The body as a JSON object, `{}` when there is none. Raises ApiError 400 or 415."""
        if self.body and self.content_type.partition(";")[0] not in ("", "application/json"):
            raise ApiError(415, "UnsupportedMediaType", _ONLY_JSON)
        found = self.json()
        if not isinstance(found, dict):
            raise bad_request("the object provided is unrecognized: the body is not a JSON object")
        return found

    def json(self) -> object:
        """The body as JSON. Raises ApiError 400."""
        try:
            return msgspec.json.decode(self.body) if self.body else {}
        except msgspec.DecodeError as problem:
            raise bad_request(f"couldn't get version/kind; json parse error: {problem}") from problem

    def flag(self, name: str) -> bool:
        """Whether a query parameter says true."""
        return self.query.get(name, "").lower() in ("1", "true")


def parse(method: str, target: str, body: bytes, content_type: str, token: str | None) -> Request:
    """Take a request apart."""
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    verb, resource, rest, known = _VERBS.get(method, method.lower()), None, list[str](), False
    parts = [part for part in split.path.split("/") if part]
    namespace = ""
    if parts[:1] == ["api"] and len(parts) > CORE_PARTS:
        namespace, resource, rest = _resource("", parts[1], parts[2:])
        known = parts[1] == "v1"
    elif parts[:1] == ["apis"] and len(parts) > GROUP_PARTS:
        namespace, resource, rest = _resource(parts[1], parts[2], parts[3:])
    name, subresource = ([*rest, "", ""])[:2]
    if resource and not name:
        verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
        verb = "watch" if verb == "list" and query.get("watch", "").lower() in ("1", "true") else verb
    return Request(
        method,
        split.path,
        query,
        body,
        content_type,
        token,
        verb,
        resource,
        namespace,
        name,
        subresource,
        known,
    )


def _resource(group: str, version: str, parts: list[str]) -> tuple[str, Resource | None, list[str]]:
    """Namespace, resource and what is left of the path: the name and the subresource."""
    if parts[0] == "namespaces" and len(parts) > CORE_PARTS and (inner := find(group, version, parts[2])):
        return parts[1], inner, parts[3:]
    return "", find(group, version, parts[0]), parts[1:]
