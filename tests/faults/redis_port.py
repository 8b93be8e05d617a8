"""Redis with the real scripts, whose time and run id are virtual; and what a process sees of it.

Each script's TIME and INFO become reads of keys that are set in the same round trip. Nothing else of a script
is changed. Expiry goes by virtual time too.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, cast

import redis

from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import TOMBSTONE
from eip.store.scripts import source
from tests.faults.faults import Port
from tests.faults.process import OperatorProcess
from tests.faults.simulation import Simulation

T = TypeVar("T")

_WAKES = {"commit", "begin", "renew", "quota_freed", "quota_tripped", "LPUSH"}
"""What may leave others something to do."""

TIME, RUN_ID = "virtual:time", "virtual:run_id"


@cache
def virtual(script: str) -> tuple[str, str]:
    """A script with virtual time and run id, and its hash."""
    text = script.replace("redis.call('TIME')", f"redis.call('HMGET', '{TIME}', 's', 'us')")
    text = text.replace("redis.call('INFO', 'server')", f"redis.call('GET', '{RUN_ID}')")
    assert "'TIME'" not in text
    assert "'INFO'" not in text
    return text, hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - Redis names scripts so


@cache
def _names() -> dict[str, str]:
    scripts = (path.name.removesuffix(".lua") for path in (files("eip.store") / "lua").iterdir())
    return {source(name): name for name in scripts}


class VirtualRedis:
    """The server."""

    def __init__(self, url: str, simulation: Simulation) -> None:
        """Begin with an empty database."""
        self.raw = redis.Redis.from_url(url, decode_responses=True)
        self._bytes = redis.Redis.from_url(url)
        self._simulation = simulation
        self._run_id = 1
        self.away = False
        self.raw.flushdb()

    @property
    def milliseconds(self) -> int:
        """Virtual time as Redis tells it."""
        return int(self._simulation.now * 1000)

    def evaluate(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script."""
        text, sha = virtual(script)
        micros = int(self._simulation.now * 1_000_000)
        with self.raw.pipeline(transaction=False) as pipe:
            pipe.hset(TIME, mapping={"s": micros // 1_000_000, "us": micros % 1_000_000})
            pipe.set(RUN_ID, f"run_id:{self._run_id:040}")
            pipe.evalsha(sha, len(keys), *keys, *arguments)
            answer = pipe.execute(raise_on_error=False)[-1]
        if isinstance(answer, redis.exceptions.NoScriptError):
            self.raw.script_load(text)
            return self.evaluate(script, keys, arguments)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tombstoned(self, key: str) -> int:
        """EXISTS of a tombstone, which holds the time of its making."""
        made = self.raw.get(key)
        return int(made is not None and self.milliseconds - int(made) < TOMBSTONE * 1000)

    def set_for(self, key: str, seconds: int) -> bool | None:
        """SET NX EX."""
        until = self.raw.get(key)
        if until is not None and int(until) > self.milliseconds:
            return None
        return bool(self.raw.set(key, self.milliseconds + seconds * 1000))

    # What happens to it.

    def flush(self) -> None:
        """FLUSHALL by hand."""
        self.raw.flushdb()

    def restart_empty(self) -> None:
        """Another server process, which knows nothing."""
        self.raw.flushdb()
        self._run_id += 1

    def dump(self) -> dict[bytes, bytes]:
        """What a replica knows at this moment."""
        keys = cast("list[bytes]", self._bytes.keys())
        with self._bytes.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.dump(key)
            return dict(zip(keys, pipe.execute(), strict=True))

    def fail_over(self, replica: dict[bytes, bytes]) -> None:
        """A replica is promoted: another server process, which knows what it knew."""
        self.restart_empty()
        for key, value in replica.items():
            self._bytes.restore(key, 0, value)

    # What the simulation looks at.

    def take(self) -> tuple[Queue, str] | None:
        """The next message, safest queue first, as a worker's consumer takes it."""
        for queue in Queue:
            message = self.raw.rpop(queue.value)
            if message is not None:
                return queue, str(message)
        return None

    def busy_at(self) -> float:
        """When housekeeping will find something to do, in virtual seconds; infinity when it won't."""
        with self.raw.pipeline(transaction=False) as pipe:
            pipe.zrange(Keys.DUE, 0, 0, withscores=True)
            pipe.hmget(Keys.EPOCH, "run_id", "refilled")
            pipe.hmget(Keys.QUOTA, "open", "probe_at")
            pipe.zcard(Keys.PARKED)
            for queue in Queue:
                pipe.zcard(Keys.wakeups(queue))
            due, epoch, quota, parked, *wakeups = pipe.execute()
        if epoch != [f"{self._run_id:040}", "1"] or any(wakeups):
            return 0.0
        probe = float(quota[1] or 0) if parked and quota[0] == "1" else 0.0 if parked else math.inf
        return float(min([probe, *(score for _, score in due)])) / 1000

    def close(self) -> None:
        """Close the connections."""
        self.raw.close()
        self._bytes.close()


class _Pipeline:
    def __init__(self, port: "RedisPort") -> None:
        self._port = port
        self._keys: list[str] = []

    def hgetall(self, key: str) -> None:
        self._keys.append(key)

    def execute(self) -> list[Any]:
        return self._port.call("HGETALL", (*self._keys,), self._read) if self._keys else []

    def _read(self) -> list[Any]:
        with self._port.server.raw.pipeline(transaction=False) as pipe:
            for key in self._keys:
                pipe.hgetall(key)
            return list(pipe.execute())


class RedisPort:
    """The commands of redis.Redis that the operator uses, each a call that may fail."""

    def __init__(self, process: OperatorProcess, server: VirtualRedis, changed: Callable[[], None]) -> None:
        """`changed` is told after each call."""
        self.server = server
        self._process = process
        self._changed = changed

    def call(self, name: str, arguments: tuple[Any, ...], effect: Callable[[], T]) -> T:
        """One command."""

        def performed() -> T:
            if self.server.away:
                raise redis.exceptions.ConnectionError("Connection refused.")
            return effect()

        try:
            lost = redis.exceptions.TimeoutError("Timeout reading from socket")
            return self._process.call(Port.REDIS, name, arguments, performed, lost)
        finally:
            if name in _WAKES:
                self._changed()

    def register_script(self, text: str) -> Callable[..., Any]:
        """EVALSHA."""
        script = _names()[text]

        def run(keys: Sequence[str], args: Sequence[Any]) -> Any:
            return self.call(script, tuple(args[1:2]), lambda: self.server.evaluate(text, keys, args))

        return run

    @contextmanager
    def pipeline(self, *, transaction: bool) -> Iterator[_Pipeline]:
        """HGETALL of many."""
        assert not transaction
        yield _Pipeline(self)

    def smembers(self, key: str) -> set[str]:
        return self.call("SMEMBERS", (key,), lambda: set(map(str, self.server.raw.smembers(key))))

    def hget(self, key: str, name: str) -> Any:
        return self.call("HGET", (key, name), lambda: self.server.raw.hget(key, name))

    def hgetall(self, key: str) -> Any:
        return self.call("HGETALL", (key,), lambda: self.server.raw.hgetall(key))

    def exists(self, key: str) -> int:
        return self.call("EXISTS", (key,), lambda: self.server.tombstoned(key))

    def set(self, key: str, value: object, *, nx: bool, ex: int) -> bool | None:
        assert nx
        return self.call("SET", (key, value), lambda: self.server.set_for(key, ex))

    def time(self) -> tuple[int, int]:
        return self.call("TIME", (), lambda: divmod(int(self._process.now() * 1_000_000), 1_000_000))

    def lpush(self, key: str, message: str) -> int:
        """How Celery sends a message."""
        return self.call("LPUSH", (key, message), lambda: int(self.server.raw.lpush(key, message)))
