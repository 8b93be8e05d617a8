"""AddressLimitExceeded: one breaker for all, and nobody is given up."""

import pytest

from eip import names
from eip.decide import EventType, Scope
from eip.errors import LeaseLost
from eip.names import Action, Step
from eip.store.keys import Keys
from eip.store.ledger import Held
from tests.fakes.ec2 import CLUSTER
from tests.workers_world import IP, IP2, IP3, OTHER, UID, Workers

THIRD = "33333333-3333-4333-8333-333333333333"
POOL = "ipam-pool-0a1b2c3d4e5f60718"


@pytest.fixture
def full(workers: Workers) -> Workers:
    """One pod has the only address that the account may have; two more want one and have been told."""
    workers.serve(THIRD, "first", IP3)
    workers.ec2.quota = 1
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()
    workers.see(workers.kubernetes.add(OTHER, "db", IP2))
    workers.run()
    return workers


def test_one_call_finds_out_for_all(full: Workers) -> None:
    """The second pod does not ask EC2 while the breaker is open."""
    assert len(full.ec2.made(Action.ALLOCATE)) == 1
    assert full.client.zrange(Keys.PARKED, 0, -1) == [UID, OTHER]


def test_who_parks_gives_its_token_back(full: Workers) -> None:
    """One call was made, and one token is spent."""
    assert full.tokens_spent(Action.ALLOCATE) == 1


def test_the_intent_is_withdrawn(full: Workers) -> None:
    """The quota's refusal did nothing: there is nothing to look up."""
    assert full.claim().intent_at == 0
    assert full.claim(OTHER).intent_at == 0


def test_each_pod_is_told_once(full: Workers) -> None:
    """A Warning says which quota, and what to do; a probe that fails again says nothing new."""
    full.time.pass_by(61)
    full.world.quota.tick()
    full.world.queue.dispatch()
    full.run()

    told = full.kubernetes.told("QuotaExceeded")
    assert [event["involvedObject"]["name"] for event in told] == ["web", "db"]
    assert {event["type"] for event in told} == {"Warning"}
    assert all("L-0263D0A3" in event["message"] for event in told)


def test_parking_is_no_failure(full: Workers) -> None:
    """It does not back off: an address that is released is taken at once."""
    assert full.claim().attempts == 0
    assert full.claim(OTHER).attempts == 0


def test_the_message_of_an_event_is_well_formed(full: Workers) -> None:
    """Sentences end once."""
    assert [e for e in full.kubernetes.told("QuotaExceeded") if ".." in e["message"]] == []


def test_a_probe_goes_out_once_a_minute(full: Workers) -> None:
    """By the claim that has waited longest, and by no other."""
    full.forget_calls()
    for _ in range(3):
        full.time.pass_by(61)
        full.world.quota.tick()
        full.world.queue.dispatch()
        full.run()

    assert [owner.uid for (owner,) in full.ec2.made(Action.ALLOCATE)] == [UID] * 3


def test_no_probe_goes_out_before_its_time(full: Workers) -> None:
    """The quota does not change by asking."""
    full.forget_calls()
    full.time.pass_by(58)
    full.world.quota.tick()
    full.world.queue.dispatch()
    full.run()

    assert full.ec2.calls == []


def test_an_address_that_is_released_goes_to_the_longest_waiting(full: Workers) -> None:
    """One permit, one call, one pod served; the other waits on."""
    full.forget_calls()
    full.see(full.kubernetes.remove("first"), EventType.DELETED)
    full.run_for(1)

    assert full.claim().serving
    assert not full.claim(OTHER).allocation_id
    assert len(full.ec2.made(Action.ALLOCATE)) <= 2


def test_a_raised_quota_serves_all(full: Workers) -> None:
    """The probe succeeds, and lets the next one try."""
    full.ec2.quota = 10
    full.time.pass_by(61)
    full.world.quota.tick()
    full.run_for(5)

    assert full.claim().serving
    assert full.claim(OTHER).serving
    assert full.client.exists(Keys.QUOTA) == 0


def test_a_permit_that_could_not_be_used_is_not_lost(full: Workers) -> None:
    """A pod that has to wait for its rate token keeps the right to try."""
    full.see(full.kubernetes.remove("first"), EventType.DELETED)
    full.messages.sort(key=lambda m: m[0] is not Step.RELEASE)
    while not full.client.smembers(Keys.PERMITS):
        full.step(*full.messages.pop(0))
    full.empty(Action.ALLOCATE, promised=105)

    full.world.queue.dispatch()
    full.run()
    assert full.claim().allocation_id == ""

    full.run_for(30)
    assert full.claim().serving


def test_a_permit_is_not_lost_with_a_lease(full: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim changed just before the call: the address that is free is taken all the same."""
    full.see(full.kubernetes.remove("first"), EventType.DELETED)
    full.run()
    assert full.client.smembers(Keys.PERMITS) == {UID}
    renew = full.ledger.renew
    lost = iter([True])

    def lose_once(held: Held, *, intent: bool = False, limit: int = 0, interface_id: str = "") -> Held:
        if intent and next(lost, False):
            raise LeaseLost("changed")
        return renew(held, intent=intent, limit=limit, interface_id=interface_id)

    monkeypatch.setattr(full.ledger, "renew", lose_once)
    full.run_for(10)

    assert full.claim().serving


def ask(workers: Workers, **annotations: str) -> None:
    """The author of the pod that has waited the longest asks for something else."""
    workers.see(workers.kubernetes.edit("web", "metadata", annotations=annotations))


@pytest.mark.parametrize(
    "code", ["InsufficientAddressCapacity", "UnauthorizedOperation", "InvalidPoolID.NotFound"]
)
def test_a_pool_that_gives_nothing_holds_nobody_up(full: Workers, code: str) -> None:
    """The probe is made in vain, but not because of the quota: the next in line makes one at once."""
    full.narrow(Scope(lent_pools={POOL: ("*/*",)}))
    ask(full, **{names.PUBLIC_IPV4_POOL_ANNOTATION: POOL})
    full.run()
    full.ec2.refuse(Action.ALLOCATE, code)
    full.ec2.quota = 2
    full.time.pass_by(61)
    full.world.quota.tick()
    full.run_for(1)

    assert full.claim(OTHER).serving


def test_a_pod_that_cannot_be_told_holds_nobody_up(full: Workers) -> None:
    """It waits for the API server, and for no address."""
    ask(full, **{names.KEEP_ANNOTATION: "soon"})
    full.kubernetes.breaks(403)
    full.run()
    full.kubernetes.mend()
    full.ec2.quota = 2
    full.time.pass_by(61)
    full.world.quota.tick()
    full.run_for(1)

    assert full.claim(OTHER).serving


def test_who_asks_for_a_lent_one_does_not_park(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its author changed that while a step was about to park it."""
    workers.ec2.lend(CLUSTER[0], "blue")
    workers.world.quota.tripped()
    workers.see(workers.kubernetes.add(UID, "web", IP))

    def refuse(uid: str) -> bool:
        ask(workers, **{names.POOL_ANNOTATION: "blue"})
        return False

    monkeypatch.setattr(workers.world.quota, "may_allocate", refuse)
    workers.run()

    assert workers.claim().serving


def test_a_parked_pod_that_goes_waits_no_longer(full: Workers) -> None:
    """Its place is the next one's."""
    full.see(full.kubernetes.remove("web"), EventType.DELETED)
    full.run_for(30)

    assert full.client.zrange(Keys.PARKED, 0, -1) == [OTHER]
    assert UID not in full.ledger.uids()
