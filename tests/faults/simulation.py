"""Virtual time: tasks run one at a time, each in a thread of its own, and hand control over when they pause.

Nothing waits for the machine's clock. What runs next is decided by virtual time alone, and at the same time
by the order of asking, so that a run repeats itself exactly.
"""

import heapq
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

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
        """Nothing runs before its first turn."""
        self.process = process
        self.previous: object = None
        self.over = False
        self.wakes_at: float | None = None
        self._simulation = simulation
        self._body = body
        self._turn = locked()
        self._thread: threading.Thread | None = None

    def resume(self) -> None:
        """It is its turn; whoever calls this has had theirs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self.process.name, daemon=True)
            self._thread.start()
        else:
            self._turn.release()

    def wait(self) -> None:
        """Wait for its turn."""
        self._turn.acquire()

    def _run(self) -> None:
        self._simulation.current = self
        try:
            if self.process.alive:
                self._body()
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - a product's traceback is what is looked for
            self._simulation.errors.append(error)
        finally:
            self._simulation.end(self)


class Simulation:
    """The clock, and what will happen at which time.

    One thread at a time has control: the test's own in `run_until`, or a task's. Whichever it is does what is
    next, and passes control on only when another thread is to go on: to switch threads is what costs most.
    """

    def __init__(self) -> None:
        """Nothing is to happen yet."""
        self.now = START
        self.errors: list[BaseException] = []
        self.current: Task | None = None
        self._agenda: list[tuple[float, int, Task | Callable[[], None]]] = []
        self._asked = 0
        self._end = START
        self._all_wait = locked()
        self._tasks: list[Task] = []

    def at(self, when: float, act: Task | Callable[[], None]) -> None:
        """Do something at a time; with a task, let it go on if that is when it wakes."""
        self._asked += 1
        heapq.heappush(self._agenda, (when, self._asked, act))

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
        self.at(when, task)

    def pause(self, seconds: float) -> None:
        """Let time pass for the running task; others may run meanwhile."""
        wakes = self.now + seconds
        if wakes <= self._end and (not self._agenda or self._agenda[0][0] > wakes):
            self.now = wakes
            return
        self.block(wakes)

    def block(self, until: float | None = None) -> None:
        """Stop the running task until somebody wakes it, or until a time."""
        task = self.running
        if until is not None:
            self.wake(task, until)
        following = self._next()
        if following is not task:
            self._pass_on(following)
            task.wait()
        self.current = task
        if not task.process.alive:
            raise Died

    @property
    def running(self) -> Task:
        """The task that has control."""
        assert self.current is not None, "no task is running"
        return self.current

    def run_until(self, end: float) -> None:
        """Let everything happen that happens until then."""
        self._end = end
        self._let(self._next())
        self.now = end

    def end(self, task: Task) -> None:
        """A task has ended, in whose thread this is called; others go on."""
        task.over = True
        self._pass_on(self._next())

    def close(self) -> None:
        """End all threads, each as if its process had been killed."""
        self._end = -math.inf
        for task in self._tasks:
            task.process.alive = False
        for task in self._tasks:
            while not task.over:
                self._let(task)

    def _next(self) -> Task | None:
        """Do what is to happen before the next task goes on; none does before `run_until` ends."""
        while self._agenda and self._agenda[0][0] <= self._end:
            when, _, what = heapq.heappop(self._agenda)
            self.now = max(self.now, when)
            if not isinstance(what, Task):
                self._do(what)
            elif what.wakes_at == when and not what.over:
                what.wakes_at = None
                return what
        return None

    def _do(self, act: Callable[[], None]) -> None:
        """It may happen in the thread of any task, which must not hear of it."""
        self.current = None
        try:
            act()
        except Exception as error:  # noqa: BLE001 - as that of a task
            self.errors.append(error)

    def _pass_on(self, task: Task | None) -> None:
        if task is None:
            self._all_wait.release()
        else:
            task.resume()

    def _let(self, task: Task | None) -> None:
        """Pass control on, and wait until no task goes on; for the test's own thread."""
        self._pass_on(task)
        self._all_wait.acquire()
        self.current = None
