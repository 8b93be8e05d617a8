"""A worker process: slots that take messages, housekeeping, and its own view of the world."""

from contextlib import suppress
from typing import TYPE_CHECKING, cast

import redis

from eip.claim import Claim
from eip.names import EVENTS_BUCKET, EXTERNAL_DNS_ANNOTATIONS, Action, Step
from eip.store.handover import Handover
from eip.store.ledger import Ledger
from eip.store.limiter import Limiter, Rate
from eip.store.quota import Quota
from eip.store.scripts import Scripts
from eip.store.workqueue import WorkQueue
from tests.fakes.ec2 import CLUSTER
from tests.faults.ports import Ec2Port, KubernetesPort
from tests.faults.process import OperatorProcess
from tests.faults.redis_port import RedisPort
from workers.aws.interface import interface_finder
from workers.budget import Budget
from workers.housekeeping import TICK, Housekeeping, Trouble
from workers.ours import Identity
from workers.perform import perform
from workers.sweep.sweeper import Sweeper
from workers.tell import Teller
from workers.world import World

if TYPE_CHECKING:
    from tests.faults.installation import Installation

RATES = {action.value: Rate(46, 5) for action in Action} | {EVENTS_BUCKET: Rate(50, 5)}
ORPHAN_AGE = 120.0
SWEEP = "sweep"


class CelerySender:
    """Puts messages into the queues as Celery does; a failure is swallowed, as eip.broker does."""

    def __init__(self, client: "redis.Redis") -> None:
        """`client` is a process' own."""
        self._client = client

    def __call__(self, step: Step, claim: Claim, sequence: int) -> None:
        """Send one wake-up."""
        self._push(step.queue.value, claim.uid)

    def sweep(self) -> None:
        """Send one sweep."""
        self._push(Step.RELEASE.queue.value, SWEEP)

    def _push(self, queue: str, message: str) -> None:
        with suppress(redis.exceptions.RedisError):
            self._client.lpush(queue, message)


class Heard(Trouble):
    """Hears of the worker's own faults, which housekeeping survives."""

    def __init__(self, errors: list[BaseException]) -> None:
        """`errors` takes them."""
        super().__init__()
        self._errors = errors

    def tell(self, what: str) -> None:
        """Note what is a fault of the worker's own."""
        super().tell(what)
        if "a fault of the worker's own" in what:
            self._errors.append(AssertionError(what))


class WorkerProcess:
    """One process with one slot; several of them overlap."""

    def __init__(self, name: str, installation: "Installation") -> None:
        """It begins at once."""
        self._installation = installation
        self.process = OperatorProcess(
            name,
            simulation=installation.simulation,
            faults=installation.faults,
            on_death=lambda _: installation.replace_worker(name),
        )
        port = RedisPort(self.process, installation.redis, installation.redis_changed)
        client = cast("redis.Redis", port)
        self.world = self._world(client)
        self.sweeper = Sweeper(self.world, self._kubernetes, ORPHAN_AGE, reads_nodes=True)
        self._housekeeping = Housekeeping(self.sweeper, self.process)
        self._housekeeping._trouble = Heard(installation.simulation.errors)
        self.slot = installation.simulation.spawn(self.process, self._serve)
        self.ticker = installation.simulation.spawn(self.process, self._keep_house)
        self.idle = False
        self.ticks_idle = False

    def _world(self, client: "redis.Redis") -> World:
        installation = self._installation
        ledger = Ledger(client)
        limiter = Limiter(Scripts(client), RATES)
        ec2 = Ec2Port(self.process, installation.ec2, installation.checks)
        self._kubernetes = kubernetes = KubernetesPort(self.process, installation.cluster)
        return World(
            ec2=ec2,
            kubernetes=kubernetes,
            ledger=ledger,
            handover=Handover(ledger),
            queue=WorkQueue(ledger, CelerySender(client)),
            budget=Budget(limiter, ledger, self.process),
            quota=Quota(ledger),
            finder=interface_finder(ec2, self.process, kubernetes, ""),
            teller=Teller(kubernetes, ledger, limiter),
            scope=installation.scope,
            identity=Identity(*CLUSTER),
            external_dns=EXTERNAL_DNS_ANNOTATIONS,
        )

    def _serve(self) -> None:
        while True:
            message = self._installation.take()
            if message is None:
                self.idle = True
                self._installation.simulation.block()
                self.idle = False
                continue
            queue, what = message
            if what == SWEEP:
                self.sweeper.sweep()
            else:
                perform(Step(queue.value), what, self.world, lambda: None)

    def _keep_house(self) -> None:
        """Tick; a tick that would find nothing is left out."""
        simulation = self._installation.simulation
        while True:
            self._housekeeping._tick()
            tick_at = simulation.now + TICK
            busy_at = self._installation.redis.busy_at()
            if busy_at <= tick_at:
                simulation.pause(TICK)
                continue
            self.ticks_idle = True
            simulation.block(busy_at if busy_at < simulation.now + 1e6 else None)
            self.ticks_idle = False
