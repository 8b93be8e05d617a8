"""The sandbox's Redis server starts for real, obeys its switches, and leaves nothing behind.

Not here: what Redis itself does with keys and scripts.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from sandbox.ports import PORTS, free_ports
from sandbox.redis import RedisServer, RedisServerFailedError


def client_of(server: RedisServer) -> redis.Redis:
    """Connect as the operator would: by the URL alone."""
    return redis.Redis.from_url(server.url, decode_responses=True)


def gone(pid: int) -> bool:
    """Tell whether no process has this id, a zombie counting as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for another process to notice; a minute is for slow machines, not a figure under test."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("unix_socket", [False, True], ids=["tcp", "unix-socket"])
@pytest.mark.parametrize("password", [None, 'p"a\\ss w#ö@:/'], ids=["open", "password"])
def test_answers_at_its_url(unix_socket: bool, password: str | None) -> None:  # noqa: FBT001
    """Whoever has the URL has the server, whatever characters the password is made of."""
    with (
        RedisServer(unix_socket=unix_socket, password=password) as server,
        client_of(server) as client,
    ):
        assert client.ping() is True


def test_refuses_without_the_password() -> None:
    """A server with a password should not serve those who don't have it."""
    with RedisServer(password="hunter2") as server:
        bare = redis.Redis.from_url(server.url.replace(":hunter2@", ""))

        with bare, pytest.raises(redis.AuthenticationError):
            bare.ping()


def test_password_is_not_on_the_command_line() -> None:
    """The process list should not show the password."""
    with RedisServer(password="hunter2") as server:
        assert server._process is not None
        assert "hunter2" not in str(server._process.args)


def test_listens_on_loopback_only() -> None:
    """Nobody else on the network should reach a sandbox."""
    with RedisServer() as server, client_of(server) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_evicts_nothing() -> None:
    """The operator refuses a Redis that may evict claims, so the sandbox's must not."""
    with RedisServer() as server, client_of(server) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_two_servers_share_nothing() -> None:
    """A key of one server should not show in another that runs at the same time."""
    with RedisServer() as one, RedisServer() as other, client_of(one) as mine, client_of(other) as theirs:
        mine.set("key", "value")

        assert theirs.get("key") is None


@pytest.mark.parametrize("appendonly", [False, True], ids=["memory", "appendonly"])
def test_restart_keeps_data_and_address(appendonly: bool) -> None:  # noqa: FBT001
    """A clean restart is a new process with the old data at the old URL."""
    with RedisServer(appendonly=appendonly) as server, client_of(server) as client:
        client.set("key", "value")
        before, url = server.pid, server.url

        server.restart()

        assert client.get("key") == "value"
        assert server.url == url
        assert server.pid != before


def test_restart_can_lose_all_data() -> None:
    """A restart with keep_data=False comes back empty, even with an append-only file."""
    with RedisServer(appendonly=True) as server, client_of(server) as client:
        client.set("key", "value")

        server.restart(keep_data=False)

        assert client.dbsize() == 0


@pytest.mark.parametrize(("appendonly", "left"), [(True, "value"), (False, None)], ids=["kept", "lost"])
def test_kill_loses_what_was_not_appended(appendonly: bool, left: str | None) -> None:  # noqa: FBT001
    """After kill -9 only an append-only file brings the data back."""
    with RedisServer(appendonly=appendonly) as server, client_of(server) as client:
        client.set("key", "value")

        server.stop(signal.SIGKILL)
        server.start()

        assert client.get("key") == left


def test_does_not_answer_when_stopped() -> None:
    """Between stop and start connections are refused, as in an outage."""
    with RedisServer() as server, client_of(server) as client:
        server.stop()

        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_stop_again_is_harmless() -> None:
    """Stopping a stopped server does nothing."""
    with RedisServer() as server:
        server.stop()
        server.stop()


def test_does_not_start_twice() -> None:
    """Starting a running server is a mistake in the caller, and says so."""
    with RedisServer() as server, pytest.raises(RuntimeError, match="runs already"):
        server.start()


def test_flushall_deletes_every_database() -> None:
    """Databases other than the first are emptied too."""
    with RedisServer() as server, client_of(server) as client:
        client.select(3)
        client.set("key", "value")

        server.flushall()

        assert client.dbsize() == 0


def test_leaves_nothing_behind() -> None:
    """After the block neither process nor folder is there."""
    with RedisServer() as server:
        pid, folder = server.pid, server.folder

    assert gone(pid)
    assert not folder.exists()


def test_leaves_nothing_behind_when_its_owner_is_killed() -> None:
    """Kill -9 of the owner takes the server and its folder along."""
    story = (
        "import sys; from sandbox.redis import RedisServer\n"
        "with RedisServer() as s: print(s.pid, s.folder, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", story], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()

        owner.kill()

    assert eventually(lambda: gone(int(pid)) and not Path(folder).exists())


def test_another_port_is_tried_when_the_first_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that was taken between the look and the start costs an attempt, not the sandbox."""
    taken, free = free_ports(2)
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        offered = iter([[taken], [free]])
        monkeypatch.setattr("sandbox.redis.free_ports", lambda _: next(offered))

        with RedisServer() as server:
            assert server.url == f"redis://127.0.0.1:{free}/0"


def test_shows_the_log_when_the_start_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends at once has its own last words in the error, and leaves no folder."""
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho the moon is full\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("EIP_SANDBOX_REDIS_SERVER", str(program))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(RedisServerFailedError, match=r"ended with 3[\s\S]*the moon is full"), RedisServer():
        pass

    assert list(tmp_path.glob("eip-redis-*")) == []


def test_a_port_leaves_room_for_a_cluster_bus() -> None:
    """A server with `cluster-enabled yes` listens 10,000 ports above: a higher port would end it at once."""
    with RedisServer() as server:
        port = urlsplit(server.url).port

    assert port in PORTS
    assert max(PORTS) + 10_000 <= 65_535


def test_a_port_is_not_one_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one offered twice."""
    taken, *others = free_ports(5)
    monkeypatch.setattr("sandbox.ports.PORTS", [taken, *others])
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", taken))

        assert sorted(free_ports(4)) == sorted(others)
