"""All of it together: Redis, EC2, a cluster, worker processes and a producer, in virtual time."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import count
from random import Random
from types import SimpleNamespace, TracebackType
from typing import Self
from unittest.mock import patch

from eip.decide import EventType, Scope
from eip.names import Queue
from eip.pod import Pod
from eip.store.keys import Keys
from tests.fakes.ec2 import FakeEc2
from tests.fakes.kubernetes import FakeKubernetes
from tests.faults.checks import Checks
from tests.faults.cluster import Cluster
from tests.faults.faults import Fault, Faults
from tests.faults.leader import EPOCH_INTERVAL, SWEEP_INTERVAL, Leader
from tests.faults.process import OperatorProcess
from tests.faults.redis_port import VirtualRedis
from tests.faults.simulation import Simulation
from tests.faults.worker import WorkerProcess
from workers.housekeeping import TICK
from workers.ports import Address

RESTART = 1.0
SOON = 120.0
WORKERS = ("worker-a", "worker-b")
PATIENCE = 900.0
"""Seconds after which what is wrong counts as wrong for good."""

SLOW_AFTER_STALL = 2 * SWEEP_INTERVAL + 40.0


class Installation:
    """A cluster with the operator in it; a `with` block, so that no thread is left over.

    `planned` are faults by the number of the call, `seed` decides what chance decides; with `nodes` nodes are
    served too.
    """

    def __init__(
        self,
        redis_url: str,
        planned: Mapping[int, Fault] | None = None,
        seed: int = 0,
        *,
        nodes: bool = False,
    ) -> None:
        """Everything is started, and nothing has run."""
        self.scope = Scope(nodes=nodes)
        self.simulation = Simulation()
        self.redis = VirtualRedis(redis_url, self.simulation)
        self.faults = Faults(self.simulation, planned or {})
        self.ec2 = FakeEc2(self._now)
        self.kubernetes = FakeKubernetes()
        self.cluster = Cluster(self._now, self.kubernetes, self.ec2, self._told)
        self.checks = Checks(self._now, self.ec2, self.cluster, self.faults, SLOW_AFTER_STALL)
        self.lost_messages = 0
        self.doubled_messages = 0
        self._seed = seed
        self._patches = ExitStack()
        self._watched = False

    def __enter__(self) -> Self:
        ids = (f"{number:017x}" for number in count(1))
        chance = Random(self._seed)  # noqa: S311 - repeats itself
        self._patches.enter_context(
            patch("sandbox.ec2.addresses._new_id", lambda kind: f"{kind}-{next(ids)}")
        )
        tokens = SimpleNamespace(token_hex=lambda size: f"{next(ids)[-2 * size :]}")
        self._patches.enter_context(patch("eip.store.ledger.secrets", tokens))
        self._patches.enter_context(patch("workers.perform.random", chance))
        self._patches.enter_context(patch("producer.backoff.random", chance))
        self.node = self.cluster.add_node()
        self.workers = {name: WorkerProcess(name, self) for name in WORKERS}
        self.leader = Leader(1, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.probability = 0.0
        self.simulation.close()
        self._patches.close()
        self.redis.close()

    # What goes wrong from outside.

    def flush(self) -> None:
        """FLUSHALL, by hand."""
        self._redis_loses("FLUSHALL", self.redis.flush)

    def restart_redis(self) -> None:
        """Redis comes back empty, after a lost disk."""
        self._redis_loses("Redis restarted empty", self.redis.restart_empty)

    def fail_over(self, replica: dict[bytes, bytes], ahead: float = 0.0) -> None:
        """A replica takes over that knows less, and whose clock is `ahead` by so many seconds."""
        self._redis_loses(f"Redis failed over, {ahead:+} s", lambda: self.redis.fail_over(replica, ahead))

    def kill(self, process: OperatorProcess) -> None:
        """Kill it as kill -9 does; it is started again."""
        self.faults.note(f"{process.name} killed")
        process.alive = False
        process.on_death(process)

    def redis_away(self, *, away: bool) -> None:
        """Redis cannot be reached, or can again."""
        (self.faults.begin if away else self.faults.end)("Redis away")
        self.redis.away = away

    def api_broken(self, code: int | None) -> None:
        """The API server answers with this status, or serves again."""
        if code is None:
            self.faults.end("API server broken")
            self.kubernetes.mend()
        else:
            self.faults.begin("API server broken")
            self.kubernetes.breaks(code)

    def end_faults(self) -> None:
        """Nothing goes wrong from here on."""
        self.redis_away(away=False)
        self.api_broken(None)
        self.faults.probability = 0.0
        self.faults.end("chance")
        self.lost_messages = self.doubled_messages = 0
        self.ec2.lag = self.ec2.young = 0.0
        self.ec2.faults.clear()
        self.ec2.quota = 1000
        self.faults.note("all faults ended")

    def by_hand(self, what: str, act: Callable[[], object]) -> None:
        """Somebody changes our addresses in EC2; a sweep will see."""
        self.faults.note(f"{what} by hand", lasts=2 * SWEEP_INTERVAL)
        act()

    def move_by_hand(self, address: Address, private_ip: str, interface_id: str) -> None:
        """Somebody puts one of our addresses on another IP."""
        self.checks.moved.add(address.allocation_id)
        self.by_hand("moves", lambda: self.ec2.put(address.allocation_id, private_ip, interface_id))

    def _redis_loses(self, what: str, lose: Callable[[], None]) -> None:
        self.faults.note(what)
        self.checks.forgot_at = self.simulation.now
        lose()
        self.redis_changed()
        # The producer looks at the epoch once a second.
        self.simulation.at(self.simulation.now + EPOCH_INTERVAL, self._leader_looks)

    def _leader_looks(self) -> None:
        self.leader.poke()

    # Letting time pass.

    def run_for(self, seconds: float) -> None:
        """Let everything go on for so many seconds."""
        self.simulation.run_until(self.simulation.now + seconds)
        self._look_for_overdue()

    def settle(self) -> None:
        """Let time pass until all is right and at rest, and see that a sweep leaves it so.

        Raises:
            AssertionError: something was violated, or is still wrong after `PATIENCE`.

        """
        self.run_for(max(self.faults.stalled_at - self.simulation.now, 0.0))
        end = self.simulation.now + PATIENCE
        while self.simulation.now < end and not (self.at_rest() and not self.checks.wrong()):
            self.run_for(2.0)
            self.raise_violations()
        self.run_for(SWEEP_INTERVAL + 5.0)
        self.raise_violations()
        wrong = self.checks.wrong()
        assert not wrong, self.story(wrong)

    def at_rest(self) -> bool:
        """Whether nobody is at work, and nobody will be before the next sweep."""
        if self.leader.busy or not all(worker.idle for worker in self.workers.values()):
            return False
        # What is kept or waits for a lent address is due in a long while.
        soon = ("ZCOUNT", Keys.DUE, "-inf", (self.simulation.now + SOON) * 1000)
        messages = [("LLEN", queue.value) for queue in Queue]
        wakeups = [("ZCARD", Keys.wakeups(queue)) for queue in Queue]
        return not any(self.redis.ask_all([soon, *messages, *wakeups]))

    def raise_violations(self) -> None:
        """Fail for what was violated so far, and for tracebacks that escaped."""
        found = [*self.checks.violations, *map(repr, self.simulation.errors)]
        assert not found, self.story(found)

    def story(self, found: list[str]) -> str:
        """What is wrong, and what had happened."""
        faults = "\n  ".join(self.faults.happened[-30:]) or "none"
        return "\n  ".join(["", *found]) + f"\nafter these faults:\n  {faults}"

    # What processes ask for.

    def take(self) -> tuple[Queue, str] | None:
        """A message; it may be lost, or come again."""
        message = self.redis.take()
        while message is not None and self.lost_messages:
            self.lost_messages -= 1
            self.faults.note(f"message lost: {message}")
            message = self.redis.take()
        if message is not None and self.doubled_messages:
            self.doubled_messages -= 1
            self.redis.ask("RPUSH", message[0].value, message[1])
        return message

    def redis_changed(self) -> None:
        """Somebody has called Redis: idle workers look for messages, idle housekeeping for what is due."""
        now = self.simulation.now
        for worker in self.workers.values():
            if worker.idle and worker.process.alive:
                self.simulation.wake(worker.slot, now + 0.0005)
            if worker.ticks_idle and worker.process.alive:
                self.simulation.wake(worker.ticker, now + TICK)

    def replace_worker(self, name: str) -> None:
        """Kubernetes starts a dead worker again."""
        self.simulation.at(self.simulation.now + RESTART, lambda: self._start_worker(name))

    def replace_leader(self) -> None:
        """Another producer leads."""
        self.simulation.at(self.simulation.now + RESTART, self._start_leader)

    def _start_worker(self, name: str) -> None:
        self.workers[name] = WorkerProcess(name, self)

    def _start_leader(self) -> None:
        self.leader = Leader(self.leader.fence + 1, self)

    def _told(self, event: EventType, pod: Pod) -> None:
        if self.leader.process.alive:
            self.leader.told(event, pod)
        self._look_for_overdue()

    def _look_for_overdue(self) -> None:
        self._watched = False
        self._watch_overdue()

    def _watch_overdue(self) -> None:
        again_at = self.checks.overdue()
        if again_at is not None and not self._watched:
            self._watched = True
            self.simulation.at(again_at, self._look_for_overdue)

    def _now(self) -> float:
        return self.simulation.now
