"""What each check makes of the facts: a row is one fact that was spoilt, and what is said then."""

from dataclasses import replace
from typing import Any

import pytest

from cli.doctor.checks.clock import clock
from cli.doctor.checks.kubernetes import kubernetes
from cli.doctor.checks.owners import owners
from cli.doctor.checks.quota import quota
from cli.doctor.checks.redis import redis, rights, safety
from cli.doctor.checks.settings import settings
from cli.doctor.checks.work import claims, producer, queues, workers
from cli.doctor.facts import Facts, LeaseSeen
from cli.doctor.finding import Status
from cli.doctor.judge import Check
from cli.doctor.seen import Unseen
from cli.reach.installation import NOWHERE, Installation
from eip.store.redis_connection import RIGHTS
from tests.doctor.world import NOW_MS, SERVER, address, lease, only, spoil, work

P, W, F, U = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN
AWAY = Unseen("no answer")
TWINS = tuple(address() for _ in range(95))

ROWS: list[tuple[str, Check, str, dict[str, Any], Status, str]] = [
    ("no-api-server", kubernetes, "kubernetes", {"version": AWAY}, F, "no answer"),
    ("old-kubernetes", kubernetes, "kubernetes", {"version": "v1.28.9-eks-1"}, W, "before 1.29"),
    ("new-kubernetes", kubernetes, "kubernetes", {"version": "v2.0.0"}, P, "v2.0.0"),
    ("no-redis", redis, "redis", {"server": AWAY}, F, "no answer"),
    ("no-tls", redis, "redis", {"tls": False}, P, "without TLS"),
    ("unfit", safety, "redis", {"unfit": "maxmemory-policy allkeys-lru"}, F, "allkeys-lru"),
    ("no-aof", safety, "redis", {"server": replace(SERVER, append_only=False)}, W, "no append-only"),
    ("full", safety, "redis", {"server": replace(SERVER, memory_used=81, memory_limit=100)}, W, "used"),
    ("unlimited", safety, "redis", {"server": replace(SERVER, memory_used=10**12)}, P, "no limit"),
    ("acl", rights, "redis", {"denied": ("EVALSHA 0", "ZADD eip:due")}, F, "2 of the commands: EVALSHA 0"),
    ("no-lease", producer, "kubernetes", {"lease": LeaseSeen("eip-system", None)}, F, "is not there"),
    ("nobody-leads", producer, "kubernetes", {"lease": lease(holder=None)}, F, "held by nobody"),
    ("late", producer, "kubernetes", {"lease": lease("2026-11-24T02:55:00Z")}, F, "300 s ago"),
    ("skew", producer, "kubernetes", {"lease": lease("2026-11-24T02:59:40Z")}, P, "producer-0 leads"),
    ("undated", producer, "kubernetes", {"lease": lease("yesterday")}, F, "at no known time"),
    ("no-worker", workers, "redis", {"heartbeats": frozenset()}, F, "no worker was heard"),
    ("stuck", queues, "redis", {"before": work(61), "after": work(61)}, F, "nothing is taken from allocate"),
    ("slow", queues, "redis", {"before": work(61), "after": work(61, taken=1)}, W, "the oldest for 61 s"),
    ("young", queues, "redis", {"before": work(59), "after": work(59)}, P, "none for long"),
    ("overdue", queues, "redis", {"after": work(due=NOW_MS - 31_000)}, F, "due since 31 s"),
    ("due-later", queues, "redis", {"after": work(due=NOW_MS + 3_600_000)}, P, "none for long"),
    ("no-epoch", claims, "redis", {"after": work(epoch={})}, F, "holds none"),
    ("restarted", claims, "redis", {"server": replace(SERVER, run_id="other")}, F, "was restarted"),
    ("not-refilled", claims, "redis", {"after": work(epoch={"epoch": "e", "run_id": "run"})}, F, "from EC2"),
    (
        "unlisted",
        claims,
        "redis",
        {"after": work(epoch={"epoch": "e", "run_id": "run", "refilled": "1"})},
        F,
        "no producer has listed",
    ),
    ("used-up", quota, "aws", {"quota": 1.0}, F, "1 of 1 addresses are in use, 0 are left"),
    ("nearly", quota, "aws", {"addresses": TWINS}, W, "5 are left"),
    ("no-limit-seen", quota, "aws", {"quota": AWAY}, U, "1 address in use"),
    ("over-quota", quota, "aws", {"quota": 0.0}, F, "0 are left"),
    ("parked", quota, "redis", {"after": work(parked=2)}, F, "2 pods without an address"),
    ("namesake", owners, "aws", {"addresses": (address(uid="other"),)}, F, "another cluster is called games"),
    ("renamed", owners, "aws", {"addresses": (address("old"),)}, W, "1 address of old"),
    ("strangers", owners, "aws", {"addresses": (address("x", "y"),)}, P, "0 addresses of this cluster"),
    ("redis-clock", clock, "redis", {"clock_ahead": 6.0}, W, "Redis is +6.0 s"),
    ("ec2-clock", clock, "aws", {"clock_ahead": -241.0}, F, "AWS may refuse"),
    ("one-clock", clock, "redis", {"clock_ahead": AWAY}, U, "could not be asked"),
]


@pytest.mark.parametrize(
    ("check", "part", "changes", "status", "said"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_a_spoilt_fact(
    facts: Facts, check: Check, part: str, changes: dict[str, Any], status: Status, said: str
) -> None:
    """The check says how bad it is, with the value seen, and what to do unless all is well."""
    finding = only(check, spoil(facts, part, **changes))

    assert (finding.status, said in finding.seen) == (status, True), finding
    assert bool(finding.mend) or status in (Status.PASS, Status.UNKNOWN)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(
            Installation("games", "x-producer", "x-worker"), "kubectl -n games logs deployment/x-", id="found"
        ),
        pytest.param(NOWHERE, "kubectl -n NAMESPACE logs -l app.kubernetes.io/component=", id="not-found"),
    ],
)
def test_a_hint_names_the_deployments_that_are_there(facts: Facts, found: Installation, said: str) -> None:
    """Of whatever release; words to replace where none was found."""
    spoilt = spoil(facts, "kubernetes", installation=found, lease=LeaseSeen("games", None))
    spoilt = spoil(spoilt, "redis", heartbeats=frozenset())

    assert only(producer, spoilt).mend == f"see {said}producer"
    assert only(workers, spoilt).mend == f"see {said}worker"


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        pytest.param(
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist.",
            "see in Redis' log why it cannot write to its disk",
            id="MISCONF",
        ),
        pytest.param("MISCONF Errors writing to the AOF file: No space left", "see in Redis' log", id="AOF"),
        pytest.param("command not allowed when used memory > 'maxmemory'.", "raise maxmemory", id="OOM"),
        pytest.param("You can't write against a read only replica.", "to the primary", id="READONLY"),
        pytest.param(
            "User doctor has no permissions to run the 'info' command",
            f"give Redis' user {RIGHTS}",
            id="NOPERM",
        ),
        pytest.param("Redis is loading the dataset in memory", "wait until Redis has read", id="LOADING"),
        pytest.param("certificate verify failed: self-signed certificate", "set EIP_REDIS_CA_FILE", id="TLS"),
        pytest.param(
            "invalid username-password pair or user is disabled.", "correct EIP_REDIS_URL", id="WRONGPASS"
        ),
        pytest.param(
            "Error 111 connecting to redis:6379. Connection refused.", "whether Redis is up", id="away"
        ),
    ],
)
def test_what_to_do_about_redis_follows_from_its_words(facts: Facts, said: str, mend: str) -> None:
    """redis-py takes the error's code off most of them."""
    assert mend in only(redis, spoil(facts, "redis", server=Unseen(said))).mend


def test_a_misspelt_variable_is_warned_of(facts: Facts) -> None:
    """The nearest setting is named."""
    strange = replace(facts, strange_variables=("EIP_CLUSTERNAME is not a setting",))

    assert (Status.WARN, "EIP_CLUSTERNAME is not a setting") == (
        only(settings, strange).status,
        only(settings, strange).seen,
    )


def test_a_former_name_does_not_hide_a_namesake(facts: Facts) -> None:
    """Both are told."""
    spoilt = spoil(facts, "aws", addresses=(address("old"), address(uid="other")))

    assert [Status.FAIL, Status.WARN] == [finding.status for finding in owners(spoilt)]
