"""Facts of an installation in which all is well, for a test to spoil one of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.doctor.facts import (
    AccountRights,
    AwsFacts,
    Caller,
    Facts,
    Granted,
    KubernetesFacts,
    LeaseSeen,
    NodeInterface,
    NodeSeen,
    PodSeen,
    Probe,
    QueueSeen,
    RedisFacts,
    RedisServer,
    RouteTable,
    WorkSeen,
)
from cli.doctor.finding import Finding
from cli.doctor.judge import Check
from cli.doctor.rights import RIGHTS
from cli.reach.installation import Component
from eip import names
from eip.kubernetes.leases import Lease, LeaseSpec
from eip.kubernetes.review import ServiceAccount
from eip.names import Queue
from eip.settings import Settings
from workers.ports import Address

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NOW_MS = 1_795_489_200_000
NAME, UID = "games", "11111111-2222-3333-4444-555555555555"

INSTANCE = "i-0123456789abcdef0"
SERVER = RedisServer("Redis 7.0.15", "standalone", "run", append_only=True)
ACTIONS = ("AllocateAddress", "AssociateAddress", "DisassociateAddress", "ReleaseAddress", "CreateTags")


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    """Settings of the cluster `games`, and further ones."""
    for name, value in {"cluster_name": NAME, **values}.items():
        monkeypatch.setenv(f"EIP_{name.upper()}", value)
    return Settings()  # type: ignore[call-arg]


def address(name: str = NAME, uid: str = UID, **fields: Any) -> Address:
    """An address with these two marks."""
    tags = {names.CLUSTER_NAME_TAG: name, names.CLUSTER_UID_TAG: uid}
    return Address("eipalloc-1", "198.51.100.1", tags=tags, **fields)


def lease(renewed: str = "2026-11-24T02:59:58.000000Z", holder: str | None = "producer-0") -> LeaseSeen:
    """The producer's Lease."""
    spec = LeaseSpec(holder_identity=holder, lease_duration_seconds=10, renew_time=renewed)
    return LeaseSeen("eip-system", Lease({"name": names.LEASE_NAME}, spec))


def work(age: float = 0.0, taken: int = 0, **fields: Any) -> WorkSeen:
    """Work whose queue `allocate` has one wake-up of this age in seconds, or none."""
    queues = {queue: QueueSeen(0) for queue in Queue}
    if age:
        queues[Queue.ALLOCATE] = QueueSeen(1, 1, NOW_MS - int(age * 1000), taken)
    epoch = {"epoch": "e", "run_id": "run", "refilled": "1", "listed": "1"}
    return replace(WorkSeen(NOW_MS, queues, epoch, claims=3), **fields)


def account(component: Component, *missing: str) -> AccountRights:
    """An account that has all rights but these."""
    granted = tuple(Granted(right, "", str(right) not in missing) for right in RIGHTS[component])
    return AccountRights(component, ServiceAccount("eip-system", f"eip-{component}"), granted)


def healthy(chosen: Settings) -> Facts:
    """Everything is as it should be."""
    return Facts(
        settings=chosen,
        looked_at=NOW,
        kubernetes=KubernetesFacts(
            version="v1.34.3",
            user="admin",
            cluster_uid=UID,
            rights=tuple(map(account, Component)),
            lease=lease(),
            nodes=(NodeSeen("node-1", INSTANCE),),
            labelled=(PodSeen("default", "web", "node-1"),),
            workers=(PodSeen("eip-system", "worker-a", "node-2"),),
            aws_node={"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"},
            external_dns=(),
            others=(),
        ),
        redis=RedisFacts(
            server=SERVER,
            unfit="",
            denied=(),
            clock_ahead=0.0,
            before=work(),
            after=work(),
            heartbeats=frozenset({"worker-1@host"}),
        ),
        aws=AwsFacts(
            region="eu-central-1",
            caller=Caller("123456789012", "arn:aws:sts::123456789012:assumed-role/eip/x"),
            as_workload=True,
            addresses=(address(),),
            quota=100.0,
            probes=tuple(Probe(action, "DryRunOperation") for action in ACTIONS),
            interfaces=(NodeInterface(INSTANCE, "eni-1", "subnet-1", "vpc-1"),),
            tables=(RouteTable("rtb-1", "vpc-1", True, frozenset(), ("igw-1",)),),
            clock_ahead=0.0,
        ),
    )


def spoil(facts: Facts, part: str, **changes: Any) -> Facts:
    """The facts with some fields of `kubernetes`, `redis` or `aws` changed."""
    return replace(facts, **{part: replace(getattr(facts, part), **changes)})


def only(check: Check, facts: Facts) -> Finding:
    """The one finding of a check."""
    [finding] = check(facts)
    return finding
