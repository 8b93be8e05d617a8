"""Whether a worker is alive: it consumes, or knows why not, and no slot is over its deadline.

The worker touches a file while it is; `python -m workers.alive` is the liveness probe that looks at it. This
module imports nothing heavy, for the probe runs often.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

STALE = 60.0
"""Seconds after which a file that was not touched means that the worker is dead."""

STUCK = 120.0
"""Seconds for which a consumer may not poll although Redis answers."""

SLOT_DEADLINE = 120.0
"""Seconds that a step may take at most: it waits for a token up to 20, and each call has a deadline."""

SWEEP_DEADLINE = 1800.0
"""Seconds that a sweep of a large cluster may take at most."""


@dataclass(slots=True)
class Pulse:
    """The signs of life of one worker; safe for threads, times are monotonic seconds."""

    slots: int = 16
    polled_at: float = 0.0
    redis_since: float | None = None
    tasks: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def polled(self, now: float) -> None:
        """The consumer asked the broker for messages."""
        self.polled_at = now

    def redis_answered(self, now: float) -> None:
        """Redis served a call of ours."""
        if self.redis_since is None:
            self.redis_since = now

    def redis_away(self) -> None:
        """Redis did not serve a call of ours."""
        self.redis_since = None

    def task_started(self, task_id: str, deadline: float) -> None:
        """A slot is taken until `deadline` at the latest."""
        with self.lock:
            self.tasks[task_id] = deadline

    def task_ended(self, task_id: str) -> None:
        """The slot is free."""
        with self.lock:
            self.tasks.pop(task_id, None)

    def trouble(self, now: float) -> str:
        """Why this worker should be restarted, in words; empty when it should not."""
        with self.lock:
            overdue = [task_id for task_id, deadline in self.tasks.items() if now > deadline]
            full = len(self.tasks) >= self.slots
        if overdue:
            return f"{len(overdue)} tasks are over their deadline, {overdue[0]} for one"
        answering = self.redis_since is not None and now - self.redis_since > STUCK
        if answering and not full and now - self.polled_at > STUCK:
            return f"Redis answers, but nothing was consumed for {now - self.polled_at:.0f} s"
        return ""


PULSE = Pulse()
"""This process' own."""


def file() -> Path:
    """The file that is touched: EIP_ALIVE_FILE, or one in the folder for temporary files."""
    named = os.environ.get("EIP_ALIVE_FILE")
    return Path(named) if named else Path(tempfile.gettempdir()) / "k8s-eip-operator-worker.alive"


def probe(path: Path, now: float) -> str:
    """Why the file says that the worker is dead; empty when it is alive. `now` is seconds since 1970."""
    try:
        age = now - path.stat().st_mtime
    except OSError:
        return f"{path} is not there: the worker has not started"
    return f"the worker gave no sign of life for {age:.0f} s" if age > STALE else ""


def main() -> int:
    """Exit code 0 while the worker lives, 1 when it should be restarted."""
    dead = probe(file(), time.time())
    if dead:
        print(dead, file=sys.stderr)  # noqa: T201 - kubectl describe shows it
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
