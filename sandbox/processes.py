"""Our real programs as a user starts them, each a process that never outlives this one.

What a process writes goes to a file in the folder that it shares with its siblings; a `Watchdog` kills
them all, and removes the folder, as soon as its owner is gone.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import urllib3

ROOT = Path(__file__).resolve().parents[1]
CELERY = (str(Path(sys.executable).with_name("celery")), "-A", "workers.app")
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
SHOWN_LINES = 25

# The shell that becomes the program writes its own id first: no moment in which a kill -9 of the owner
# leaves a program behind that the watchdog has never heard of.
_RECORDED = 'echo $$ >"$0"; exec "$@"'

# The pipe on standard input closes however the owner dies, kill -9 included.
_WATCHDOG = """read -r _
for file in "$1"/*.pid; do
  [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
done
rm -rf "$1"
"""


class ProcessFailedError(Exception):
    """A process ended, or did not become ready in time: the message ends with what it logged."""


class Watchdog:
    """Ends all processes of a folder, and the folder, when it is closed or its owner dies."""

    def __init__(self, folder: Path) -> None:
        """Watch from now on."""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "eip-watchdog", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Do it now, and wait until it is done."""
        self._process.communicate()


class Process:
    """One program: started, killed, started again, always with the same command, environment and log.

    `url` is where it answers HTTP, if it does.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        ready: "Callable[[Process], bool]",
        url: str = "",
    ) -> None:
        """Start nothing yet; `ready` is asked whether the started program can be used."""
        self.name = name
        self.url = url
        self._command = list(command)
        self._environment = dict(environment)
        self._log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """The process id."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not started: call start() first.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def log(self, *, whole: bool = False) -> str:
        """What it has written since its last start, or since its first."""
        if not self._log.exists():
            return ""
        return self._log.read_bytes()[0 if whole else self._log_start :].decode(errors="replace")

    def start(self, *, wait: bool = True) -> Self:
        """Start it, and wait until it is ready if not told otherwise.

        Raises:
            ProcessFailedError: it ended, or is not ready after a minute.

        """
        if self.running:
            raise RuntimeError(f"{self.name} runs already, as process {self.pid}.")
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _RECORDED, self._pid_file, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=ROOT,
                start_new_session=True,  # the terminal's Ctrl-C is for the owner, which then stops us
            )
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        """Return as soon as the program can be used; ProcessFailedError as for `start`."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready(self):
            if not self.running:
                raise self._failure(f"ended with {self._process and self._process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"is not ready after {READY_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """Kill -9, as a crash or the kernel's memory killer would. Harmless when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._ended()

    def terminate(self, timeout: float = STOP_SECONDS) -> int:
        """SIGTERM, as Kubernetes ends a pod; return the exit code, -9 when it had to be killed."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not started: there is nothing to end.")
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._ended()

    def restart(self) -> None:
        """End it in order and start it again."""
        self.terminate()
        self.start()

    def _ended(self) -> int:
        code = self._process.wait() if self._process else 0
        self._pid_file.unlink(missing_ok=True)
        return code

    def _failure(self, what: str) -> ProcessFailedError:
        lines = self.log().splitlines()[-SHOWN_LINES:] or ["(nothing)"]
        return ProcessFailedError("\n".join([f"{self.name} {what}. It logged:", *lines]))


def has_logged(text: str) -> Callable[[Process], bool]:
    """Ready once it has logged `text` since its start."""
    return lambda process: text in process.log()


def answers(url: str) -> Callable[[Process], bool]:
    """Ready once a GET of `url` is answered 200."""
    http = urllib3.PoolManager(retries=False, timeout=2)

    def asked(_: Process) -> bool:
        try:
            return http.request("GET", url).status == 200  # noqa: PLR2004
        except urllib3.exceptions.HTTPError:
            return False

    return asked


def double(module: str, environment: Mapping[str, str], folder: Path, *options: str) -> Process:
    """A double in a process of its own, whose first line says in JSON how to reach it."""
    command = [sys.executable, "-m", module, *options]
    return Process(module.rpartition(".")[2] + "-double", command, environment, folder, has_logged("}\n"))


def producer(environment: Mapping[str, str], folder: Path, port: int) -> Process:
    """`python -m producer`, whose EIP_HEALTH_PORT is `port`; ready when all pods are written."""
    url = f"http://127.0.0.1:{port}"
    environment = {**environment, "EIP_HEALTH_PORT": str(port)}
    command = [sys.executable, "-m", "producer"]
    return Process("producer", command, environment, folder, answers(f"{url}/readyz"), url)


def worker(environment: Mapping[str, str], folder: Path, name: str, port: int) -> Process:
    """`celery -A workers.app worker`, with `name` as its node name; ready when it takes tasks."""
    command = [*CELERY, "worker", "--hostname", f"{name}@sandbox"]
    url = f"http://127.0.0.1:{port}"
    environment = {**environment, "EIP_HEALTH_PORT": str(port)}
    return Process(name, command, environment, folder, has_logged(f"{name}@sandbox ready."), url)


def flower(environment: Mapping[str, str], folder: Path, port: int) -> Process:
    """`celery -A workers.app flower` on `port` of 127.0.0.1."""
    command = [*CELERY, "flower", "--address=127.0.0.1", f"--port={port}"]
    url = f"http://127.0.0.1:{port}"
    return Process("flower", command, environment, folder, answers(f"{url}/healthcheck"), url)
