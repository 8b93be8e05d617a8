"""Redis' password and AWS' keys: in no log at any level, no message, no page of Flower and no error."""

import base64
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.client import OK
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from eip.names import Queue
from sandbox.kubernetes.real import RealControlPlane
from sandbox.processes import CELERY, Process, has_logged
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.guarded_redis import PASSWORD, USER, GuardedRedis
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA5ECRET1D00000000", "AWS_SECRET_ACCESS_KEY": "5ecret/Key+of=AWS"}
WRONG = "wr0ng:p@ssword"
SECRETS = [secret for word in (PASSWORD, WRONG, *KEYS.values()) for secret in {word, quote(word, safe="")}]
COMMANDS = {
    "producer": [sys.executable, "-m", "producer"],
    "worker": [*CELERY, "worker", "--hostname", "refused@sandbox"],
    "flower": [*CELERY, "flower", "--address=127.0.0.1", "--port=0"],
}
PAGES = ["/broker", "/tasks", "/workers", "/api/tasks", "/api/workers", "/api/queues/length", "/metrics"]


class Secretive(Installation):
    """All programs log as much as they can, and have keys that can be told from other words."""

    shown: Process

    def environment(self, account: str) -> dict[str, str]:
        """Flower's interfaces are open, so that they can be read."""
        return super().environment(account) | KEYS | {"FLOWER_UNAUTHENTICATED_API": "true"}


@pytest.fixture(scope="module")
def guarded() -> Iterator[GuardedRedis]:
    """The Redis of the installation."""
    with GuardedRedis() as server:
        yield server


@pytest.fixture(scope="module")
def installation(guarded: GuardedRedis, control_plane: RealControlPlane | None) -> Iterator[Secretive]:
    """The operator at log level debug, with Flower."""
    login = {"redis_url": guarded.address, "redis_username": USER, "redis_password": PASSWORD}
    settings = {**installed.SHAPE.settings, **login, "log_level": "debug"}
    with Secretive(replace(installed.SHAPE, settings=settings), control_plane) as running:
        running.shown = running.flower().start()
        yield running


def told(text: str) -> list[str]:
    """The secrets that a text tells."""
    return [secret for secret in SECRETS if secret in text]


def pages(shown: Process) -> dict[str, str]:
    """What Flower shows, by path."""
    with urllib3.PoolManager(retries=False, timeout=10) as http:
        replies = {path: http.request("GET", shown.url + path) for path in PAGES}
    return {path: reply.data.decode() for path, reply in replies.items() if reply.status == OK}


def test_nothing_is_told_of_a_pods_life(stack: Secretive) -> None:
    """From its creation to the end: logs and pages; and Flower has something to show."""
    stack.create_pod("web")
    stack.until_served("web")
    uid = stack.the_pod("web")["metadata"]["uid"]
    stack.until(lambda: uid in pages(stack.shown).get("/api/tasks", ""), "Flower shows its tasks")

    shown = pages(stack.shown)

    assert sorted(shown) == sorted(PAGES)
    assert {path: told(page) for path, page in shown.items() if told(page)} == {}
    assert USER in shown["/broker"] or "redis://" in shown["/broker"]
    stack.delete_pod("web")
    stack.until_gone("web")
    assert {name: told(log) for name, log in stack.logs().items() if told(log)} == {}
    assert '"level": "debug"' in stack.first_worker.log()


def content(client: Any, key: str) -> str:
    """All of a key, and what the bodies of messages say."""
    read = {
        "list": lambda: client.lrange(key, 0, -1),
        "hash": lambda: client.hgetall(key),
        "set": lambda: client.smembers(key),
        "zset": lambda: client.zrange(key, 0, -1),
        "string": lambda: client.get(key),
    }
    value = str(read[client.type(key)]())
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', value)
    return "\n".join([value, *(base64.b64decode(body).decode() for body in bodies)])


def test_nothing_is_told_in_redis(stack: Secretive, guarded: GuardedRedis) -> None:
    """Neither in the messages that wait for a worker nor in the claims."""
    stack.first_worker.terminate()
    stack.create_pod("web")
    with guarded.client() as client:
        stack.until(lambda: client.llen(Queue.ALLOCATE.value), "a message waits")
        kept = {key: content(client, key) for key in client.scan_iter("*")}
    assert {key: told(value) for key, value in kept.items() if told(value)} == {}
    stack.first_worker.start()
    stack.until_served("web")


@pytest.mark.parametrize("program", ["producer", "worker", "flower"])
def test_nothing_is_told_when_redis_refuses(stack: Secretive, tmp_path: Path, program: str) -> None:
    """Neither the wrong password nor a part of it; a line says that it is wrong."""
    account = "producer" if program == "producer" else "worker"
    other = {"EIP_HEALTH_PORT": "0", "EIP_REDIS_PASSWORD": WRONG}
    environment = stack.environment(account) | other
    ready = has_logged("invalid username-password pair")
    process = Process(program, COMMANDS[program], environment, tmp_path, ready)
    try:
        process.start()
    finally:
        process.kill()

    assert told(process.log()) == []
    assert program == "flower" or "EIP_REDIS_USERNAME and EIP_REDIS_PASSWORD" in process.log()


def test_nothing_is_told_while_redis_is_away(stack: Secretive, guarded: GuardedRedis) -> None:
    """Everybody complains, and nobody tells."""
    guarded.stop(signal.SIGKILL)
    try:
        for process in (stack.first_producer, stack.first_worker):
            stack.until_logged(process, "Connection refused")
        shown = pages(stack.shown)
    finally:
        guarded.start()

    assert {name: told(log) for name, log in stack.logs().items() if told(log)} == {}
    assert {path: told(page) for path, page in shown.items() if told(page)} == {}
