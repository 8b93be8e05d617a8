"""What was read of Kubernetes, Redis and AWS; whatever could not be is Unseen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cli.doctor.rights import Right
from cli.doctor.seen import Unseen
from cli.reach.installation import NOWHERE, Component, Installation
from eip.aliases import Alias
from eip.kubernetes.leases import Lease
from eip.kubernetes.review import ServiceAccount
from eip.names import Queue
from eip.settings import Settings
from workers.ports import Address

NOT_LOOKED = Unseen("it was not looked at")


@dataclass(frozen=True, slots=True)
class Granted:
    """Whether an account has a right."""

    right: Right
    namespace: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class AccountRights:
    """What was asked about one account; `itself` says that the account asked for itself."""

    component: Component
    account: ServiceAccount
    granted: tuple[Granted, ...] | Unseen
    itself: bool = False


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node: its EC2 instance where it has one, and the value of eks.amazonaws.com/compute-type."""

    name: str
    instance_id: str = ""
    compute_type: str = ""


@dataclass(frozen=True, slots=True)
class PodSeen:
    """A pod, the node it is on, and the reverse DNS name that it asks for."""

    namespace: str
    name: str
    node: str
    reverse_dns: str = ""


@dataclass(frozen=True, slots=True)
class ExternalDns:
    """A running external-dns: its image, and what it is told."""

    name: str
    image: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OtherOperator:
    """A Deployment of another operator for Elastic IPs; its name for the cluster, None where it hides it."""

    name: str
    alias: Alias
    replicas: int = 1
    cluster_name: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """The producer's Lease, or None without one, and where it was looked for."""

    namespace: str
    lease: Lease | None


@dataclass(frozen=True, slots=True)
class KubernetesFacts:
    """What the API server said."""

    version: str | Unseen = NOT_LOOKED
    user: str | Unseen = NOT_LOOKED
    cluster_uid: str | Unseen = NOT_LOOKED
    rights: tuple[AccountRights, ...] | Unseen = NOT_LOOKED
    lease: LeaseSeen | Unseen = NOT_LOOKED
    nodes: tuple[NodeSeen, ...] | Unseen = NOT_LOOKED
    labelled: tuple[PodSeen, ...] | Unseen = NOT_LOOKED
    """The pods that ask for an address and have a node."""
    workers: tuple[PodSeen, ...] | Unseen = NOT_LOOKED
    aws_node: Mapping[str, str] | Unseen | None = NOT_LOOKED
    """The environment of the VPC CNI's DaemonSet; None without one."""
    external_dns: tuple[ExternalDns, ...] | Unseen = NOT_LOOKED
    others: tuple[OtherOperator, ...] | Unseen = NOT_LOOKED
    installation: Installation = NOWHERE
    """As far as it was found: what to name in a command."""


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue: messages, wake-ups, and when (ms) the oldest and the newest taken one were queued."""

    messages: int
    wakeups: int = 0
    oldest: int | None = None
    taken: int = 0


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """The work as Redis holds it, at `now` (ms); `due` is the time of what is due first."""

    now: int
    queues: Mapping[Queue, QueueSeen]
    epoch: Mapping[str, str]
    due: int | None = None
    parked: int = 0
    claims: int = 0


@dataclass(frozen=True, slots=True)
class RedisServer:
    """INFO, as far as it is read; memory in bytes, 0 for no limit."""

    version: str
    mode: str
    run_id: str
    append_only: bool
    memory_used: int = 0
    memory_limit: int = 0


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What Redis said. `unfit` is why it must not be used, empty when it may."""

    tls: bool = False
    server: RedisServer | Unseen = NOT_LOOKED
    unfit: str | Unseen = NOT_LOOKED
    denied: tuple[str, ...] | Unseen = NOT_LOOKED
    """Commands that the user of EIP_REDIS_URL may not give."""
    clock_ahead: float | Unseen = NOT_LOOKED
    """Seconds by which Redis' clock is ahead of this machine's."""
    before: WorkSeen | Unseen = NOT_LOOKED
    after: WorkSeen | Unseen = NOT_LOOKED
    """The same some seconds later."""
    heartbeats: frozenset[str] | Unseen = NOT_LOOKED
    """Celery's host names of the workers that were heard in between."""


@dataclass(frozen=True, slots=True)
class Caller:
    """STS' GetCallerIdentity."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What EC2 answered to a DryRun; `own` says that what was named is there, and ours."""

    action: str
    code: str
    own: bool = True


@dataclass(frozen=True, slots=True)
class NodeInterface:
    """A network interface of a node; `managed_by` is the AWS service that manages it, if one does."""

    instance_id: str
    interface_id: str
    subnet_id: str
    vpc_id: str
    managed_by: str = ""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table: its subnets, and the targets of its routes to everywhere (igw-..., nat-...)."""

    table_id: str
    vpc_id: str
    main: bool
    subnets: frozenset[str]
    ways_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AwsFacts:
    """What AWS said."""

    region: str | Unseen = NOT_LOOKED
    """Where EC2 answers; Unseen says why it does not."""
    caller: Caller | Unseen = NOT_LOOKED
    as_workload: bool = False
    """Whether the credentials are those of a pod: IRSA or EKS Pod Identity."""
    addresses: tuple[Address, ...] | Unseen = NOT_LOOKED
    """All of the Region."""
    quota: float | Unseen = NOT_LOOKED
    probes: tuple[Probe, ...] | Unseen = NOT_LOOKED
    interfaces: tuple[NodeInterface, ...] | Unseen = NOT_LOOKED
    tables: tuple[RouteTable, ...] | Unseen = NOT_LOOKED
    clock_ahead: float | Unseen = NOT_LOOKED
    """Seconds by which EC2's clock is ahead of this machine's."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the checks judge; `looked_at` is this machine's time."""

    settings: Settings
    looked_at: datetime
    strange_variables: tuple[str, ...] = ()
    kubernetes: KubernetesFacts = KubernetesFacts()
    redis: RedisFacts = RedisFacts()
    aws: AwsFacts = AwsFacts()
