"""Any object of the API server by its path: listed, patched, deleted; each call raises KubernetesError."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from eip.errors import KubernetesError
from eip.kubernetes import configuration
from eip.kubernetes.decode import decode
from eip.kubernetes.http import Http, segment
from eip.kubernetes.patience import patiently
from eip.kubernetes.refusal import another_uid, not_found
from eip.pod import ListMeta

MERGE_PATCH = "application/merge-patch+json"
PAGE = 500
PAGE_TIMEOUT = 15.0

_CONFLICT = 409

T = TypeVar("T")


class _Page(msgspec.Struct, Generic[T]):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[T] = msgspec.field(default_factory=list)


class Objects:
    """Objects of any kind; safe to share between threads."""

    def __init__(self, http: Http) -> None:
        """Share the connections of others, if there are any."""
        self._http = http

    def list(self, path: str, kind: type[T]) -> Iterator[T] | None:
        """All objects of a collection, as etcd has them; None when the API server knows no such resource."""
        try:
            first = self._page(path, kind, "")
        except KubernetesError as error:
            if _no_such_resource(error):
                return None
            raise
        return self._all(path, kind, first)

    def patch(self, path: str, patch: Mapping[str, Any]) -> bool:
        """Merge `patch` into the object; False when it is gone, changed since, or another by its uid.

        The uid and resourceVersion that the patch names are preconditions.
        """
        return self._unless_changed("PATCH", path, patch, MERGE_PATCH)

    def delete(self, path: str, uid: str) -> bool:
        """Delete the object that has this uid; False when it is gone already."""
        return self._unless_changed("DELETE", path, {"preconditions": {"uid": uid}}, "application/json")

    def _unless_changed(self, method: str, path: str, body: Mapping[str, Any], content_type: str) -> bool:
        encoded = msgspec.json.encode(body)
        try:
            patiently(lambda: self._http.request(method, path, body=encoded, content_type=content_type))
        except KubernetesError as error:
            if not_found(error) or another_uid(error) or error.code == _CONFLICT:
                return False
            raise
        return True

    def _all(self, path: str, kind: type[T], page: _Page[T]) -> Iterator[T]:
        yield from page.items
        while page.metadata.continue_:
            page = self._page(path, kind, page.metadata.continue_)
            yield from page.items

    def _page(self, path: str, kind: type[T], after: str) -> _Page[T]:
        query = {"limit": str(PAGE)} | ({"continue": after} if after else {})
        body = patiently(lambda: self._http.request("GET", path, query=query, timeout=PAGE_TIMEOUT))
        return decode(body, _Page[kind])  # type: ignore[valid-type]


def connect(timeout: float = 5.0, context: str = "") -> Http:
    """Connections to the API server that the environment names; SettingsError when it names none."""
    return Http(lambda: configuration.connect("", context), timeout)


def object_path(root: str, resource: str, namespace: str, name: str) -> str:
    """The path of a namespaced object; `root` is `/api/v1` or `/apis/GROUP/VERSION`."""
    return f"{root}/namespaces/{segment(namespace)}/{resource}/{segment(name)}"


def _no_such_resource(error: KubernetesError) -> bool:
    """A resource that is not defined is a 404 in plain text."""
    return error.code == 404 and error.reason != "NotFound"  # noqa: PLR2004
