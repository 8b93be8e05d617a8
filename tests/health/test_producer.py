"""A replica from start to stop: who it is to the kubelet, and what it does while it leads."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from eip.decide import EventType
from eip.errors import EipError, StaleLeader
from eip.kubernetes.leases import Lease
from eip.pod import OwnerMeta, Pod
from producer.elector import Elector as RealElector
from producer.run import (
    AFTER_LOSS,
    LOOP_STALLED,
    REDIS_LATE,
    REDIS_PATIENCE,
    WATCH_STALLED,
    Parts,
    Periodic,
    Producer,
)
from producer.watch import Changed, Item, Listed, Page

POD = Pod(OwnerMeta(uid="a"))


@dataclass
class Hands:
    """A clock that stands until it is put."""

    time: float = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Elector:
    """Leads with the fence that a test puts here."""

    fence: int | None = 7
    answered: bool = True
    turned_at: float = 0.0
    released: list[int | None] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        stop.wait()

    def release(self) -> None:
        self.released.append(self.fence)
        self.fence = None


class Inbox:
    """Gives out what a test put in; when that is over, it calls what it was told to."""

    def __init__(self, items: Sequence[Item], over: Callable[[], None]) -> None:
        self.items = list(items)
        self.over = over
        self.synced = False
        self.stalled = 0.0
        self.silence = 0.0
        self.unlisted = ["web"]
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def relist(self) -> None:
        self.calls.append("relist")

    def get(self, timeout: float) -> Item | None:
        if self.items:
            return self.items.pop(0)
        self.over()
        return None

    def done(self, item: Item) -> None:
        self.synced = self.synced or isinstance(item, Listed)


class Ledger:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.stale = False
        self.lost = False
        self.away = False

    def seen(self, event_type: EventType, pod: Pod, fence: int) -> None:
        if self.stale:
            raise StaleLeader("fence 7 is lower than 9")
        if self.away:
            raise EipError("Redis is away")
        self.told.append((event_type, pod.uid, fence))

    def page(self, pods: Sequence[Pod], fence: int) -> None:
        self.told.append(("page", len(pods), fence))

    def compare(self, namespace: str | None, uids: set[str], fence: int) -> None:
        self.told.append(("compare", namespace, uids, fence))

    def epoch_changed(self) -> bool:
        if self.away:
            raise EipError("Redis is away")
        lost, self.lost = self.lost, False
        return lost


class World:
    """A producer and all that it stands on."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.elector = Elector()
        self.ledger = Ledger()
        self.sweeps: list[float] = []
        self.sweep_fails = False
        self.inbox = Inbox([Page(None, (POD,)), Listed(None, frozenset({"a"}))], self.stop)
        self.producer = Producer(
            Parts(self.elector, self.ledger, lambda: self.inbox, self.send_sweep, self.hands, 300.0)
        )

    def stop(self) -> None:
        self.producer.stop()

    def lose_redis(self, each_pause: Callable[[], None]) -> None:
        """From after the list; each wait takes 5 s, and then something is looked at or done."""

        def pause(seconds: float) -> None:
            self.hands.time += 5.0
            self.elector.turned_at = self.hands.time
            each_pause()

        def lose(timeout: float) -> Item | None:
            item = get(timeout)
            self.ledger.away = isinstance(item, Changed)
            return item

        get = self.inbox.get
        self.inbox.get = lose  # type: ignore[method-assign]
        self.inbox.items.append(Changed(EventType.ADDED, POD))
        self.producer._pause = pause  # type: ignore[method-assign]

    def send_sweep(self) -> None:
        self.sweeps.append(self.hands.now())
        if self.sweep_fails:
            raise EipError("Redis is away")


@pytest.fixture
def world() -> Iterator[World]:
    """A leader that has one list to write, and stops after it."""
    world = World()
    yield world
    world.producer.stop()


def test_a_leader_writes_all_with_its_fence_and_gives_the_lease_back(world: World) -> None:
    """From the first page to the end: nothing is watched before it leads or after it stops."""
    world.inbox.items.append(Changed(EventType.ADDED, POD))

    world.producer.run()

    assert world.ledger.told == [("page", 1, 7), ("compare", None, {"a"}, 7), (EventType.ADDED, "a", 7)]
    assert world.inbox.calls == ["start", "stop"]
    assert world.elector.released == [7]


def test_a_standby_watches_nothing(world: World) -> None:
    """It waits until it may lead."""
    world.elector.fence = None
    world.producer.stop()

    world.producer.run()

    assert world.inbox.calls == []
    assert world.ledger.told == []


def test_nothing_is_written_after_the_lead_is_lost(world: World) -> None:
    """What is still queued is the next leader's to list."""
    world.inbox.items.append(Changed(EventType.ADDED, POD))
    get = world.inbox.get

    def lose_at_the_event(timeout: float) -> Item | None:
        item = get(timeout)
        if isinstance(item, Changed):
            world.elector.fence = None
            world.producer.stop()
        return item

    world.inbox.get = lose_at_the_event  # type: ignore[method-assign]
    world.producer.run()

    assert [told[0] for told in world.ledger.told] == ["page", "compare"]
    assert world.inbox.calls == ["start", "stop"]


def test_a_later_leader_in_the_ledger_ends_the_lead(world: World) -> None:
    """The Lease is given back at once: whoever takes it next has a higher fence."""
    world.ledger.stale = True
    world.inbox.items = [Changed(EventType.ADDED, POD)]
    release = world.elector.release

    def release_and_stop() -> None:
        release()
        world.producer.stop()

    world.elector.release = release_and_stop  # type: ignore[method-assign]
    with capture_logs() as logs:
        world.producer.run()

    assert world.elector.released[0] == 7
    assert world.ledger.told == []
    assert "giving the Lease back" in logs[0]["event"]


def test_a_leader_sends_sweeps(world: World) -> None:
    """At once and then once an interval, even if some namespace never gets listed."""
    world.inbox.items = []
    get = world.inbox.get

    def get_a_while_later(timeout: float) -> Item | None:
        world.hands.time += 100.0
        if world.hands.time > 1000.0:
            world.producer.stop()
        return get(timeout)

    world.inbox.over = lambda: None
    world.inbox.get = get_a_while_later  # type: ignore[method-assign]
    world.producer.run()

    assert world.sweeps == [0.0, 300.0, 600.0, 900.0]


def test_a_lost_redis_is_followed_by_a_list_and_soon_by_a_sweep(world: World) -> None:
    """EC2 may have shown late where an address was, and an IP that is freed must not wait five minutes."""
    world.inbox.items = []
    get = world.inbox.get

    def get_a_while_later(timeout: float) -> Item | None:
        world.hands.time += 5.0
        world.ledger.lost = world.hands.time == 100.0
        if world.hands.time > 500.0:
            world.producer.stop()
        return get(timeout)

    world.inbox.over = lambda: None
    world.inbox.get = get_a_while_later  # type: ignore[method-assign]
    world.producer.run()

    assert world.inbox.calls == ["start", "relist", "stop"]
    assert world.sweeps == [0.0, 100.0 + AFTER_LOSS, 400.0 + AFTER_LOSS]


def test_a_sweep_that_cannot_be_sent_stops_nothing(world: World) -> None:
    """The next one is in its turn."""
    world.sweep_fails = True

    with capture_logs() as logs:
        world.producer.run()

    assert [entry["event"] for entry in logs] == ["the sweep was not sent; the next is in its turn"]


def test_what_is_due_again_is_not_made_up_for() -> None:
    """After a pause it is done once."""
    hands = Hands()
    periodic = Periodic(10.0, hands)

    assert [periodic.due(), periodic.due()] == [True, False]
    hands.time = 95.0
    assert [periodic.due(), periodic.due()] == [True, False]


@pytest.mark.parametrize(
    ("answered", "fence", "reason"),
    [
        (False, None, "the Lease was not read yet"),
        (True, None, ""),
        (True, 7, "leading since a moment ago"),
    ],
    ids=["just started", "standby", "leading before its list"],
)
def test_readiness(world: World, *, answered: bool, fence: int | None, reason: str) -> None:
    """A standby is ready when the API server answered; a leader when it has caught up."""
    world.elector.answered = answered
    world.elector.fence = fence

    assert world.producer.ready() == reason


def test_a_leader_that_still_lists_is_not_ready(world: World) -> None:
    """And names what is missing, which may be a namespace without rights."""
    answers: list[str] = []

    def look() -> None:
        answers.append(world.producer.ready())
        world.producer.stop()

    world.inbox.items = []
    world.inbox.over = look
    world.producer.run()

    assert answers == ["pods are still to be listed in: web"]


def test_a_leader_is_ready_when_its_list_was_written(world: World) -> None:
    """That is what a rolling update waits for."""
    answers: list[str] = []

    def look() -> None:
        answers.append(world.producer.ready())
        world.producer.stop()

    world.inbox.over = look
    world.producer.run()

    assert answers == [""]


def test_an_api_server_that_is_away_is_no_reason_to_restart(world: World) -> None:
    """As long as the loops turn, the process is alive, ready or not."""
    world.hands.time = 100_000.0
    world.elector.turned_at = world.hands.time
    world.elector.answered = False
    world.elector.fence = None
    world.producer.stop()
    world.producer.run()
    world.producer._pause(0.0)

    assert world.producer.ready() != ""
    assert world.producer.alive() == ""


@pytest.mark.parametrize(
    ("lease", "loop", "watch", "reason"),
    [
        (LOOP_STALLED, LOOP_STALLED, WATCH_STALLED, ""),
        (LOOP_STALLED + 1, 0.0, 0.0, "the Lease was not looked at for 61 s"),
        (0.0, LOOP_STALLED + 1, 0.0, "the main loop has not turned for 61 s"),
        (0.0, 0.0, WATCH_STALLED + 1, "a watch has not turned for 241 s"),
    ],
    ids=["slow", "lease", "loop", "watch"],
)
def test_a_loop_that_hangs_is_a_reason_to_restart(
    world: World, lease: float, loop: float, watch: float, reason: str
) -> None:
    """And says which one it is."""
    answers: list[str] = []
    world.hands.time = 1000.0

    def look() -> None:
        world.elector.turned_at = 1000.0 - lease
        world.producer._turned_at = 1000.0 - loop
        world.inbox.stalled = watch
        answers.append(world.producer.alive())
        world.producer.stop()

    world.inbox.over = look
    world.producer.run()

    assert answers == [reason]


def gauge(name: str) -> float | None:
    """What Prometheus is told."""
    return REGISTRY.get_sample_value(name)


def test_a_leader_that_cannot_write_says_so_and_is_not_restarted(world: World) -> None:
    """The watch goes on meanwhile: each try brings the gauges up to date."""
    answers: list[tuple[float | None, float | None, str]] = []

    def look() -> None:
        world.inbox.silence = world.hands.time
        if world.hands.time > REDIS_LATE + 10:
            world.producer.stop()
        answers.append(
            (gauge("eip_watch_silence_seconds"), gauge("eip_producer_synced"), world.producer.ready())
        )
        assert world.producer.alive() == ""

    world.lose_redis(look)
    world.producer.run()

    assert answers == [
        (0.0, 1.0, ""),
        (5.0, 1.0, ""),
        (10.0, 1.0, "Redis has taken no change for 15 s"),
        (15.0, 0.0, "Redis has taken no change for 20 s"),
        (20.0, 0.0, "Redis has taken no change for 25 s"),
    ]


def test_a_leader_with_nothing_to_write_misses_redis_too(world: World) -> None:
    """It asks for the epoch each second."""
    answers: list[str] = []

    def look() -> None:
        world.ledger.away = True
        world.hands.time += 8.0
        if world.hands.time > 20.0:
            answers.append(world.producer.ready())
            world.producer.stop()

    world.inbox.over = look
    world.producer.run()

    assert answers == ["Redis has taken no change for 16 s"]


@pytest.mark.parametrize(
    ("listed", "waits"),
    [
        pytest.param(False, [1, 2, 4], id="ever more seldom"),
        pytest.param(True, [1, 1, 1], id="after a list anew"),
    ],
)
def test_a_leader_that_cannot_write_gives_the_lease_back(
    world: World, *, listed: bool, waits: list[int]
) -> None:
    """Another's Redis may work; if nobody's does, the lead must not go round, for each leader lists all."""
    given_back = [0.0]

    def lead_again() -> None:
        if world.inbox.calls[-1] == "start":
            return
        given_back.append(world.hands.time)
        if len(given_back) > len(waits):
            world.producer.stop()
        world.elector.fence = 8
        world.ledger.away = not listed
        world.inbox.items = [Changed(EventType.ADDED, POD)]
        if listed:
            world.inbox.items.insert(0, Listed(None, frozenset({"a"})))

    world.lose_redis(lead_again)
    with capture_logs() as logs:
        world.producer.run()

    assert [round((end - begin) / REDIS_PATIENCE) for begin, end in itertools.pairwise(given_back)] == waits
    assert world.inbox.calls == ["start", "stop"] * 3
    assert sum("giving the Lease back" in entry["event"] for entry in logs) == 3


def test_who_gave_the_lease_back_stands_aside_for_a_moment() -> None:
    """Every other replica has looked by then; without any it leads again."""

    class Leases:
        lease: Lease | None = None

        def get(self, namespace: str, name: str) -> Lease | None:
            return self.lease

        def create(self, namespace: str, lease: Lease) -> Lease:
            self.lease = lease
            return lease

        def replace(self, namespace: str, name: str, lease: Lease) -> Lease:
            self.lease = lease
            return lease

    hands = Hands()
    elector = RealElector(Leases(), "ours", "a", hands)
    elector.turn()
    assert elector.fence is not None

    elector.release()
    led = []
    for _ in range(6):
        elector.turn()
        led.append(elector.fence is not None)
        hands.time += 1.0

    assert led == [False, False, False, False, True, True]
