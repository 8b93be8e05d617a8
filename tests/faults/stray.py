"""A producer that led once, was paused in the middle of a write, and wakes up when another leads."""

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from eip.decide import EventType
from eip.errors import EipError
from eip.names import EXTERNAL_DNS_ANNOTATIONS
from eip.pod import Pod
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.workqueue import WorkQueue
from producer.enqueue import Enqueue
from tests.faults.process import OperatorProcess
from tests.faults.redis_port import RedisPort
from tests.faults.worker import CelerySender

if TYPE_CHECKING:
    import redis

    from tests.faults.installation import Installation


class StrayLeader:
    """Holds the fence, the epoch and the pods of the time when it was paused."""

    def __init__(self, installation: "Installation") -> None:
        """Paused at this moment; somebody else takes over."""
        leader = installation.leader
        self._installation = installation
        self._fence = leader.fence
        self._pods = installation.cluster.everyone
        self._epoch = str(installation.redis.ask("HGET", Keys.EPOCH, "epoch") or "")
        installation.kill(leader.process)

    def wake(self) -> None:
        """Write what it was about to write: events of the pods as they were, and that there are no others."""
        installation = self._installation
        process = OperatorProcess(
            "stray",
            simulation=installation.simulation,
            faults=installation.faults,
            on_death=lambda _: None,
        )
        client = cast("redis.Redis", RedisPort(process, installation.redis, installation.redis_changed))
        ledger = Ledger(client)
        ledger._epoch = self._epoch
        enqueue = Enqueue(
            WorkQueue(ledger, CelerySender(client)), installation.scope, EXTERNAL_DNS_ANNOTATIONS
        )
        installation.faults.note("an old leader wakes up")
        installation.simulation.spawn(process, lambda: self._write(enqueue))

    def _write(self, enqueue: Enqueue) -> None:
        for pod in self._pods:
            _attempt(enqueue, pod, EventType.MODIFIED, self._fence)
            _attempt(enqueue, pod, EventType.DELETED, self._fence)
        for namespace, _ in self._installation.scope.sources:
            with suppress(EipError):
                enqueue.compare(namespace, {pod.uid for pod in self._pods}, self._fence)


def _attempt(enqueue: Enqueue, pod: Pod, event: EventType, fence: int) -> None:
    with suppress(EipError):
        enqueue.seen(event, pod, fence)
