"""What the tests of the core share: a real Redis, a ledger on it, and time that passes without waiting."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import hypothesis
import pytest
import redis

from eip.claim import Claim
from eip.names import Queue, Step
from eip.store import scripts
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.redis_connection import connect
from eip.store.workqueue import WorkQueue
from sandbox.redis import RedisServer
from tests import clusters

pytest_plugins = ["tests.tried"]


def pytest_report_header() -> str:
    """Say in one line which clusters the tests run against, and how to get the one that is left out."""
    return clusters.report_line()


hypothesis.settings.register_profile(
    "eip",
    deadline=None,  # a busy machine is no fault of the code
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("eip")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for the whole run; each test begins with an empty one."""
    with RedisServer() as server:
        yield server


_MOMENT = (int(time.time()), 123_456)
"""Redis' time, in seconds and microseconds. One for all tests, so that Redis knows their scripts already."""

_source = scripts.source


@cache
def _source_without_time(name: str) -> str:
    seconds, micros = _MOMENT
    text = _source(name).replace("redis.call('TIME')", f"{{'{seconds}', '{micros}'}}")
    assert "'TIME'" not in text
    return text


@pytest.fixture
def redis_client(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """A client of an empty Redis, which decodes what it reads; Redis' clock stands still."""
    monkeypatch.setattr(scripts, "source", _source_without_time)
    client = connect(redis_server.url)
    client.set_response_callback("TIME", lambda *_, **__: _MOMENT)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def ledger(redis_client: redis.Redis) -> Ledger:
    """A ledger that has opened its epoch."""
    ledger = Ledger(redis_client)
    ledger.open_epoch()
    return ledger


@dataclass
class Sent:
    """Notes the wake-ups that are sent, as Celery's queues would hold them."""

    client: redis.Redis
    messages: list[tuple[Step, str]] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)

    def __call__(self, step: Step, claim: Claim, sequence: int) -> None:
        self.messages.append((step, claim.uid))
        self.sequences.append(sequence)
        self.client.lpush(step.queue.value, claim.uid)

    def take(self) -> list[tuple[Step, str]]:
        """What was sent since the last time; the queues are empty afterwards."""
        messages, self.messages = self.messages, []
        self.client.delete(*(queue.value for queue in Queue))
        return messages


@pytest.fixture
def sent(redis_client: redis.Redis) -> Sent:
    """Records what is sent."""
    return Sent(redis_client)


@pytest.fixture
def work_queue(ledger: Ledger, sent: Sent) -> WorkQueue:
    """The queue on the ledger, which sends to `sent`."""
    return WorkQueue(ledger, sent)


_ZSETS = (Keys.DUE, Keys.PARKED, *(Keys.wakeups(queue) for queue in Queue))
_TIMES = (
    "at",
    "turn",
    "cut_at",
    "probe_at",
    "lease_until",
    "intent_at",
    "looked_at",
    "swept_at",
    "newest",
    "changed_at",
    "wanted_at",
    "freed_at",
)


@dataclass(frozen=True)
class Past:
    """Lets time pass: everything that Redis remembers becomes so much older."""

    client: redis.Redis

    def grow(self, seconds: float) -> None:
        """Let `seconds` pass; below zero the clock is put back."""
        age = seconds * 1000
        for key in _ZSETS:
            for member in self.client.zrange(key, 0, -1):
                self.client.zincrby(key, -age, str(member))
        for queue in self.client.hkeys(Keys.PROGRESS):
            self.client.hincrbyfloat(Keys.PROGRESS, queue, -age)
        for pattern in (Keys.claim("*"), Keys.bucket("*"), Keys.QUOTA, Keys.EPOCH):
            for key in self.client.scan_iter(pattern):
                self._age(key, age)

    def _age(self, key: str, age: float) -> None:
        if self.client.type(key) != "hash":
            return
        for name in _TIMES:
            value = self.client.hget(key, name)
            if value is not None and float(value) > 0:
                self.client.hset(key, name, repr(float(value) - age).removesuffix(".0"))


@pytest.fixture
def past(redis_client: redis.Redis) -> Past:
    """The time that has passed."""
    return Past(redis_client)
