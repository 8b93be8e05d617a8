"""The API server's JSON into Structs; what cannot be read is KubernetesError, never an answer."""

from typing import TypeVar

import msgspec
import structlog

from eip import names
from eip.errors import KubernetesError
from eip.node import Node, as_pod
from eip.pod import ListMeta, Pod, PodList

log = structlog.get_logger(__name__)

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _RawPage(msgspec.Struct):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[msgspec.Raw] = msgspec.field(default_factory=list)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """One object."""
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as error:
        raise KubernetesError(0, "Unreadable", f"the API server's answer cannot be read: {error}") from error


def watched(raw: msgspec.Raw, namespace: str | None) -> Pod:
    """The object of one line of a watch; raises what UNREADABLE lists."""
    if namespace == names.NODES:
        return as_pod(msgspec.json.decode(raw, type=Node))
    return msgspec.json.decode(raw, type=Pod)


def pod(body: bytes | msgspec.Raw, namespace: str | None = None) -> Pod:
    """A pod, or a node; one without a uid is none, as the uid is what tells it from its namesake."""
    found = as_pod(decode(body, Node)) if namespace == names.NODES else decode(body, Pod)
    if not found.uid:
        raise KubernetesError(0, "Unreadable", "the API server's answer is no object: it has no uid")
    return found


def page(body: bytes, namespace: str | None = None) -> PodList:
    """A page of pods, or of nodes; one that cannot be read is left out with a log line."""
    if namespace == names.NODES:
        return _one_by_one(body, namespace)
    try:
        return msgspec.json.decode(body, type=PodList)
    except UNREADABLE:
        return _one_by_one(body, namespace)


def _one_by_one(body: bytes, namespace: str | None) -> PodList:
    raw = decode(body, _RawPage)
    return PodList(raw.metadata, [found for item in raw.items if (found := _readable(item, namespace))])


def _readable(item: msgspec.Raw, namespace: str | None) -> Pod | None:
    try:
        return pod(item, namespace)
    except KubernetesError as error:
        log.warning("a listed pod was left out", error=str(error))
        return None
