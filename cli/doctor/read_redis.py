"""Asks Redis for all that the checks want to know, and listens for the workers' heartbeats."""

import base64
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from cli.doctor.commands import COMMANDS
from cli.doctor.facts import QueueSeen, RedisFacts, RedisServer, WorkSeen
from cli.doctor.seen import Unseen, look
from eip.errors import RedisUnfit
from eip.names import Queue
from eip.settings import Settings
from eip.store.keys import Keys
from eip.store.redis_connection import connect, refuse_unfit

Client = Any
"""redis-py's client; only eip knows that library."""

LISTEN_SECONDS = 4.5
"""A worker sends a heartbeat every two seconds; one may be lost."""

_HOST_NAME = re.compile(r"[A-Za-z0-9._@-]{1,255}")

_ACL = """
local denied = {}
for i, command in ipairs(ARGV) do
  if not redis.acl_check_cmd(unpack(cjson.decode(command))) then
    denied[#denied + 1] = i - 1
  end
end
return denied
"""
"""acl_check_cmd is there since Redis 7.0; nothing is performed."""


class _Heartbeat(msgspec.Struct):
    body: str = ""


class _Body(msgspec.Struct):
    hostname: str = ""


def read(settings: Settings) -> RedisFacts:
    """The facts; when Redis is away, only that."""
    url = settings.redis_url.get_secret_value()
    client = look(lambda: connect(url, ca_file=settings.redis_ca_file))
    if isinstance(client, Unseen):
        return _away(client)
    try:
        return _read(client, url.startswith("rediss://"))
    finally:
        client.close()


def _read(client: Client, tls: bool) -> RedisFacts:  # noqa: FBT001
    server = look(lambda: _server(client))
    if isinstance(server, Unseen):
        return _away(server, tls)
    ahead = look(lambda: _clock_ahead(client))
    before = look(lambda: _work(client))
    heartbeats = look(lambda: frozenset(_heard(client)))
    return RedisFacts(
        tls=tls,
        server=server,
        unfit=look(lambda: _unfit(client)),
        denied=look(
            lambda: _denied(client), "give the user the right to EVAL, or look with Redis 7 or newer"
        ),
        clock_ahead=ahead,
        before=before,
        after=look(lambda: _work(client)),
        heartbeats=heartbeats,
    )


def _away(why: Unseen, tls: bool = False) -> RedisFacts:  # noqa: FBT001, FBT002
    """The reason once; all else could not be asked."""
    rest = Unseen("Redis could not be asked")
    return RedisFacts(tls, why, rest, rest, rest, rest, rest, rest)


def _server(client: Client) -> RedisServer:
    server = client.info("server")
    memory = client.info("memory")
    persistence = client.info("persistence")
    valkey = server.get("valkey_version")
    return RedisServer(
        version=f"Valkey {valkey}"
        if valkey
        else f"Redis {server.get('redis_version', 'of unknown version')}",
        mode=str(server.get("redis_mode", "")),
        run_id=str(server.get("run_id", "")),
        append_only=bool(persistence.get("aof_enabled")),
        memory_used=int(memory.get("used_memory", 0)),
        memory_limit=int(memory.get("maxmemory", 0)),
    )


def _unfit(client: Client) -> str:
    try:
        refuse_unfit(client)
    except RedisUnfit as error:
        return str(error)
    return ""


def _denied(client: Client) -> tuple[str, ...]:
    asked = [msgspec.json.encode(command).decode() for command in COMMANDS]
    answer = client.eval(_ACL, 0, *asked)
    return tuple(" ".join(COMMANDS[int(index)][:2]) for index in answer)


def _clock_ahead(client: Client) -> float:
    """Redis' time against the middle of the call."""
    began = time.time()
    now = _now(client)
    return now / 1000 - (began + time.time()) / 2


def _now(client: Client) -> int:
    answer = client.time()
    seconds, micros = answer
    return int(seconds) * 1000 + int(micros) // 1000


def _work(client: Client) -> WorkSeen:
    taken = client.hgetall(Keys.PROGRESS)
    epoch = client.hgetall(Keys.EPOCH)
    return WorkSeen(
        now=_now(client),
        queues={queue: _queue(client, queue, taken) for queue in Queue},
        epoch=epoch,
        due=_oldest(client, Keys.DUE),
        parked=int(client.zcard(Keys.PARKED)),
        claims=int(client.scard(Keys.CLAIMS)),
    )


def _queue(client: Client, queue: Queue, taken: dict[str, str]) -> QueueSeen:
    wakeups = Keys.wakeups(queue)
    return QueueSeen(
        messages=int(client.llen(queue.value)),
        wakeups=int(client.zcard(wakeups)),
        oldest=_oldest(client, wakeups),
        taken=int(float(taken.get(queue.value, 0))),
    )


def _oldest(client: Client, key: str) -> int | None:
    found = client.zrange(key, 0, 0, withscores=True)
    return int(found[0][1]) if found else None


def _heard(client: Client) -> Iterator[str]:
    """Whoever says in this time that it is a worker of this Redis database."""
    database = client.connection_pool.connection_kwargs.get("db") or 0
    deadline = time.monotonic() + LISTEN_SECONDS
    with client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(f"/{database}.celeryev/worker.heartbeat")
        while (left := deadline - time.monotonic()) > 0:
            message = channel.get_message(timeout=left)
            if message:
                yield from host_names(message.get("data"))


def host_names(data: str | bytes) -> Sequence[str]:
    """What Celery's message says; anybody who reaches Redis can send one."""
    try:
        body = base64.b64decode(msgspec.json.decode(data, type=_Heartbeat).body)
        name = msgspec.json.decode(body, type=_Body).hostname
    except (msgspec.MsgspecError, ValueError):
        return ()
    return (name,) if _HOST_NAME.fullmatch(name) else ()
