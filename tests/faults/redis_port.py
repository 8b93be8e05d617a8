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
from typing import Any, TypeVar

import redis

from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import TOMBSTONE
from eip.store.scripts import source
from tests.faults.connection import Connection
from tests.faults.faults import Port
from tests.faults.process import OperatorProcess
from tests.faults.simulation import Simulation

T = TypeVar("T")

_WAKES = {"commit", "begin", "renew", "quota_freed", "quota_tripped", "LPUSH"}
"""What may leave others something to do."""

SECONDS, MICROS, RUN_ID = "virtual:seconds", "virtual:micros", "virtual:run_id"

_POP = """
for _, queue in ipairs(KEYS) do
  local message = redis.call('RPOP', queue)
  if message then return {queue, message} end
end
"""


@cache
def virtual(script: str) -> tuple[str, str]:
    """A script with virtual time and run id, and its hash."""
    text = script.replace("redis.call('TIME')", f"redis.call('MGET', '{SECONDS}', '{MICROS}')")
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
        self._connection = Connection(url)
        self.ask = self._connection.ask
        self.ask_all = self._connection.ask_all
        self._simulation = simulation
        self._run_id = 1
        self._ahead = 0.0
        self.away = False
        self.flush()

    @property
    def microseconds(self) -> int:
        """Virtual time as the server's own clock tells it."""
        return int((self._simulation.now + self._ahead) * 1_000_000)

    @property
    def milliseconds(self) -> int:
        """The same."""
        return self.microseconds // 1000

    def evaluate(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script."""
        text, sha = virtual(script)
        seconds, micros = divmod(self.microseconds, 1_000_000)
        moment = ("MSET", SECONDS, seconds, MICROS, micros, RUN_ID, f"run_id:{self._run_id:040}")
        try:
            return self.ask_all([moment, ("EVALSHA", sha, len(keys), *keys, *arguments)])[-1]
        except redis.exceptions.ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        self.ask("SCRIPT", "LOAD", text)
        return self.evaluate(script, keys, arguments)

    def tombstoned(self, key: str) -> int:
        """EXISTS of a tombstone, which holds the time of its making."""
        made = self.ask("GET", key)
        return int(made is not None and self.milliseconds - int(made) < TOMBSTONE * 1000)

    def set_for(self, key: str, seconds: int) -> bool | None:
        """SET NX EX."""
        until = self.ask("GET", key)
        if until is not None and int(until) > self.milliseconds:
            return None
        return bool(self.ask("SET", key, self.milliseconds + seconds * 1000))

    def expire(self, key: str, seconds: int) -> bool:
        """EXPIRE of what `set_for` has set."""
        return bool(self.ask("SET", key, self.milliseconds + seconds * 1000, "XX"))

    # What happens to it.

    def flush(self) -> None:
        """FLUSHALL by hand."""
        self.ask("FLUSHDB")

    def restart_empty(self) -> None:
        """Another server process, which knows nothing."""
        self.flush()
        self._run_id += 1

    def dump(self) -> dict[bytes, bytes]:
        """What a replica knows at this moment."""
        [keys] = self.ask_all([("KEYS", "*")], decode=False)
        values = self.ask_all([("DUMP", key) for key in keys], decode=False)
        return dict(zip(keys, values, strict=True))

    def fail_over(self, replica: dict[bytes, bytes], ahead: float = 0.0) -> None:
        """A replica is promoted, which knows what it knew; its clock is ahead by so many seconds."""
        self.restart_empty()
        self._ahead = ahead
        for key, value in replica.items():
            self.ask("RESTORE", key, 0, value)

    # What the simulation looks at.

    def take(self) -> tuple[Queue, str] | None:
        """The next message, safest queue first, as a worker's consumer takes it."""
        found = self.ask("EVAL", _POP, len(Queue), *(queue.value for queue in Queue))
        return (Queue(found[0]), str(found[1])) if found else None

    def busy_at(self) -> float:
        """When housekeeping will find something to do, in virtual seconds; infinity when it won't."""
        due, epoch, quota, parked, *wakeups = self.ask_all(
            [
                ("ZRANGE", Keys.DUE, 0, 0, "WITHSCORES"),
                ("HMGET", Keys.EPOCH, "run_id", "refilled", "newest", "ahead"),
                ("HMGET", Keys.QUOTA, "open", "probe_at"),
                ("ZCARD", Keys.PARKED),
                *(("ZCARD", Keys.wakeups(queue)) for queue in Queue),
            ]
        )
        put_back = float(epoch[3] or 0)
        unseen = self.milliseconds + put_back < float(epoch[2] or 0)
        if epoch[:2] != [f"{self._run_id:040}", "1"] or unseen or any(wakeups):
            return 0.0
        probe = float(quota[1] or 0) if parked and quota[0] == "1" else 0.0 if parked else math.inf
        return (min([probe, *map(float, due[1:])]) - put_back) / 1000 - self._ahead

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class _Pipeline:
    def __init__(self, port: "RedisPort") -> None:
        self._port = port
        self._asked: list[tuple[Any, ...]] = []

    def hgetall(self, key: str) -> None:
        self._asked.append(("HGETALL", key))

    def zrange(self, key: str, first: int, last: int) -> None:
        self._asked.append(("ZRANGE", key, first, last))

    def execute(self, *, raise_on_error: bool = True) -> list[Any]:
        if not self._asked:
            return []
        keys = tuple(key for _, key, *_ in self._asked)
        return self._port.call(self._asked[0][0], keys, self._read)

    def _read(self) -> list[Any]:
        answers = zip(self._asked, self._port.server.ask_all(self._asked), strict=True)
        return [_pairs(answer) if command == "HGETALL" else answer for (command, *_), answer in answers]


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
        return self.call("SMEMBERS", (key,), lambda: set(self.server.ask("SMEMBERS", key)))

    def hget(self, key: str, name: str) -> Any:
        return self.call("HGET", (key, name), lambda: self.server.ask("HGET", key, name))

    def hgetall(self, key: str) -> Any:
        return self.call("HGETALL", (key,), lambda: _pairs(self.server.ask("HGETALL", key)))

    def exists(self, key: str) -> int:
        return self.call("EXISTS", (key,), lambda: self.server.tombstoned(key))

    def set(self, key: str, value: object, *, nx: bool, ex: int) -> bool | None:
        assert nx
        return self.call("SET", (key, value), lambda: self.server.set_for(key, ex))

    def expire(self, key: str, seconds: int) -> bool:
        return self.call("EXPIRE", (key, seconds), lambda: self.server.expire(key, seconds))

    def time(self) -> tuple[int, int]:
        return self.call("TIME", (), lambda: divmod(self.server.microseconds, 1_000_000))

    def lpush(self, key: str, message: str) -> int:
        """How Celery sends a message."""
        return self.call("LPUSH", (key, message), lambda: int(self.server.ask("LPUSH", key, message)))


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
