"""Objects under one global resourceVersion, and the history that watches and old pages read."""

import threading
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.kubernetes.resources import Resource
from sandbox.kubernetes.status import JsonObject

Key: TypeAlias = tuple[str, str]
HISTORY_LIMIT = 100_000


@dataclass(frozen=True)
class Change:
    """One write: what was there before and after; a deletion's `after` is its last state, `gone`."""

    revision: int
    key: Key
    before: JsonObject | None
    after: JsonObject
    gone: bool = False


class Store:
    """What etcd is to kube-apiserver. Stored objects are never changed in place.

    A writer holds `changed` (a re-entrant condition) from its read to its write; every write
    wakes those who wait on it.
    """

    def __init__(self) -> None:
        """Start empty, at revision 1."""
        self.changed = threading.Condition(threading.RLock())
        self.revision = 1
        self.compacted = 0
        self.trimmed = 0
        self._objects: dict[Resource, dict[Key, JsonObject]] = defaultdict(dict)
        self._history: dict[Resource, list[Change]] = defaultdict(list)

    def get(self, resource: Resource, namespace: str, name: str) -> JsonObject | None:
        """The object, or None."""
        return self._objects[resource].get((namespace, name))

    def put(self, resource: Resource, item: JsonObject) -> JsonObject:
        """Store `item` under the next resourceVersion; return it as stored."""
        with self.changed:
            stored = self._stamped(item)
            key = _key(stored)
            before = self._objects[resource].get(key)
            self._objects[resource][key] = stored
            self._remember(resource, Change(self.revision, key, before, stored))
            return stored

    def remove(self, resource: Resource, item: JsonObject) -> JsonObject:
        """Remove the object; `item` is its last state. Return it as the DELETED event shows it."""
        with self.changed:
            last = self._stamped(item)
            key = _key(last)
            before = self._objects[resource].pop(key, None)
            self._remember(resource, Change(self.revision, key, before, last, gone=True))
            return last

    def items(self, resource: Resource, namespace: str = "", at: int | None = None) -> list[JsonObject]:
        """The objects in the order of their keys, as they were at revision `at` (default: as they are)."""
        with self.changed:
            found = dict(self._objects[resource])
            for change in reversed(self._history[resource]):
                if at is None or change.revision <= at:
                    break
                if change.before is None:
                    found.pop(change.key, None)
                else:
                    found[change.key] = change.before
        return [item for key, item in sorted(found.items()) if not namespace or key[0] == namespace]

    def changes_since(self, resource: Resource, revision: int) -> list[Change]:
        """The writes after `revision`, oldest first."""
        with self.changed:
            history = self._history[resource]
            return history[bisect_right(history, revision, key=lambda change: change.revision) :]

    def compact(self) -> int:
        """Refuse all that is past; return the revision below which nothing can be resumed.

        Watches that are open go on, as they do in kube-apiserver.
        """
        with self.changed:
            # Counts as a write, so that even the last revision that a client has seen is too old.
            self.revision += 1
            self.compacted = self.revision
            return self.compacted

    def _stamped(self, item: JsonObject) -> JsonObject:
        self.revision += 1
        return item | {"metadata": item["metadata"] | {"resourceVersion": str(self.revision)}}

    def _remember(self, resource: Resource, change: Change) -> None:
        history = self._history[resource]
        if len(history) >= HISTORY_LIMIT:
            del history[: HISTORY_LIMIT // 2]
            self.trimmed = history[0].revision - 1
            self.compacted = max(self.compacted, self.trimmed)
        history.append(change)
        self.changed.notify_all()


def _key(item: JsonObject) -> Key:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
