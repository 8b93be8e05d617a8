"""The operator's processes: two producers, of which one leads, and two workers; each can be killed."""

import sys
from collections.abc import Sequence

import urllib3

from sandbox.ports import free_ports
from sandbox.processes import Process, answers
from sandbox.stack import Stack

PRODUCERS = ("producer-1", "producer-2")
WORKERS = ("worker-1", "worker-2")
LEADS = b"eip_producer_leading 1.0"


class Operator:
    """The processes, not started."""

    def __init__(
        self, stack: Stack, *, producers: Sequence[str] = PRODUCERS, workers: Sequence[str] = WORKERS
    ) -> None:
        """Their names; a name comes back after a kill, with the same log."""
        self._http = urllib3.PoolManager(retries=False, timeout=1)
        self.producers = [_producer(stack, name) for name in producers]
        self.workers = [stack.worker(name) for name in workers]

    def start(self) -> None:
        """Start what does not run, all at once, and wait until all of it is ready."""
        stopped = [process for process in self.all if not process.running]
        for process in stopped:
            process.start(wait=False)
        for process in stopped:
            process.wait_until_ready()

    def kill(self) -> None:
        """Kill what runs."""
        for process in self.all:
            process.kill()

    @property
    def all(self) -> list[Process]:
        """All processes."""
        return [*self.producers, *self.workers]

    def leader(self) -> Process | None:
        """The producer that says it leads, if any does."""
        return next((producer for producer in self.producers if self._leads(producer)), None)

    def standby(self) -> Process | None:
        """A running producer that does not lead."""
        standing_by = (each for each in self.producers if each.running and not self._leads(each))
        return next(standing_by, None)

    def _leads(self, producer: Process) -> bool:
        try:
            return LEADS in self._http.request("GET", f"{producer.url}/metrics").data
        except urllib3.exceptions.HTTPError:
            return False


def _producer(stack: Stack, name: str) -> Process:
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    environment = stack.environment("producer") | {"EIP_HEALTH_PORT": str(port), "EIP_IDENTITY": name}
    command = [sys.executable, "-m", "producer"]
    return Process(name, command, environment, stack.folder, answers(f"{url}/readyz"), url)
