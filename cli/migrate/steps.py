"""One thing to do at a time: a patch of an object, or tags of an address; each may be done twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cli.migrate.facts import Eip, Pod


class Kind(StrEnum):
    """What a step does, in words that fit into a table."""

    LABEL = "label"
    TAG = "tag"
    FREE_POD = "pod's finalizer"
    FREE_EIP = "Eip's finalizer"
    DELETE_EIP = "delete Eip"
    RENAME = "rename"
    UNTAG = "old tags"
    CLEAN_POD = "old labels"
    HOLD_EIP = "Eip's finalizer back"
    HOLD_POD = "pod's finalizer back"
    DISOWN = "our tags"
    UNLABEL = "our label"


PHASES = {
    Kind.LABEL: 1,
    Kind.TAG: 1,
    Kind.FREE_POD: 2,
    Kind.FREE_EIP: 2,
    Kind.DELETE_EIP: 3,
    Kind.RENAME: 4,
    Kind.CLEAN_POD: 4,
    Kind.UNTAG: 5,
    Kind.HOLD_EIP: 1,
    Kind.HOLD_POD: 1,
    Kind.DISOWN: 2,
    Kind.UNLABEL: 3,
}
"""A phase begins once EC2 and the API server show that the one before it has been done."""


@dataclass(frozen=True, slots=True)
class Step:
    """`target` is the path of an object or the id of an address, `about` says the same to people.

    `body` is a merge patch or the tags to set, `keys` are the tags to delete; `uid` is that of the object.
    """

    kind: Kind
    about: str
    target: str
    uid: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    @property
    def phase(self) -> int:
        """When it is its turn."""
        return PHASES[self.kind]


def patch(kind: Kind, thing: Pod | Eip, **metadata: object) -> Step:
    """A merge of metadata into an object, which must be the one that was read."""
    uid = thing.metadata.uid
    return Step(kind, thing.key, thing.path, uid, {"metadata": {"uid": uid, **metadata}})


def finalizers(kind: Kind, thing: Pod | Eip, wanted: list[str]) -> Step:
    """Another list of finalizers: a list is replaced as a whole, so nobody may have changed it meanwhile."""
    return patch(kind, thing, resourceVersion=thing.metadata.resource_version, finalizers=wanted)
