"""What is read of a real Redis: its state, its ACL, the work in it, and who is heard."""

import base64
import json
from collections.abc import Iterator
from importlib.resources import files
from threading import Event, Thread
from typing import Any

import pytest
import redis

from cli.doctor import read_redis
from cli.doctor.commands import COMMANDS
from cli.doctor.facts import RedisFacts
from cli.doctor.seen import Unseen, known
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.redis_connection import RIGHTS
from sandbox.redis import RedisServer
from tests.doctor.world import settings

HEARTBEAT = "/0.celeryev/worker.heartbeat"


@pytest.fixture(autouse=True)
def _short_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests speak at once."""
    monkeypatch.setattr(read_redis, "LISTEN_SECONDS", 0.2)


@pytest.fixture
def limited(redis_client: redis.Redis) -> Iterator[str]:
    """A user `doctor`, without rights yet."""
    _grant(redis_client, "reset", "on", ">secret")
    yield "doctor:secret"
    redis_client.acl_deluser("doctor")


def _grant(client: Any, *rules: str) -> None:
    client.execute_command("ACL", "SETUSER", "doctor", *rules)


def _read(monkeypatch: pytest.MonkeyPatch, url: str) -> RedisFacts:
    return read_redis.read(settings(monkeypatch, redis_url=url))


def test_a_fit_redis(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    """It is what it says, nothing is denied, and its clock is this machine's."""
    facts = _read(monkeypatch, redis_server.url)

    assert (facts.unfit, facts.denied, facts.heartbeats) == ("", (), frozenset())
    assert known(facts.server).run_id == redis_client.info("server")["run_id"]
    assert abs(known(facts.clock_ahead)) < 5


def test_a_policy_that_evicts_is_unfit(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    """In the words with which workers refuse to start."""
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "maxmemory-policy allkeys-lru" in str(_read(monkeypatch, redis_server.url).unfit)
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_that_is_away_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest could not be asked."""
    facts = _read(monkeypatch, "redis://127.0.0.1:1/0")

    assert isinstance(facts.server, Unseen)
    assert facts.after == facts.denied == Unseen("Redis could not be asked")


def test_the_work_is_read(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    """Messages, wake-ups with the oldest, what was taken, what is due, who is parked."""
    redis_client.lpush(Queue.ALLOCATE.value, "m", "m")
    redis_client.zadd(Keys.wakeups(Queue.ALLOCATE), {"a": 1000, "b": 2000})
    redis_client.hset(Keys.PROGRESS, Queue.ALLOCATE.value, 500)
    redis_client.zadd(Keys.DUE, {"c": 3000, "d": 4000})
    redis_client.zadd(Keys.PARKED, {"e": 1})

    work = known(_read(monkeypatch, redis_server.url).after)

    queue = work.queues[Queue.ALLOCATE]
    assert (queue.messages, queue.wakeups, queue.oldest, queue.taken) == (2, 2, 1000, 500)
    assert (work.due, work.parked) == (3000, 1)
    assert work.queues[Queue.RELEASE].oldest is None


def _heartbeat(host: object) -> str:
    body = base64.b64encode(json.dumps({"hostname": host}).encode()).decode()
    return json.dumps({"body": body})


def test_a_worker_is_heard(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    """Its heartbeat, in the channel of this Redis database."""
    monkeypatch.setattr(read_redis, "LISTEN_SECONDS", 5.0)
    heard = Event()

    def speak() -> None:
        while not heard.wait(0.01) and not redis_client.publish(HEARTBEAT, _heartbeat("worker-1@a")):
            pass

    speaking = Thread(target=speak)
    speaking.start()
    try:
        facts = _read(monkeypatch, redis_server.url)
    finally:
        heard.set()
        speaking.join()

    assert known(facts.heartbeats) == {"worker-1@a"}


@pytest.mark.parametrize(
    ("data", "names"),
    [
        pytest.param(_heartbeat("worker-1@ip-10-0-0-1"), ["worker-1@ip-10-0-0-1"], id="a-host-name"),
        pytest.param(_heartbeat("\x1b[2J"), [], id="control-characters"),
        pytest.param(_heartbeat("a" * 256), [], id="too-long"),
        pytest.param(_heartbeat(1), [], id="a-number"),
        pytest.param(json.dumps({"body": "!"}), [], id="no-base64"),
        pytest.param("no JSON", [], id="no-json"),
    ],
)
def test_only_host_names_are_believed(data: str, names: list[str]) -> None:
    """Whoever reaches Redis can send a heartbeat."""
    assert names == list(read_redis.host_names(data))


def test_the_documented_acl_denies_nothing(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis, limited: str
) -> None:
    """The rights that the error recommends are enough."""
    _grant(redis_client, *RIGHTS.split())

    assert _read(monkeypatch, redis_server.url.replace("//", f"//{limited}@")).denied == ()


def test_what_the_acl_denies_is_named(
    monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer, redis_client: redis.Redis, limited: str
) -> None:
    """A command, or a key that it is not for; and nothing else."""
    _grant(redis_client, *RIGHTS.split(), "-lpush")
    url = redis_server.url.replace("//", f"//{limited}@")

    assert _read(monkeypatch, url).denied == tuple(f"LPUSH {queue}" for queue in Queue)

    _grant(redis_client, *RIGHTS.split(), "resetkeys", "~eip:*")
    denied = known(_read(monkeypatch, url).denied)
    assert "BRPOP release" in denied
    assert not any("eip:" in command for command in denied)


def test_every_command_of_the_scripts_is_asked_about() -> None:
    """A command that a script comes to use needs a line in the list."""
    folder = files("eip.store") / "lua"
    used = {
        line.split("redis.call('")[1].split("'")[0]
        for script in folder.iterdir()
        for line in script.read_text().splitlines()
        if "redis.call('" in line
    }

    assert used <= {command[0] for command in COMMANDS}
