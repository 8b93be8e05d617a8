"""The API server's JSON into Structs; what cannot be read is KubernetesError, never an answer."""

from typing import TypeVar

import msgspec
import structlog

from eip.errors import KubernetesError
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


def pod(body: bytes | msgspec.Raw) -> Pod:
    """A pod; one without a uid is none, as the uid is what tells a pod from its namesake."""
    found = decode(body, Pod)
    if not found.uid:
        raise KubernetesError(0, "Unreadable", "the API server's answer is no pod: it has no uid")
    return found


def page(body: bytes) -> PodList:
    """A page of pods; a pod that cannot be read is left out with a log line."""
    try:
        return msgspec.json.decode(body, type=PodList)
    except UNREADABLE:
        raw = decode(body, _RawPage)
    return PodList(raw.metadata, [found for item in raw.items if (found := _readable(item))])


def _readable(item: msgspec.Raw) -> Pod | None:
    try:
        return pod(item)
    except KubernetesError as error:
        log.warning("a listed pod was left out", error=str(error))
        return None
