"""`eip` as a person calls it, on a real Redis, and EC2 and Kubernetes in memory."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, NoReturn, Protocol, Self

import pytest
import redis

from cli.app import main
from cli.commands import addresses, queues, status
from cli.reach import connections
from cli.reach.connections import Connections
from cli.reach.installation import COMPONENT_LABEL, DEFAULT_SELECTOR
from eip.claim import Claim
from eip.errors import Ec2Error, EipError, KubernetesError, RedisAway
from eip.kubernetes.leases import Lease, LeaseSpec
from eip.names import Step
from eip.pod import OwnerMeta, Pod, PodList, PodStatus
from eip.settings import Settings
from eip.store import backlog
from eip.store.backlog import Backlog
from eip.store.ledger import Ledger
from tests.fakes.ec2 import CLUSTER
from tests.fakes.kubernetes import FakeKubernetes
from tests.workers_world import Workers

LEASE_NAMESPACE = "eip-system"


@dataclass
class FakeLeases:
    """One Lease; a producer that runs renews it whenever somebody looks."""

    lease: Lease | None = None
    renewed: bool = False
    looks: int = 0

    def get(self, namespace: str, name: str) -> Lease | None:
        self.looks += 1
        if self.lease is not None and self.renewed:
            self.lease = lease("producer-1", renewed=f"look {self.looks}")
        return self.lease if namespace == LEASE_NAMESPACE else None


def lease(holder: str | None, renewed: str = "") -> Lease:
    """A Lease that holds for ten seconds."""
    return Lease({}, LeaseSpec(holder_identity=holder, lease_duration_seconds=10, renew_time=renewed))


@dataclass
class Api(FakeKubernetes):
    """The API server with the operator's own pods and its Lease."""

    leases: FakeLeases = field(default_factory=FakeLeases)
    operator_pods: list[str] = field(default_factory=list)
    operator_selector: str = DEFAULT_SELECTOR

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        if COMPONENT_LABEL not in selector:
            yield from super().list_pods(selector, namespace)
            return
        self._call("list", namespace or "")
        running = self.operator_pods if selector == self.operator_selector else ()
        pods = [Pod(OwnerMeta(name=name), status=PodStatus(phase="Running")) for name in running]
        yield PodList(items=pods)

    def kube_system_uid(self) -> str:
        self._call("get", "kube-system")
        return CLUSTER[1]


@dataclass
class RedisOfTest:
    """cli.connections.Redis on the test's server; what is sent is noted."""

    world: Workers
    client: redis.Redis
    sweeps: int = 0

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger

    def backlog(self) -> Backlog:
        return backlog.read(self.client)

    def bucket(self, action: str) -> tuple[float, float]:
        return self.world.limiter.peek(action)

    def send(self, step: Step, claim: Claim, sequence: int) -> None:
        self.world.messages.append((step, claim.uid))

    def sweep(self) -> None:
        self.sweeps += 1


@pytest.fixture
def world(redis_client: redis.Redis) -> Workers:
    """What the workers see; its pods are in the namespace shop."""
    made = Workers(redis_client)
    made.ledger.mark("listed")
    return made


@pytest.fixture
def api(world: Workers) -> Api:
    """The API server, which the workers see too."""
    api = Api(nodes=world.kubernetes.nodes, before=world.journal.append)
    world.kubernetes = api
    world.world = replace(world.world, kubernetes=api)
    return api


@pytest.fixture
def in_redis(world: Workers, redis_client: redis.Redis) -> RedisOfTest:
    """Redis as the command sees it."""
    return RedisOfTest(world, redis_client)


@dataclass
class Reach:
    """What of the three can be reached."""

    connections: Connections

    def lose(self, *sources: str) -> None:
        """From here on these cannot be reached."""
        lost = {
            "redis": RedisAway("connection refused"),
            "kubernetes": KubernetesError(403, "Forbidden", "pods is forbidden"),
            "ec2": Ec2Error("NotSent", "no answer"),
        }
        for source in sources:
            self.connections = replace(self.connections, **{source: _raising(lost[source])})


@pytest.fixture
def reach(world: Workers, api: Api, in_redis: RedisOfTest, monkeypatch: pytest.MonkeyPatch) -> Reach:
    """The connections that each command gets."""
    settings = Settings.model_validate({"cluster_name": CLUSTER[0], "lease_namespace": LEASE_NAMESPACE})
    reach = Reach(Connections(settings, lambda: in_redis, lambda: api, lambda: world.ec2))
    monkeypatch.setattr(connections, "connect", lambda _="": reach.connections)
    monkeypatch.setattr(connections, "namespace_of", lambda _: "shop")
    return reach


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Eip(Protocol):
    """Runs `eip` with these arguments."""

    def __call__(self, *arguments: str) -> Ran: ...


@pytest.fixture
def eip(
    reach: Reach, world: Workers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Eip:
    """Runs `eip` in this process, by Redis' clock; standard input and output are no terminal."""

    class RedisTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(world.ledger.now() / 1000, tz)

    for module in (addresses, queues, status):
        monkeypatch.setattr(module, "datetime", RedisTime)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["eip", *arguments])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return run


def _raising(error: EipError) -> Any:
    def connect() -> NoReturn:
        raise error

    return connect
