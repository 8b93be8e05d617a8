"""What every worker says of the whole installation, from a real Redis; and nothing when that can't tell."""

from collections.abc import Mapping

import pytest
from prometheus_client.registry import CollectorRegistry

from eip.metrics.definitions import ALL
from eip.names import Action, Queue
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.redis_connection import connect
from tests.metrics.conftest import series
from tests.workers_world import IP, IP2, OTHER, RATES, UID, Workers
from workers.observing.installation import Installation, QuotaUse
from workers.observing.observer import Observer
from workers.observing.shared import Shared

SHARED = {metric.name for metric in ALL if metric.shared}
COUNTED = {
    "eip_claims",
    "eip_addresses",
    "eip_pod_address_longest_wait_seconds",
    "eip_freed_ip_longest_held_seconds",
}
QUOTA = {"eip_quota_addresses_limit", "eip_quota_addresses_used"}


class Seen:
    """One worker's view, by a registry of its own."""

    def __init__(self, workers: Workers) -> None:
        self.answering = True
        self.registry = CollectorRegistry(auto_describe=True)
        self.installation = Installation(workers.ledger)
        shared = Shared(self.installation, workers.limiter, RATES, lambda: self.answering)
        self.registry.register(shared)

    def count(self) -> None:
        """What is counted now and then is counted now."""
        Observer(self.installation, _no_quota).tick()

    @property
    def names(self) -> set[str]:
        return {name for name, _ in series(self.registry)}

    def every(self, name: str) -> Mapping[str, float]:
        """A metric's values by its label."""
        found = {labels: value for (own, labels), value in series(self.registry).items() if own == name}
        return {next(iter(labels))[1]: value for labels, value in found.items() if labels}

    def values(self, name: str) -> Mapping[str, float]:
        """A metric's values that are not 0, by its label."""
        return {label: value for label, value in self.every(name).items() if value}

    def value(self, name: str) -> float | None:
        return self.registry.get_sample_value(name)


def _no_quota() -> QuotaUse:
    raise PermissionError("not allowed")


@pytest.fixture
def seen(workers: Workers) -> Seen:
    """The view of a worker."""
    return Seen(workers)


def test_a_wakeup_stands_in_its_queue_and_grows_old(workers: Workers, seen: Seen) -> None:
    """Its message may be in Celery's list, or with a worker that waits for a token."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.time.pass_by(33)
    workers.see(workers.kubernetes.add(OTHER, "db", IP2))
    workers.client.lpush(Queue.ALLOCATE.value, "message")

    assert seen.values("eip_queue_wakeups") == {"allocate": 2}
    assert seen.values("eip_queue_messages") == {"allocate": 1}
    assert seen.values("eip_queue_oldest_wakeup_seconds") == {"allocate": pytest.approx(33, abs=1)}


def test_a_claim_that_backs_off_is_due_and_not_queued(workers: Workers, seen: Seen) -> None:
    """It stands in no queue: nobody who looks at those would see it."""
    workers.ec2.refuse(Action.ALLOCATE, "InternalError")
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()

    assert seen.value("eip_claims_due") == 1
    assert seen.values("eip_queue_wakeups") == {}


def test_claims_and_addresses_are_counted(workers: Workers, seen: Seen) -> None:
    """Orphans are added by what the last sweep found."""
    workers.serve()
    workers.see(workers.kubernetes.add(OTHER, "db", IP2))
    workers.time.pass_by(20)
    workers.client.hset(Keys.SUSPECTS, "eipalloc-9", 1)

    seen.count()

    assert seen.values("eip_claims") == {"serving": 1, "allocating": 1}
    assert seen.values("eip_addresses") == {"associated": 1, "orphaned": 1}
    assert seen.value("eip_pod_address_longest_wait_seconds") == pytest.approx(20, abs=1)


def test_a_used_up_quota_shows_at_once(workers: Workers, seen: Seen) -> None:
    """And its pods as parked."""
    workers.ec2.refuse(Action.ALLOCATE, "AddressLimitExceeded")
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()

    seen.count()

    assert seen.value("eip_quota_exceeded") == 1
    assert seen.values("eip_claims") == {"parked": 1}


def test_buckets_show_tokens_rate_and_what_is_configured(workers: Workers, seen: Seen) -> None:
    """Looking spends nothing."""
    workers.limiter.take(Action.RELEASE, 0)
    workers.limiter.throttled(Action.ALLOCATE)

    tokens = seen.every("eip_bucket_tokens")

    assert tokens.keys() == RATES.keys()
    assert tokens["AllocateAddress"] == pytest.approx(0, abs=0.9)
    assert tokens["ReleaseAddress"] == pytest.approx(45, abs=0.9)
    assert seen.values("eip_bucket_tokens_per_second")["AllocateAddress"] == pytest.approx(2.5, abs=0.1)
    assert seen.values("eip_bucket_configured_tokens_per_second")["AllocateAddress"] == 5


def test_everything_shared_is_there_once_it_was_found_out(seen: Seen) -> None:
    """No metric is documented and never said."""
    seen.count()
    seen.installation.note(Keys.NOTED_QUOTA, QuotaUse(5, 3), 60)

    assert seen.names == SHARED | {"eip_redis_up"}
    assert (seen.value("eip_quota_addresses_limit"), seen.value("eip_quota_addresses_used")) == (5, 3)
    assert seen.value("eip_redis_up") == 1


def test_what_was_not_found_out_is_absent(seen: Seen) -> None:
    """A nought would say that there is none."""
    assert seen.names == (SHARED | {"eip_redis_up"}) - COUNTED - QUOTA


def test_what_was_found_out_long_ago_is_absent(workers: Workers, seen: Seen) -> None:
    """Stale numbers are worse than none."""
    seen.count()
    workers.time.pass_by(61)

    assert not seen.names & COUNTED


def test_a_redis_that_does_not_answer_is_not_asked(seen: Seen) -> None:
    """The scrape would be held up longer than Prometheus waits, and all else be lost with it."""
    seen.answering = False

    assert series(seen.registry) == {("eip_redis_up", frozenset()): 0.0}


def test_a_redis_that_is_gone_says_nothing(workers: Workers) -> None:
    """No error reaches the scrape."""
    gone = Workers(workers.client)
    seen = Seen(gone)
    seen.installation = Installation(Ledger(connect("redis://127.0.0.1:1/0")))
    registry = CollectorRegistry()
    registry.register(Shared(seen.installation, gone.limiter, RATES, lambda: True))

    assert series(registry) == {("eip_redis_up", frozenset()): 0.0}


def test_claims_that_are_filled_again_are_not_counted(workers: Workers, seen: Seen) -> None:
    """Redis lost its data: there are pods, and no claims of them yet."""
    workers.client.flushall()

    assert series(seen.registry) == {("eip_redis_up", frozenset()): 0.0}


def test_registering_asks_redis_nothing(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker starts while Redis is away; the names are known without it."""
    monkeypatch.setattr(Installation, "look", lambda _: pytest.fail("Redis was asked"))

    Seen(workers)


def test_a_claim_that_cannot_be_read_is_left_out(workers: Workers, seen: Seen) -> None:
    """The others are counted all the same."""
    workers.serve()
    workers.client.hset(Keys.claim(OTHER), mapping={"uid": OTHER, "version": "x", "desired": "nonsense"})
    workers.client.sadd(Keys.CLAIMS, OTHER)

    seen.count()

    assert seen.values("eip_claims") == {"serving": 1}


def test_more_claims_than_are_read_at_once_are_each_counted(workers: Workers, seen: Seen) -> None:
    """Three round trips, and no claim twice."""
    for number in range(450):
        workers.client.hset(Keys.claim(f"uid-{number}"), mapping={"uid": f"uid-{number}", "desired": "hold"})
        workers.client.sadd(Keys.CLAIMS, f"uid-{number}")

    seen.count()

    assert seen.values("eip_claims") == {"waiting": 450}


def test_a_claim_that_redis_names_twice_is_counted_once(
    workers: Workers, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSCAN may do so while the set of all claims grows."""
    chunks = iter([["7", '{"uid": "a"}', []], ["0", '{"uid": "a"}\n{"uid": "b"}', ["b"]]])
    monkeypatch.setattr(workers.ledger, "run", lambda *_: next(chunks))

    assert [(claim.uid, parked) for claim, parked in seen.installation.claims()] == [
        ("a", False),
        ("b", True),
    ]
