"""Looks at a cluster that change nothing: who we are, what somebody may do, and objects of any kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from eip.errors import KubernetesError
from eip.kubernetes import configuration
from eip.kubernetes.client import PAGE, PAGE_TIMEOUT
from eip.kubernetes.decode import decode
from eip.kubernetes.http import Http
from eip.kubernetes.leases import Leases
from eip.kubernetes.refusal import not_found
from eip.pod import ListMeta

T = TypeVar("T")

AUTHORIZATION = "authorization.k8s.io/v1"
AUTHENTICATION = "authentication.k8s.io/v1"


class _Version(msgspec.Struct, rename="camel"):
    git_version: str


class _UserInfo(msgspec.Struct):
    username: str = ""


class _SelfStatus(msgspec.Struct, rename="camel"):
    user_info: _UserInfo


class _SelfReview(msgspec.Struct):
    status: _SelfStatus


class _AccessStatus(msgspec.Struct):
    allowed: bool = False


class _AccessReview(msgspec.Struct):
    status: _AccessStatus


class _Page(msgspec.Struct, Generic[T]):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[T] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A ServiceAccount, as RBAC knows it."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """Its user name."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> list[str]:
        """The groups of every ServiceAccount, of those of its namespace, and of everybody with a name."""
        return ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated"]


@dataclass(frozen=True, slots=True)
class Access:
    """What would be done: authorization.k8s.io/v1 ResourceAttributes; an empty namespace means all."""

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""


class Review:
    """Questions to the API server; each raises KubernetesError."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.leases = Leases(http)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._http.close()

    def version(self) -> str:
        """The API server's version, such as v1.33.1."""
        return decode(self._http.request("GET", "/version"), _Version).git_version

    def user(self) -> str:
        """Our own user name; needs Kubernetes 1.28."""
        body = self._post(AUTHENTICATION, "SelfSubjectReview", {})
        return decode(body, _SelfReview).status.user_info.username

    def allowed(self, access: Access, account: ServiceAccount | None = None) -> bool:
        """Whether we may do that, or whether that ServiceAccount may."""
        attributes = {name: getattr(access, name) for name in Access.__slots__}
        spec: dict[str, object] = {"resourceAttributes": attributes}
        kind = "SelfSubjectAccessReview"
        if account:
            kind = "SubjectAccessReview"
            spec |= {"user": account.user, "groups": account.groups}
        return decode(self._post(AUTHORIZATION, kind, {"spec": spec}), _AccessReview).status.allowed

    def get(self, path: str, kind: type[T]) -> T | None:
        """The object at a path, or None when the API server itself says that there is none."""
        try:
            return decode(self._http.request("GET", path), kind)
        except KubernetesError as error:
            if not_found(error):
                return None
            raise

    def all(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> Iterator[T]:
        """The items of a list, page by page."""
        asked = {"limit": str(PAGE), **(query or {})}
        while True:
            body = self._http.request("GET", path, query=asked, timeout=PAGE_TIMEOUT)
            page: _Page[T] = decode(body, _Page[kind])  # type: ignore[valid-type]
            yield from page.items
            if not page.metadata.continue_:
                return
            asked["continue"] = page.metadata.continue_

    def _post(self, group: str, kind: str, body: dict[str, object]) -> bytes:
        review = {"apiVersion": group, "kind": kind, **body}
        return self._http.request("POST", f"/apis/{group}/{kind.lower()}s", body=msgspec.json.encode(review))


def connect(timeout: float, context: str = "") -> Review:
    """The API server that the environment, or a context of its kubeconfig, names; SettingsError without one.

    `timeout` in seconds is that of a question; a page of a list has longer.
    """
    return Review(Http(lambda: configuration.connect(context=context), timeout))
