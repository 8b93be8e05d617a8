"""Wires a worker's world from its settings: clients are made here and nowhere else."""

from dataclasses import dataclass
from functools import partial

from eip.clock import SystemClock
from eip.errors import SettingsError
from eip.kubernetes import client as kubernetes_client
from eip.settings import Settings
from eip.store.handover import Handover
from eip.store.ledger import Ledger
from eip.store.limiter import Limiter
from eip.store.quota import Quota
from eip.store.redis_connection import connect_fit
from eip.store.scripts import Scripts
from eip.store.workqueue import Sender, WorkQueue
from workers.alive import PULSE
from workers.aws.client import Cluster, Ec2Client, Placement
from workers.aws.interface import interface_finder
from workers.aws.session import region_of
from workers.budget import Budget
from workers.cluster_uid import cluster_uid
from workers.housekeeping import Housekeeping
from workers.observing.account_quota import read_quota
from workers.observing.installation import Installation
from workers.observing.observer import Observer
from workers.observing.shared import Shared
from workers.ours import Identity
from workers.sweep.sweeper import Sweeper
from workers.tell import Teller
from workers.world import World


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker process runs beside its tasks."""

    world: World
    sweeper: Sweeper
    housekeeping: Housekeeping
    observer: Observer
    shared: Shared


def build(settings: Settings, send: Sender) -> Worker:
    """The worker that the settings describe.

    Raises:
        SettingsError: a setting is missing that the others make necessary.
        RedisUnfit: Redis would lose or evict claims.
        RedisAway, KubernetesError: what must be known at start could not be read.

    """
    if not settings.read_nodes and not settings.vpc_id:
        raise SettingsError(
            "EIP_READ_NODES=false needs EIP_VPC_ID: without nodes, hosts are found by their IP in it"
        )
    if settings.nodes and not settings.read_nodes:
        raise SettingsError(
            "EIP_NODES=true needs EIP_READ_NODES=true: nodes that may not be read can't be served"
        )
    # Before anything is waited for.
    region = region_of()
    clock = SystemClock()
    redis_client = connect_fit(settings.redis_url.get_secret_value(), ca_file=settings.redis_ca_file)
    ledger = Ledger(redis_client)
    limiter = Limiter(Scripts(redis_client), settings.rates)
    budget = Budget(limiter, ledger, clock)
    kubernetes = kubernetes_client.connect(settings.kubernetes_timeout)
    identity = Identity(settings.cluster_name, settings.cluster_uid or cluster_uid(kubernetes, clock.sleep))
    ec2 = _ec2(settings, identity, budget)
    world = World(
        ec2=ec2,
        kubernetes=kubernetes,
        ledger=ledger,
        handover=Handover(ledger),
        queue=WorkQueue(ledger, send),
        budget=budget,
        quota=Quota(ledger, settings.quota_probe_interval),
        finder=interface_finder(ec2, clock, kubernetes if settings.read_nodes else None, settings.vpc_id),
        teller=Teller(kubernetes, ledger, limiter),
        scope=settings.scope,
        identity=identity,
        external_dns=settings.external_dns_annotations,
        limit_of=settings.limit_of,
    )
    sweeper = Sweeper(world, kubernetes, settings.orphan_age, settings.read_nodes)
    installation = Installation(ledger)
    return Worker(
        world,
        sweeper,
        Housekeeping(sweeper, clock),
        Observer(installation, partial(read_quota, region, budget.describe)),
        Shared(installation, limiter, settings.rates, lambda: PULSE.redis_since is not None),
    )


def _ec2(settings: Settings, identity: Identity, budget: Budget) -> Ec2Client:
    return Ec2Client(
        Cluster(identity.cluster_name, identity.cluster_uid, settings.tags),
        acquire=budget.describe,
        throttled=budget.throttled,
        placement=Placement(settings.public_ipv4_pool, settings.network_border_group),
    )
