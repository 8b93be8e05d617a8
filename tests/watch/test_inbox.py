"""The watches of several namespaces in one queue: what comes out, and what happens when it is full."""

import itertools
import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from eip.decide import Scope
from eip.errors import KubernetesError
from eip.pod import ListMeta, OwnerMeta, Pod, PodList
from producer.inbox import Inbox
from producer.watch import Item, Listed, Page

PATIENCE = 10.0


class Still:
    """A clock that stands until it is put."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Quiet:
    """A watch on which nothing happens until it is interrupted."""

    def __init__(self) -> None:
        self.lines: queue.Queue[bytes | None] = queue.Queue()

    def __iter__(self) -> Iterator[bytes]:
        while line := self.lines.get(timeout=PATIENCE):
            yield line

    def interrupt(self) -> None:
        self.lines.put(None)


class Api:
    """Each namespace has one pod, named like it, told in a list of as many pages as wanted."""

    def __init__(self, pages: int = 1) -> None:
        self.pages = pages
        self.told = 0
        self.lists: list[str] = []
        self.failure: Exception | None = None

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        if self.failure:
            raise self.failure
        self.lists.append(namespace or "*")
        for _ in range(self.pages):
            self.told += 1
            yield PodList(ListMeta("1"), [Pod(OwnerMeta(uid=namespace or "*"))])

    def watch_pods(
        self, selector: str, namespace: str | None, resource_version: str, timeout_seconds: int
    ) -> Quiet:
        return Quiet()


Start = Callable[..., Inbox]


@pytest.fixture
def start() -> Iterator[Start]:
    """Begin watching; every inbox is stopped with the test, and its threads have ended."""
    begun: list[Inbox] = []
    before = set(threading.enumerate())

    def start(api: Api, *namespaces: str, length: int = 100, clock: Still | None = None) -> Inbox:
        inbox = Inbox(api, Scope(frozenset(namespaces)).sources, clock or Still(), length=length)
        begun.append(inbox)
        inbox.start()
        return inbox

    yield start
    for inbox in begun:
        inbox.stop()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def arriving(inbox: Inbox) -> Iterator[Item]:
    """Item after item, until none comes any more."""
    while item := inbox.get(PATIENCE):
        yield item


def take(inbox: Inbox, number: int) -> list[Item]:
    """That many items, each of which must come."""
    items = list(itertools.islice(arriving(inbox), number))
    assert len(items) == number
    return items


def test_without_namespaces_one_watch_sees_all(start: Start) -> None:
    """The list of all namespaces is one list."""
    api = Api()

    assert [type(item) for item in take(start(api), 2)] == [Page, Listed]
    assert api.lists == ["*"]


def test_each_namespace_has_a_watch_of_its_own(start: Start) -> None:
    """Their items come through one queue, and each list is complete for its namespace only."""
    api = Api()

    items = take(start(api, "web", "db"), 4)

    assert {(item.namespace, item.uids) for item in items if isinstance(item, Listed)} == {
        ("web", frozenset({"web"})),
        ("db", frozenset({"db"})),
    }
    assert sorted(api.lists) == ["db", "web"]


def test_nothing_is_got_when_nothing_happens(start: Start) -> None:
    """The consumer has other things to do between the items."""
    inbox = start(Api())
    take(inbox, 2)

    assert inbox.get(0.001) is None


def test_synced_when_the_last_list_was_written(start: Start) -> None:
    """Not when it was got, and not before each namespace has had its own."""
    inbox = start(Api(), "web", "db")
    items = take(inbox, 4)
    first, second = [item for item in items if isinstance(item, Listed)]

    inbox.done(first)
    assert not inbox.synced
    assert inbox.unlisted == [second.namespace]

    inbox.done(second)
    assert inbox.synced


def test_relist_lists_every_namespace_again(start: Start) -> None:
    """Until that is written the ledger lacks something."""
    api = Api()
    inbox = start(api, "web", "db")
    for item in take(inbox, 4):
        inbox.done(item)

    inbox.relist()

    synced = [inbox.synced]
    for item in take(inbox, 4):
        inbox.done(item)
    assert [*synced, inbox.synced] == [False, True]
    assert sorted(api.lists) == ["db", "db", "web", "web"]


def test_a_full_queue_makes_the_watch_wait(start: Start) -> None:
    """Memory is bounded: no more is read from the API server than fits, and nothing is lost."""
    api = Api(pages=50)
    inbox = start(api, length=3)

    first = inbox.get(PATIENCE)
    assert api.told <= 6

    rest = take(inbox, 50)
    assert [type(item) for item in [first, *rest]] == [Page] * 50 + [Listed]


def test_a_fault_of_our_own_reaches_the_consumer(start: Start) -> None:
    """A thread that dies in silence would look like a cluster where nothing happens."""
    api = Api()
    api.failure = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        start(api).get(PATIENCE)


def test_stop_ends_a_watch_that_waits_for_the_api_server(start: Start) -> None:
    """Even in the middle of a back-off; that the thread has ended is the fixture's to assert."""
    api = Api()
    api.failure = KubernetesError(403, "Forbidden", "")

    assert start(api).get(0.001) is None


def test_silence_and_stalling_are_those_of_the_worst_watch(start: Start) -> None:
    """Seconds since the API server was heard, and since a thread did anything."""
    clock = Still()
    inbox = start(Api(), clock=clock)
    take(inbox, 2)

    clock.sleep(40.0)

    assert inbox.silence == 40.0
    assert inbox.stalled == 40.0
