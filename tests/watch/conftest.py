"""An API server that tells a watch what a test wrote down, a clock of the test's own, and no chance."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from eip import names
from eip.pod import ListMeta, OwnerMeta, Pod, PodList
from producer.watch import Changed, Item, Listed, Page, Watch


class Hands:
    """A clock that goes only as far as it is put, or slept."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Lines:
    """One watch: bytes are told, exceptions raised, and what can be called is called."""

    def __init__(self, told: list[Any], hands: Hands) -> None:
        self.told = told
        self.hands = hands
        self.interrupted = False

    def __iter__(self) -> Iterator[bytes]:
        for each in self.told:
            if self.interrupted:
                return
            if isinstance(each, Exception):
                raise each
            if isinstance(each, bytes):
                yield each
            else:
                each()
        # A watch lasts; one that ends at once is a case of its own.
        self.hands.time += 60.0

    def interrupt(self) -> None:
        self.interrupted = True


class Api:
    """Lists and watches in the order they were written down; when nothing is left the watch is stopped."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.lists: list[Any] = []
        self.watches: list[Any] = []
        self.asked: list[str] = []
        self.watch: Watch

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        self.asked.append(f"list {namespace or '*'}")
        for each in self.lists.pop(0):
            if isinstance(each, Exception):
                raise each
            yield each

    def watch_pods(
        self, selector: str, namespace: str | None, resource_version: str, timeout_seconds: int
    ) -> Lines:
        if not self.watches:
            self.watch.stop()
            return Lines([], self.hands)
        self.asked.append(f"watch {namespace or '*'} {resource_version}")
        told = self.watches.pop(0)
        if isinstance(told, Exception):
            raise told
        return Lines(told, self.hands)


def pages(*uids_of_pages: str, version: str = "10") -> list[PodList]:
    """Pages of pods, each written as the uids with spaces between."""
    metadata = ListMeta(resource_version=version)
    return [PodList(metadata, [Pod(OwnerMeta(uid=uid)) for uid in uids.split()]) for uids in uids_of_pages]


def line(kind: str, version: str, uid: str = "u", **more: Any) -> bytes:
    """One line of a watch."""
    metadata = {"uid": uid, "resourceVersion": version, **more}
    return json.dumps({"type": kind, "object": {"kind": "Pod", "metadata": metadata}}).encode()


def error_line(code: int, reason: str, **details: Any) -> bytes:
    """An ERROR event."""
    status = {"kind": "Status", "code": code, "reason": reason, "message": "no", "details": details}
    return json.dumps({"type": "ERROR", "object": status}).encode()


def told(item: Item) -> str:
    """An item in one word or two."""
    match item:
        case Page(_, pods):
            return f"page {' '.join(pod.uid for pod in pods)}"
        case Listed(namespace, uids):
            return f"listed {namespace or '*'} {' '.join(sorted(uids))}"
        case Changed(event, pod):
            return f"{event} {pod.uid}"


class Told:
    """The words in which tests/watch speaks, in one place for all its modules."""

    pages = staticmethod(pages)
    line = staticmethod(line)
    error_line = staticmethod(error_line)
    told = staticmethod(told)

    def __init__(self, api: Api, watch: Watch) -> None:
        self.api = api
        self.watch = watch

    def all(self) -> list[str]:
        """Everything that the watch yields until the script is over."""
        return [told(item) for item in self.watch.items()]


@pytest.fixture
def hands() -> Hands:
    """The clock."""
    return Hands()


@pytest.fixture
def api(hands: Hands) -> Api:
    """The API server."""
    return Api(hands)


@pytest.fixture
def tale(api: Api, hands: Hands) -> Told:
    """A watch of all namespaces on that API server; chance always takes the upper end."""
    watch = Watch(api, names.MANAGE_SELECTOR, None, hands, chance=lambda _, high: high, pause=hands.sleep)
    api.watch = watch
    return Told(api, watch)
