"""Runs producer, worker and Flower from an image, locked up as in the chart, until a pod had its address.

    python -m tests.image.smoke localhost/k8s-eip-operator:dev [podman --runtime runc]

What is around them is the sandbox' on 127.0.0.1, so that the containers share the network of this machine.
"""

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import urllib3

from eip.names import PUBLIC_IP_ANNOTATION
from sandbox.ports import free_ports
from sandbox.stack import Stack

LOCKED_UP = (
    "--rm",
    "--network=host",
    "--read-only",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--user=65532:65532",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
    "--no-healthcheck",
)
FLOWER = ("celery", "-A", "workers.app", "flower", "--address=127.0.0.1", "--read-only")
SECONDS = 60.0


class Containers:
    """The containers of one run, which do not outlive it."""

    def __init__(self, engine: Sequence[str], image: str) -> None:
        """Run nothing yet."""
        self._engine, self._image = list(engine), image
        self._names: list[str] = []

    def run(self, name: str, environment: Mapping[str, str], folder: str, *command: str) -> None:
        """Start one in the background; the folder of the kubeconfigs is mounted where it is."""
        name = f"eip-{name}-{uuid.uuid4().hex[:8]}"
        variables = [f"--env={key}={value}" for key, value in environment.items()]
        mount = f"--volume={folder}:{folder}:ro"
        self._call("run", "--detach", "--name", name, *LOCKED_UP, mount, *variables, self._image, *command)
        self._names.append(name)

    def execute(self, number: int, *command: str) -> bool:
        """Whether a command in the container succeeds."""
        arguments = [*self._engine, "exec", self._names[number], *command]
        return subprocess.run(arguments, capture_output=True, check=False).returncode == 0

    def logs(self) -> str:
        """What each has said."""
        return "\n".join(f"== {name}\n{self._call('logs', name)}" for name in self._names)

    def stop(self) -> None:
        """End them all, in order."""
        for name in self._names:
            self._call("stop", "-t", "20", name)

    def _call(self, *arguments: str) -> str:
        done = subprocess.run([*self._engine, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self._engine[0]} {arguments[0]} failed: {done.stderr}")
        return done.stdout + done.stderr


def environment(stack: Stack, account: str) -> dict[str, str]:
    """What the stack tells a process, less what is this machine's own."""
    ours = ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "LANG", "LC_ALL")
    return {name: value for name, value in stack.environment(account).items() if name not in ours}


def wait(what: str, ready: Callable[[], bool]) -> None:
    """Return when it is so; RuntimeError after a minute."""
    deadline = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {SECONDS:.0f} s")
        time.sleep(0.2)
    print(f"{what}: yes")  # noqa: T201 - for the person or workflow that runs it


def is_ready(url: str) -> Callable[[], bool]:
    """Whether a GET is answered 200."""
    http = urllib3.PoolManager(retries=False, timeout=2)

    def asked() -> bool:
        try:
            return http.request("GET", url).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    return asked


def main(arguments: Sequence[str]) -> int:
    """Run it all; 0 when the pod got its address and gave it back."""
    image, *engine = arguments
    with ExitStack() as opened:
        stack = opened.enter_context(Stack())
        containers = Containers(engine or ["podman"], image)
        opened.callback(containers.stop)
        try:
            _perform(stack, containers)
        except RuntimeError as error:
            print(f"{error}\n{containers.logs()}", file=sys.stderr)  # noqa: T201
            return 1
    return 0


def _perform(stack: Stack, containers: Containers) -> None:
    health, flower = free_ports(2)
    folder = str(stack.folder)
    stack.folder.chmod(0o755)
    for kubeconfig in stack.kubeconfigs.values():
        kubeconfig.chmod(0o644)
    containers.run("producer", environment(stack, "producer") | {"EIP_HEALTH_PORT": str(health)}, folder)
    worker = environment(stack, "worker") | {"EIP_HEALTH_PORT": "0"}
    containers.run("worker", worker, folder, "celery", "-A", "workers.app", "worker")
    containers.run("flower", worker, folder, *FLOWER, f"--port={flower}")
    wait("the producer is ready", is_ready(f"http://127.0.0.1:{health}/readyz"))
    wait("Flower answers", is_ready(f"http://127.0.0.1:{flower}/healthcheck"))
    wait("the worker is alive", lambda: containers.execute(1, "python", "-m", "workers.alive"))
    stack.create_pod("web")
    wait("the pod has an address", lambda: PUBLIC_IP_ANNOTATION in _annotations(stack))
    stack.delete_pod("web")
    wait("the address is given back", lambda: not stack.ec2.addresses())


def _annotations(stack: Stack) -> Mapping[str, str]:
    annotations: Mapping[str, str] = (stack.pod("web") or {})["metadata"].get("annotations", {})
    return annotations


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
