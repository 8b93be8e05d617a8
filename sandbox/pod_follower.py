"""List, then watch, then list again: every pod's changes, for the kubelet's stand-in."""

import threading
from collections.abc import Callable

import urllib3

from sandbox.kubernetes.client import ApiClient, WatchStream
from sandbox.kubernetes.status import JsonObject

PODS = "/api/v1/pods"
PAUSE_SECONDS = 0.2
WATCH_SECONDS = 300
OK = 200


class PodFollower:
    """A thread that tells `tell` of each pod as ADDED, MODIFIED or DELETED."""

    def __init__(self, api: ApiClient, tell: Callable[[JsonObject], None]) -> None:
        """Nothing runs yet."""
        self._api = api
        self._tell = tell
        self._known: dict[str, JsonObject] = {}
        self._stopping = threading.Event()
        self._stream: WatchStream | None = None
        self._thread = threading.Thread(target=self._follow, name="pod-follower", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch, and wait for the thread."""
        self._stopping.set()
        if self._stream:
            self._stream.interrupt()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                version = self._list()
                while version and not self._stopping.is_set():
                    version = self._watch(version)
            except urllib3.exceptions.HTTPError:
                self._stopping.wait(PAUSE_SECONDS)

    def _list(self) -> str:
        reply = self._api.get(PODS)
        if reply.status != OK:
            self._stopping.wait(PAUSE_SECONDS)
            return ""
        present = {pod["metadata"]["uid"]: pod for pod in reply.body["items"]}
        for uid in self._known.keys() - present.keys():
            self._tell({"type": "DELETED", "object": self._known[uid]})
        for pod in present.values():
            self._tell({"type": "MODIFIED", "object": pod})
        self._known = present
        return str(reply.body["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> str:
        """Follow one watch to its end; return where the next may begin, or nothing to list again."""
        query = f"?resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}"
        with self._api.watch(PODS + query) as stream:
            self._stream = stream
            if self._stopping.is_set() or stream.status != OK:
                return ""
            for event in stream:
                if event["type"] == "ERROR":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._note(event)
        return version

    def _note(self, event: JsonObject) -> None:
        uid = event["object"]["metadata"]["uid"]
        if event["type"] == "DELETED":
            self._known.pop(uid, None)
        else:
            self._known[uid] = event["object"]
        self._tell(event)
