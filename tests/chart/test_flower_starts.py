"""The chart's Flower, run as the chart has it: what it asks for a password, and what it lets nobody do."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import urllib3

from sandbox.ports import free_ports
from sandbox.processes import Process, answers
from sandbox.redis import RedisServer
from tests.chart.containers import variables
from tests.chart.helm import Manifest, one, render
from tests.chart.manifests import NAME

LOGIN = {"username": "flower", "password": "pass-word_1", "cookie-secret": "c" * 43}
REDIS_PASSWORD = "a/b?c#d@e%f: g"
SECRETS = {f"{NAME}-flower": LOGIN, f"{NAME}-redis": {"password": REDIS_PASSWORD}}


@dataclass(frozen=True)
class Flower:
    """A running Flower and what it logged."""

    url: str
    process: Process

    def status(self, path: str, *, password: str = "", method: str = "GET") -> int:
        """The status of an answer, with or without the password."""
        headers = urllib3.make_headers(basic_auth=f"flower:{password}") if password else None
        return urllib3.request(method, self.url + path, headers=headers, retries=False).status


def environment(container: Manifest, server: RedisServer) -> dict[str, str]:
    """The container's variables as the kubelet makes them, but for where Redis is."""
    made = variables(container, lambda _, name: SECRETS[name])
    address = server.url.rpartition("@")[2]
    return made | {"EIP_REDIS_URL": f"redis://{address}", "PATH": str(Path(sys.executable).parent)}


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A Redis with a password that no URL could hold as it is."""
    with RedisServer(password=REDIS_PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory, server: RedisServer) -> Iterator[Flower]:
    """Under a path of its own, as behind an Ingress."""
    folder = tmp_path_factory.mktemp("flower")
    spec = one(render({"flower": {"urlPrefix": "/flower"}}), "Deployment", "flower")["spec"]["template"][
        "spec"
    ]
    (container,) = spec["containers"]
    (port,) = free_ports(1)
    command = [
        each.replace("--port=5555", f"--port={port}") for each in container["command"] + container["args"]
    ]
    url = f"http://127.0.0.1:{port}/flower"
    probe = container["readinessProbe"]["httpGet"]["path"]
    process = Process(
        "flower",
        [*command, "--address=127.0.0.1"],
        environment(container, server),
        folder,
        answers(f"http://127.0.0.1:{port}{probe}"),
        url,
    )
    process.start()
    yield Flower(url, process)
    process.kill()


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/workers"])
def test_pages_ask_for_the_password(flower: Flower, path: str) -> None:
    """Nobody sees them without it, or with another."""
    assert flower.status(path) == 401
    assert flower.status(path, password="another") == 401


@pytest.mark.parametrize("path", ["/", "/tasks", "/broker"])
def test_pages_open_with_the_password(flower: Flower, path: str) -> None:
    """The Secret's."""
    assert flower.status(path, password=LOGIN["password"]) == 200


def test_the_probe_needs_none(flower: Flower) -> None:
    """The kubelet has no password."""
    assert flower.status("/healthcheck") == 200


@pytest.mark.parametrize("path", ["/api/worker/shutdown/any", "/api/task/async-apply/eip.sweep"])
def test_nothing_can_be_changed(flower: Flower, path: str) -> None:
    """Not even with the password: it is read-only."""
    assert flower.status(path, password=LOGIN["password"], method="POST") in {403, 405}


def test_no_password_is_logged(flower: Flower) -> None:
    """Nor is what cookies are signed with, nor Redis' password, as it is or encoded."""
    logged = flower.process.log()

    assert REDIS_PASSWORD not in logged
    assert quote(REDIS_PASSWORD, safe="") not in logged
    assert LOGIN["password"] not in logged
    assert LOGIN["cookie-secret"] not in logged
