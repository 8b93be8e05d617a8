"""Watches: every change since a resourceVersion, as a stream of JSON lines."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from sandbox.kubernetes.resources import Resource
from sandbox.kubernetes.selectors import Matches
from sandbox.kubernetes.status import ApiError, JsonObject, expired
from sandbox.kubernetes.store import Change, Store

BOOKMARK_SECONDS = 60.0
BOOKMARK_BEFORE_END_SECONDS = 2.0
DEFAULT_TIMEOUT_SECONDS = 1800.0
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class WatchDroppedError(Exception):
    """The connection is to be cut without an end of stream."""


@dataclass
class Interruptions:
    """What is done to all open watches at once. Guarded by the store's condition."""

    closing: bool = False
    silent: bool = False
    drops: int = 0
    bookmarks: int = 0
    errors: list[ApiError] = field(default_factory=list)


@dataclass
class Watch:
    """One client's watch. Iterating yields encoded events until its time is over."""

    store: Store
    interruptions: Interruptions
    resource: Resource
    namespace: str
    matches: Matches
    revision: int | None
    bookmarks: bool = False
    initial_events: bool = False
    timeout: float | None = None

    def __iter__(self) -> Iterator[bytes]:
        """The events, one JSON line each; raises WatchDroppedError to have the connection cut."""
        if self.revision and not self.initial_events and self.revision < self.store.compacted:
            yield _too_old(self.revision, self.store.compacted)
            return
        now = time.monotonic()
        self._deadline = now + (self.timeout or DEFAULT_TIMEOUT_SECONDS * random.uniform(1, 2))  # noqa: S311
        self._next_bookmark = self._bookmark_after(now)
        self._seen = Interruptions(drops=self.interruptions.drops, bookmarks=self.interruptions.bookmarks)
        self._errors_seen = len(self.interruptions.errors)
        yield from self._initial()
        while True:
            batch, over = self._wait()
            yield from batch
            if over:
                return

    def _initial(self) -> Iterator[bytes]:
        """Without a resourceVersion to begin at, the state as it is comes first."""
        if self.revision and not self.initial_events:
            self._position = self.revision
            return
        with self.store.changed:
            present = self.store.items(self.resource, self.namespace)
            self._position = self.store.revision
        yield from (encode("ADDED", self._typed(item)) for item in present if self.matches(item))
        if self.initial_events:
            yield self._bookmark({INITIAL_EVENTS_END: "true"})

    def _wait(self) -> tuple[list[bytes], bool]:
        """Sleep until there is something to say; the flag tells that it is the last."""
        with self.store.changed:
            while True:
                state = self.interruptions
                if state.closing:
                    return [], True
                if state.drops != self._seen.drops:
                    raise WatchDroppedError
                now = time.monotonic()
                batch = [] if state.silent else self._batch(now)
                over = now >= self._deadline or len(state.errors) > self._errors_seen
                if batch or over:
                    return batch, over
                self.store.changed.wait(max(0.0, self._wake_at() - now))

    def _batch(self, now: float) -> list[bytes]:
        if self._position < self.store.trimmed:
            self._deadline = now
            return [_too_old(self._position, self.store.trimmed)]
        batch = [event for change in self._changes() if (event := self._event(change))]
        asked = self.interruptions.bookmarks != self._seen.bookmarks
        if self.bookmarks and (asked or now >= self._next_bookmark):
            self._seen.bookmarks = self.interruptions.bookmarks
            self._next_bookmark = self._bookmark_after(now)
            batch.append(self._bookmark({}))
        batch.extend(
            encode("ERROR", error.body()) for error in self.interruptions.errors[self._errors_seen :]
        )
        return batch

    def _changes(self) -> list[Change]:
        changes = self.store.changes_since(self.resource, self._position)
        self._position = max(self._position, self.store.revision)
        return [change for change in changes if not self.namespace or change.key[0] == self.namespace]

    def _event(self, change: Change) -> bytes | None:
        """kube-apiserver's rule: a change that makes an object match, or not, is ADDED or DELETED.

        What a DELETED event carries after the selector stopped matching is the state *before* the
        change, with the change's resourceVersion.
        """
        before = change.before is not None and self.matches(change.before)
        after = not change.gone and self.matches(change.after)
        if after:
            return encode("MODIFIED" if before else "ADDED", self._typed(change.after))
        if before and change.before is not None:
            last = change.after if change.gone else change.before
            metadata = last["metadata"] | {"resourceVersion": str(change.revision)}
            return encode("DELETED", self._typed(last | {"metadata": metadata}))
        return None

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: JsonObject = {"resourceVersion": str(self._position)}
        if annotations:
            metadata["annotations"] = annotations
        return encode("BOOKMARK", self._typed({"metadata": metadata}))

    def _bookmark_after(self, now: float) -> float:
        """Every minute, and once shortly before the end, so that a resume is cheap."""
        before_end = self._deadline - BOOKMARK_BEFORE_END_SECONDS
        heartbeat = now + BOOKMARK_SECONDS
        return before_end if now < before_end < heartbeat else heartbeat

    def _wake_at(self) -> float:
        return min(self._deadline, self._next_bookmark) if self.bookmarks else self._deadline

    def _typed(self, item: JsonObject) -> JsonObject:
        return {"kind": self.resource.kind, "apiVersion": self.resource.group_version} | item


def _too_old(revision: int, floor: int) -> bytes:
    return encode("ERROR", expired(f"too old resource version: {revision} ({floor})").body())


def encode(kind: str, item: JsonObject) -> bytes:
    """One event, as a line."""
    return msgspec.json.encode({"type": kind, "object": item}) + b"\n"
