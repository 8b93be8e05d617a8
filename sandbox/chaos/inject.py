"""Makes a fault happen for as long as a `with` block lasts."""

import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sandbox.chaos.cluster import Cluster
from sandbox.chaos.operator import Operator
from sandbox.chaos.schedule import Fault
from sandbox.ec2.messages import Fault as Ec2Fault
from sandbox.ec2.messages import FaultKind
from sandbox.processes import Process

HANG = 8.0
"""Seconds: longer than the operator waits for EC2, so that a call is carried out after it was given up."""

SPARE = 2
"""Addresses that the quota still allows when it is used up."""

QUOTA = 100_000


class Injector:
    """Knows how each fault is made; one fault of a lane at a time."""

    def __init__(self, cluster: Cluster, operator: Operator, seed: int) -> None:
        """The seed decides which worker dies, and which calls fail."""
        self._cluster = cluster
        self._stack = cluster.stack
        self._operator = operator
        self._seed = seed
        self._chance = random.Random(f"{seed} workers")  # noqa: S311
        self._made: Mapping[Fault, Callable[[], AbstractContextManager[None]]] = {
            Fault.WORKER_KILLED: lambda: self._killed(self._chance.choice(operator.workers)),
            Fault.LEADER_KILLED: lambda: self._killed(operator.leader()),
            Fault.STANDBY_KILLED: lambda: self._killed(operator.standby()),
            Fault.REDIS_AWAY: self._redis_away,
            Fault.REDIS_FORGETFUL: self._redis_forgetful,
            Fault.REDIS_EMPTY: self._redis_empty,
            Fault.REDIS_FLUSHED: self._redis_flushed,
            Fault.API_AWAY: cluster.without_api,
            Fault.EC2_QUOTA: self._quota,
            Fault.EC2_LAGS: self._lag,
            Fault.EC2_HANGS: lambda: self._ec2(Ec2Fault(FaultKind.HANG_BEFORE, seconds=HANG)),
            Fault.EC2_THROTTLES: lambda: self._ec2(self._throttled()),
            Fault.EC2_LOSES_REPLIES: lambda: self._ec2(self._each_third(FaultKind.LOSE_REPLY)),
            Fault.EC2_FAILS: lambda: self._ec2(
                self._each_third(FaultKind.REFUSE), self._each_third(FaultKind.FAIL_AFTER)
            ),
        }

    def struck(self, fault: Fault) -> AbstractContextManager[None]:
        """The fault, for as long as the block lasts."""
        return self._made[fault]()

    @contextmanager
    def _killed(self, process: Process | None) -> Iterator[None]:
        if process is not None:
            process.kill()
        yield
        if process is not None:
            process.start(wait=False)

    @contextmanager
    def _redis_away(self) -> Iterator[None]:
        self._save()
        self._stack.redis.stop()
        yield
        self._stack.redis.start()

    @contextmanager
    def _redis_forgetful(self) -> Iterator[None]:
        self._save()
        time.sleep(1)
        self._stack.redis.stop(signal.SIGKILL)
        yield
        self._stack.redis.start()

    @contextmanager
    def _redis_empty(self) -> Iterator[None]:
        self._stack.redis.stop(signal.SIGKILL)
        shutil.rmtree(self._stack.redis.folder / "data")
        yield
        self._stack.redis.start()

    @contextmanager
    def _redis_flushed(self) -> Iterator[None]:
        self._stack.redis.flushall()
        yield

    def _save(self) -> None:
        with self._stack.redis_client() as client:
            client.save()

    @contextmanager
    def _quota(self) -> Iterator[None]:
        self._stack.ec2.configure(quota=len(self._stack.ec2.addresses()) + SPARE)
        yield
        self._stack.ec2.configure(quota=QUOTA)

    @contextmanager
    def _lag(self) -> Iterator[None]:
        self._stack.ec2.configure(lag=1.0)
        yield
        self._stack.ec2.configure(lag=0.0)

    @contextmanager
    def _ec2(self, *faults: Ec2Fault) -> Iterator[None]:
        for fault in faults:
            self._stack.ec2.add_fault(fault)
        yield
        self._cluster.calm_ec2()

    def _throttled(self) -> Ec2Fault:
        return Ec2Fault(
            FaultKind.REFUSE, probability=0.5, seed=self._seed, code="RequestLimitExceeded", status=503
        )

    def _each_third(self, kind: FaultKind) -> Ec2Fault:
        return Ec2Fault(kind, probability=1 / 3, seed=self._seed)
