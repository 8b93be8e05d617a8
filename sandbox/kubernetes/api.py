"""The API: who asks, whether they may, and the verb that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from sandbox.kubernetes import deletion, discovery, reading, writing
from sandbox.kubernetes.defaults import timestamp
from sandbox.kubernetes.identity import Tokens, User
from sandbox.kubernetes.rbac import Attributes, Authorizer
from sandbox.kubernetes.request import Request
from sandbox.kubernetes.resources import NAMESPACES, SERVICE_ACCOUNTS, Resource
from sandbox.kubernetes.reviews import REVIEWS, review
from sandbox.kubernetes.selectors import selector
from sandbox.kubernetes.status import (
    JsonObject,
    bad_request,
    cause,
    invalid,
    method_not_allowed,
    not_found,
    unknown_path,
)
from sandbox.kubernetes.store import Store
from sandbox.kubernetes.watch import Interruptions, Watch

FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
HEALTH_PATHS = ("/healthz", "/livez", "/readyz")
SHORTEST_TOKEN_SECONDS = 600
AUDIENCE = "https://kubernetes.default.svc"


@dataclass(frozen=True)
class Answer:
    """What goes back: a document, a text, or a watch that has not begun."""

    code: int
    body: JsonObject | str | Watch


_Verb: TypeAlias = Callable[[Request, Resource], Answer]


class Api:
    """One cluster's API over one store."""

    def __init__(self) -> None:
        """A cluster that holds its first namespaces and nothing else."""
        self.store = Store()
        self.tokens = Tokens(self.store)
        self.interruptions = Interruptions()
        self._authorizer = Authorizer(self.store)
        self._verbs: dict[str, _Verb] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }
        for name in FIRST_NAMESPACES:
            request = Request("POST", "", {}, b"", "", None)
            writing.create(self.store, request, NAMESPACES, {"metadata": {"name": name}})

    def answer(self, request: Request, user: User) -> Answer:
        """Authorize and carry out. Raises ApiError for every refusal."""
        self._authorizer.require(user, _attributes(request))
        if request.resource is None:
            return self._path(request)
        if not _serves(request.resource, request):
            raise method_not_allowed()
        if request.query.get("dryRun"):
            raise bad_request("dryRun is not served by the sandbox")
        if request.resource in REVIEWS:
            return Answer(201, review(self._authorizer, request.resource, request.document(), user))
        return self._verbs[request.verb](request, request.resource)

    def _path(self, request: Request) -> Answer:
        if request.path.rstrip("/") in HEALTH_PATHS:
            return Answer(200, "ok")
        document = discovery.document(request.path)
        if document is not None:
            return Answer(200, document)
        if request.known_group:
            raise unknown_path()
        return Answer(404, "404 page not found\n")

    def _get(self, request: Request, resource: Resource) -> Answer:
        return Answer(200, reading.get(self.store, request, resource))

    def _list(self, request: Request, resource: Resource) -> Answer:
        return Answer(200, reading.list_objects(self.store, request, resource))

    def _watch(self, request: Request, resource: Resource) -> Answer:
        return Answer(200, reading.watch(self.store, self.interruptions, request, resource))

    def _create(self, request: Request, resource: Resource) -> Answer:
        if request.subresource == "binding":
            return Answer(201, writing.bind(self.store, request))
        if request.subresource == "token":
            return Answer(201, self._token(request))
        made = writing.create(self.store, request, resource, request.document())
        return Answer(201, reading.typed(resource, made))

    def _update(self, request: Request, resource: Resource) -> Answer:
        code, item = writing.update(self.store, request, resource)
        return Answer(code, reading.typed(resource, item))

    def _patch(self, request: Request, resource: Resource) -> Answer:
        return Answer(200, reading.typed(resource, writing.patch(self.store, request, resource)))

    def _delete(self, request: Request, resource: Resource) -> Answer:
        return Answer(200, deletion.delete(self.store, request, resource, request.name))

    def _delete_collection(self, request: Request, resource: Resource) -> Answer:
        matches = selector(
            resource, request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        )
        with self.store.changed:
            found = [item for item in self.store.items(resource, request.namespace) if matches(item)]
            for item in found:
                deletion.delete(self.store, request, resource, item["metadata"]["name"])
            metadata = {"resourceVersion": str(self.store.revision)}
        kind = f"{resource.kind}List"
        version = resource.group_version
        return Answer(200, {"kind": kind, "apiVersion": version, "metadata": metadata, "items": found})

    def account_token(self, namespace: str, name: str, seconds: int = 3600) -> str:
        """Mint a token of a ServiceAccount. Raises ApiError 404 when there is none."""
        account = self.store.get(SERVICE_ACCOUNTS, namespace, name)
        if account is None:
            raise not_found(SERVICE_ACCOUNTS.plural, name)
        return self.tokens.issue(namespace, name, account["metadata"]["uid"], seconds)

    def _token(self, request: Request) -> JsonObject:
        seconds = (request.document().get("spec") or {}).get("expirationSeconds") or 3600
        if seconds < SHORTEST_TOKEN_SECONDS:
            message = f"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
            why = cause("spec.expirationSeconds", "FieldValueInvalid", message)
            raise invalid("TokenRequest", "authentication.k8s.io", "", why)
        token = self.account_token(request.namespace, request.name, seconds)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": request.name, "namespace": request.namespace},
            "spec": {"audiences": [AUDIENCE], "expirationSeconds": seconds, "boundObjectRef": None},
            "status": {"token": token, "expirationTimestamp": timestamp(seconds)},
        }


def encode(answer: Answer) -> bytes:
    """The bytes of an answer that is no watch."""
    return answer.body.encode() if isinstance(answer.body, str) else msgspec.json.encode(answer.body)


def _attributes(request: Request) -> Attributes:
    if request.resource is None:
        return Attributes(request.verb, path=request.path)
    name = request.authorized_name
    # The namespace of a Namespace is itself: a Role in it may permit `get namespaces`.
    namespace = request.name if request.resource == NAMESPACES else request.namespace
    group = request.resource.group
    return Attributes(request.verb, group, request.resource_path, namespace, name)


def _serves(resource: Resource, request: Request) -> bool:
    if request.subresource:
        known = request.subresource in resource.subresources
        verbs = ("get", "patch", "update") if request.subresource == "status" else ("create",)
        return known and request.verb in verbs
    addressed = bool(request.name) or request.verb in ("create", "list", "watch", "deletecollection")
    placed = not resource.namespaced or bool(request.namespace) or request.verb in ("list", "watch")
    return request.verb in resource.verbs and addressed and placed
