"""The command of the chart's Redis, run as it stands with the server of this machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from eip.store.redis_connection import refuse_unfit
from sandbox.ports import free_ports
from sandbox.redis_program import find_redis_server
from tests.chart.helm import Manifest, one, render

PASSWORD = 'a/b?c#d@e%f:g "h\\i$(j)`k'
START_SECONDS = 15.0


@pytest.fixture(scope="module")
def container() -> Manifest:
    """The container of the StatefulSet."""
    spec: Manifest = one(render(), "StatefulSet", "redis")["spec"]["template"]["spec"]["containers"][0]
    return spec


@contextmanager
def running(container: Manifest, folder: Path, program: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command, with its data in `folder` and the server under the name `program`."""
    server = folder / program
    server.unlink(missing_ok=True)
    server.symlink_to(find_redis_server())
    (port,) = free_ports(1)
    arguments = [each if each != "/data" else str(folder) for each in container["args"]]
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "REDIS_PASSWORD": PASSWORD}
    process = subprocess.Popen(
        [*container["command"], *arguments, "--port", str(port), "--bind", "127.0.0.1"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait()


def client(port: int) -> "redis.Redis":
    """A client that knows the password, and waits until the server is there."""
    retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), int(START_SECONDS / 0.05))
    return redis.Redis(port=port, password=PASSWORD, decode_responses=True, retry=retry)


@pytest.mark.parametrize("program", ["redis-server", "valkey-server"])
def test_it_is_fit_and_asks_for_the_password(container: Manifest, tmp_path: Path, program: str) -> None:
    """Either name of the server; and without the password nobody gets in."""
    with running(container, tmp_path, program) as (_, port), client(port) as told:
        assert told.ping()
        refuse_unfit(told)
        once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
        with (
            redis.Redis(port=port, retry=once) as stranger,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            stranger.ping()


def test_it_shows_the_password_in_no_list_of_processes(container: Manifest, tmp_path: Path) -> None:
    """It comes by standard input."""
    with running(container, tmp_path, "redis-server") as (process, port), client(port) as told:
        assert told.ping()
        assert PASSWORD not in Path(f"/proc/{process.pid}/cmdline").read_text()


def test_it_keeps_its_data(container: Manifest, tmp_path: Path) -> None:
    """What was written before an end in order is there after it."""
    with running(container, tmp_path, "redis-server") as (_, port), client(port) as told:
        told.set("key", "value")

    with running(container, tmp_path, "redis-server") as (_, port), client(port) as told:
        assert told.get("key") == "value"
