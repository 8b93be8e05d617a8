"""How many tasks of each queue wait for a rate token, so that no queue's waiting takes all slots."""

import math
from threading import Lock

from eip.names import Queue

SHARE = 4
"""A queue is left alone while a quarter of the slots hold tasks of it that have no token yet."""


class Waiting:
    """The tasks of each queue that were received and have no token yet; safe for threads."""

    def __init__(self, slots: int) -> None:
        """`slots` is the number of the worker's threads."""
        self._cap = math.ceil(slots / SHARE)
        self._lock = Lock()
        self._tasks: dict[str, set[str]] = {queue.value: set() for queue in Queue}

    def resize(self, slots: int) -> None:
        """Another number of threads."""
        self._cap = math.ceil(slots / SHARE)

    def received(self, queue: str, task_id: str) -> None:
        """A task came from the broker."""
        with self._lock:
            self._tasks[queue].add(task_id)

    def served(self, task_id: str) -> None:
        """A task has its token, needs none, or has ended."""
        with self._lock:
            for tasks in self._tasks.values():
                tasks.discard(task_id)

    def full(self, queue: str) -> bool:
        """Whether no more of this queue should be taken now."""
        return len(self._tasks.get(queue, ())) >= self._cap


WAITING = Waiting(16)
"""This process' own; kombu makes the cycle that asks it, without arguments."""
