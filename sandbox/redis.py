"""A Redis server of one's own: on a free loopback port, in a temporary folder, gone with its process.

Redis itself or Valkey, whichever this machine has: the project relies on nothing that differs between them.
"""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import redis

from sandbox.ports import free_ports
from sandbox.redis_program import find_redis_server

START_TIMEOUT_SECONDS = 15.0
STOP_TIMEOUT_SECONDS = 10.0

# The pipe on standard input closes however the owner dies, kill -9 included.
_WATCHDOG = 'read -r _; [ -f "$1/pid" ] && kill -9 "$(cat "$1/pid")" 2>/dev/null; rm -rf "$1"'


class RedisServerFailedError(Exception):
    """The Redis server did not start: the message ends with what it logged."""


class RedisServer:
    """A Redis server that lives as long as the `with` block, and never longer than this process.

    Nothing is evicted (maxmemory-policy noeviction), as the operator demands of its Redis.
    """

    def __init__(
        self, *, appendonly: bool = False, password: str | None = None, unix_socket: bool = False
    ) -> None:
        """Choose how it runs; `appendonly` makes data survive a kill -9 of the server."""
        self._appendonly = appendonly
        self._password = password
        self._unix_socket = unix_socket
        self._folder: Path | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self._program = find_redis_server()
        self._folder = Path(tempfile.mkdtemp(prefix="eip-redis-"))
        self._watchdog = _start_watchdog(self._folder)
        try:
            self._start_on_free_port()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def folder(self) -> Path:
        """The temporary folder with the server's data, configuration and log."""
        if self._folder is None:
            raise RuntimeError("This Redis server is not open: use it in a `with` block.")
        return self._folder

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise RuntimeError("This Redis server is stopped: call start() first.")
        return self._process.pid

    @property
    def url(self) -> str:
        """Where it listens, with the password, as redis-py takes it; the same after a restart."""
        secret = f":{quote(self._password, safe='')}@" if self._password else ""
        if self._unix_socket:
            return f"unix://{secret}{self.folder / 'socket'}?db=0"
        return f"redis://{secret}127.0.0.1:{self._port}/0"

    def log(self) -> str:
        """Return what the server has logged since it was first started."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start the stopped server again, at the same address, with the data that its files hold."""
        if self._process is not None:
            raise RuntimeError(f"This Redis server runs already, as process {self._process.pid}.")
        with self._log_file() as log:
            self._process = subprocess.Popen(
                [self._program, self._write_configuration()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C is for the owner, which then stops us
            )
        (self.folder / "pid").write_text(str(self._process.pid))
        self._wait_until_it_answers(self._process)

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> None:
        """End the server with a signal and wait for its end; SIGKILL plays a crash. Again is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(sig)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        (self.folder / "pid").unlink(missing_ok=True)

    def restart(self, *, keep_data: bool = True) -> None:
        """Stop and start; with `keep_data` false it comes back empty, as after a lost disk."""
        if keep_data and not self._appendonly and self._process is not None:
            with self._client() as client:
                client.save()
        self.stop()
        if not keep_data:
            shutil.rmtree(self.folder / "data")
        self.start()

    def flushall(self) -> None:
        """Delete all keys of all databases, as an operator's slip of the hand would."""
        with self._client() as client:
            client.flushall()

    def _start_on_free_port(self) -> None:
        """A port that was free a moment ago can be taken since: another is tried, twice."""
        for attempts_left in (2, 1, 0):
            self._port = 0 if self._unix_socket else free_ports(1)[0]
            try:
                return self.start()
            except RedisServerFailedError:
                if attempts_left == 0 or "Address already in use" not in self.log():
                    raise
        return None

    def _write_configuration(self) -> Path:
        """In a file, as a password on the command line is there for every user to see."""
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        lines = [
            "bind 127.0.0.1",
            f"port {self._port}",
            f'dir "{data}"',
            'save ""',
            f"appendonly {'yes' if self._appendonly else 'no'}",
            "maxmemory-policy noeviction",
        ]
        if self._unix_socket:
            lines += [f'unixsocket "{self.folder / "socket"}"', "unixsocketperm 700"]
        if self._password:
            lines.append(f"requirepass {_quoted(self._password)}")
        path = self.folder / "redis.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers(process.pid):
                return
            time.sleep(0.02)
        ended = f"ended with {process.poll()}" if process.poll() is not None else "does not answer"
        self.stop(signal.SIGKILL)
        raise RedisServerFailedError(f"{self._program} {ended}. It logged:\n{self.log() or '(nothing)'}")

    def _answers(self, pid: int) -> bool:
        """A stranger's server on the same port answers too: the process id tells them apart."""
        try:
            with self._client(socket_timeout=1, retry=None) as client:
                return bool(client.info("server")["process_id"] == pid)
        except redis.RedisError:  # not listening yet, loading its data, or somebody else
            return False

    @contextmanager
    def _client(self, **options: object) -> Iterator[redis.Redis]:
        client = redis.Redis.from_url(self.url, **options)
        try:
            yield client
        finally:
            client.close()

    def _log_file(self) -> IO[bytes]:
        return (self.folder / "log").open("ab")

    def _close(self) -> None:
        self.stop()
        if self._watchdog is not None:
            self._watchdog.communicate()
        self._watchdog = self._folder = None


def _start_watchdog(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", _WATCHDOG, "eip-redis-watchdog", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _quoted(text: str) -> str:
    """As redis.conf reads it: the whole in double quotes, every byte that means something escaped."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'
