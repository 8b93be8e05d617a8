"""Virtual time: tasks run one at a time, each in a thread of its own, and hand control over when they pause.

Nothing waits for the machine's clock. What runs next is decided by virtual time alone, and at the same time
by the order of asking, so that a run repeats itself exactly.
"""

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

START = 1_700_000_000.0


class Died(BaseException):
    """The process was killed: nothing catches this, as nothing catches a kill -9."""


def locked() -> threading.Lock:
    """A lock by which one thread waits for another: a semaphore costs five times as much."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Process:
    """What dies as one: its tasks never run again once it is not alive."""

    name: str
    alive: bool = True


class Task:
    """One thread of a process; `previous` is its last call through a port, for those who check the order."""

    def __init__(self, simulation: "Simulation", process: Process, body: Callable[[], None]) -> None:
        """Nothing runs before the first `resume`."""
        self.process = process
        self.previous: object = None
        self.over = False
        self.wakes_at: float | None = None
        self._simulation = simulation
        self._body = body
        self._turn = locked()
        self._thread: threading.Thread | None = None

    def resume(self) -> None:
        """Let it run until it pauses or ends."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self.process.name, daemon=True)
            self._thread.start()
        else:
            self._turn.release()
        self._simulation.control.acquire()

    def hand_over(self) -> None:
        """Give control back; comes back when it is resumed."""
        self._simulation.control.release()
        self._turn.acquire()

    def _run(self) -> None:
        try:
            if self.process.alive:
                self._body()
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - a product's traceback is what is looked for
            self._simulation.errors.append(error)
        finally:
            self.over = True
            self._simulation.control.release()


@dataclass(order=True)
class _Entry:
    when: float
    order: int
    act: Callable[[], None] = field(compare=False)


class Simulation:
    """The clock, and what will happen at which time."""

    def __init__(self) -> None:
        """Nothing is to happen yet."""
        self.now = START
        self.errors: list[BaseException] = []
        self.control = locked()
        self.current: Task | None = None
        self._agenda: list[_Entry] = []
        self._asked = 0
        self._end = START
        self._tasks: list[Task] = []

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Do something at a time."""
        self._asked += 1
        heapq.heappush(self._agenda, _Entry(when, self._asked, act))

    def spawn(self, process: Process, body: Callable[[], None]) -> Task:
        """Begin a task of a process, in this moment."""
        task = Task(self, process, body)
        self._tasks.append(task)
        self.wake(task, self.now)
        return task

    def wake(self, task: Task, when: float) -> None:
        """Resume a task at a time, unless it will be before; for one that is blocked."""
        if task.wakes_at is not None and task.wakes_at <= when:
            return
        task.wakes_at = when
        self.at(when, lambda: self._resume_at(task, when))

    def pause(self, seconds: float) -> None:
        """Let time pass for the running task; others may run meanwhile."""
        task = self.running
        wakes = self.now + seconds
        if wakes <= self._end and (not self._agenda or self._agenda[0].when > wakes):
            self.now = wakes
            return
        self.wake(task, wakes)
        self._hand_over(task)

    def block(self, until: float | None = None) -> None:
        """Stop the running task until somebody wakes it, or until a time."""
        task = self.running
        if until is not None:
            self.wake(task, until)
        self._hand_over(task)

    @property
    def running(self) -> Task:
        """The task that has control."""
        assert self.current is not None, "no task is running"
        return self.current

    def run_until(self, end: float) -> None:
        """Let everything happen that happens until then."""
        self._end = end
        while self._agenda and self._agenda[0].when <= end:
            entry = heapq.heappop(self._agenda)
            self.now = max(self.now, entry.when)
            entry.act()
        self.now = end

    def close(self) -> None:
        """End all threads, each as if its process had been killed."""
        for task in self._tasks:
            task.process.alive = False
        for task in self._tasks:
            while not task.over:
                self._resume(task)

    def _resume_at(self, task: Task, when: float) -> None:
        if task.wakes_at == when and not task.over:
            self._resume(task)

    def _resume(self, task: Task) -> None:
        task.wakes_at = None
        self.current = task
        task.resume()
        self.current = None

    def _hand_over(self, task: Task) -> None:
        task.hand_over()
        if not task.process.alive:
            raise Died
