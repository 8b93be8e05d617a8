"""The leading producer: writes what the watch brings, sends sweeps, and lists again when it must."""

from collections import deque
from typing import TYPE_CHECKING, cast

from eip.decide import EventType
from eip.errors import KubernetesError, StaleLeader
from eip.names import EXTERNAL_DNS_ANNOTATIONS
from eip.pod import Pod
from eip.store.ledger import Ledger
from eip.store.workqueue import WorkQueue
from producer.delivery import Delivery
from producer.enqueue import Enqueue
from producer.run import AFTER_LOSS
from producer.watch import Changed, Item, Listed, Page
from tests.faults.ports import KubernetesPort
from tests.faults.process import OperatorProcess
from tests.faults.redis_port import RedisPort
from tests.faults.worker import CelerySender

if TYPE_CHECKING:
    import redis

    from tests.faults.installation import Installation

SWEEP_INTERVAL = 60.0
EPOCH_INTERVAL = 1.0


class Leader:
    """One producer process that leads with a fence."""

    def __init__(self, fence: int, installation: "Installation") -> None:
        """It begins with a list."""
        self.fence = fence
        self.idle = False
        self._installation = installation
        self._simulation = installation.simulation
        self.process = OperatorProcess(
            f"producer-{fence}",
            simulation=installation.simulation,
            faults=installation.faults,
            on_death=lambda _: installation.replace_leader(),
        )
        client = cast("redis.Redis", RedisPort(self.process, installation.redis, installation.redis_changed))
        self._send = CelerySender(client)
        self.enqueue = Enqueue(
            WorkQueue(Ledger(client), self._send), installation.scope, EXTERNAL_DNS_ANNOTATIONS
        )
        self._kubernetes = KubernetesPort(self.process, installation.cluster)
        self._inbox: deque[Item] = deque()
        self._lists = True
        self._next_sweep = self._simulation.now
        self._delivery = Delivery(self.enqueue, lambda: self.fence, self._start_over, self.process.sleep)
        self.task = self._simulation.spawn(self.process, self._lead)

    @property
    def busy(self) -> bool:
        """Whether something is to be written."""
        return bool(self._inbox) or self._lists or not self.idle

    def told(self, event: EventType, pod: Pod) -> None:
        """The watch brings an event."""
        self._inbox.append(Changed(event, pod))
        self.poke()

    def _start_over(self) -> None:
        self._lists = True
        self._next_sweep = min(self._next_sweep, self._simulation.now + AFTER_LOSS)

    def lose_watch(self) -> None:
        """410: what was not read yet is lost, and listed again."""
        self._inbox.clear()
        self._lists = True
        self.poke()

    def poke(self) -> None:
        """Look at what there is to do."""
        if self.process.alive and self.idle:
            self._simulation.wake(self.task, self._simulation.now)

    def _lead(self) -> None:
        try:
            while True:
                self._turn()
        except StaleLeader:
            self.process.die()

    def _turn(self) -> None:
        self._delivery.check_epoch()
        if self._simulation.now >= self._next_sweep:
            self._next_sweep = self._simulation.now + SWEEP_INTERVAL
            self._send.sweep()
        if self._lists:
            self._list()
        elif self._inbox:
            item = self._inbox[0]
            self._delivery.deliver(item)
            if self._inbox and self._inbox[0] is item:
                self._inbox.popleft()
        else:
            self.idle = True
            self._simulation.block(self._next_sweep)
            self.idle = False

    def _list(self) -> None:
        """What was told before the list is written before it, and what comes later after it."""
        self._lists = False
        for namespace, selector in self._installation.scope.sources:
            try:
                pages = list(self._kubernetes.list_pods(selector, namespace))
            except KubernetesError:
                self._lists = True
                self.process.sleep(EPOCH_INTERVAL)
                return
            pods = tuple(pod for page in pages for pod in page.items)
            uids = frozenset(pod.uid for pod in pods)
            self._inbox.extend([Page(namespace, pods), Listed(namespace, uids)])
