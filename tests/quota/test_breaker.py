"""The breaker of AddressLimitExceeded: one probe a minute, one permit for each freed address, no herd."""

import pytest
import redis

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.names import Queue, Step
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from eip.store.quota import Quota
from eip.store.workqueue import WorkQueue
from tests.conftest import Past, Sent


@pytest.fixture
def quota(ledger: Ledger) -> Quota:
    """A breaker that nobody has tripped."""
    return Quota(ledger)


def park(ledger: Ledger, queue: WorkQueue, past: Past, *uids: str) -> None:
    """Claims that found the quota used up, the first named the longest ago."""
    for uid in uids:
        claim = Claim(uid=uid, desired=Desired.SERVE, pod_ip=f"10.0.0.{uid}")
        queue.update(uid, lambda _, claim=claim: claim)  # type: ignore[misc]
        held = ledger.begin(uid, Queue.ALLOCATE)
        assert held is not None
        queue.finish(held, lambda claim: claim, park=True, step=Step.ALLOCATE)
        past.grow(0.5)


@pytest.fixture
def parked(quota: Quota, ledger: Ledger, work_queue: WorkQueue, past: Past, sent: Sent) -> list[str]:
    """Five claims that wait behind an open breaker, the longest waiting first."""
    uids = ["e", "d", "c", "b", "a"]
    quota.tripped()
    park(ledger, work_queue, past, *uids)
    sent.take()
    return uids


def woken(quota: Quota, queue: WorkQueue, sent: Sent) -> list[str]:
    """Who is woken by the timers at this moment."""
    quota.tick()
    queue.dispatch()
    return [uid for _, uid in sent.take()]


def allowed(quota: Quota, uids: list[str]) -> list[str]:
    """Who of these may allocate, asked one after another."""
    return [uid for uid in uids if quota.may_allocate(uid)]


def test_closed_at_first(quota: Quota) -> None:
    """Before EC2 says so the quota holds up nobody."""
    assert allowed(quota, ["a", "b", "c"]) == ["a", "b", "c"]


def test_opens(quota: Quota) -> None:
    """Once EC2 said AddressLimitExceeded nobody calls."""
    quota.tripped()

    assert allowed(quota, ["a", "b", "c"]) == []


def test_tick_wakes_nobody_before_the_probe(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], past: Past
) -> None:
    """Parked claims are left alone until a probe is due."""
    past.grow(50)

    assert woken(quota, work_queue, sent) == []
    assert allowed(quota, parked) == []


def test_one_probe_by_the_oldest(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], past: Past
) -> None:
    """After a minute the longest parked claim is woken, and it alone may call, once."""
    past.grow(60)

    assert woken(quota, work_queue, sent) == [parked[0]]
    assert allowed(quota, [*reversed(parked), *parked]) == [parked[0]]


def test_who_has_an_address_does_not_hold_up_the_probe(
    quota: Quota, work_queue: WorkQueue, parked: list[str], past: Past
) -> None:
    """A sweep found one for the longest parked, which may never get as far as to rest."""
    oldest, second, *_ = parked
    work_queue.update(oldest, lambda c: c and changed(c, allocation_id="eipalloc-1"))
    past.grow(60)

    assert quota.may_allocate(second)


def test_probe_is_not_woken_twice(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], past: Past
) -> None:
    """While its wake-up stands in the queue the oldest is not queued again."""
    past.grow(60)

    assert woken(quota, work_queue, sent) == [parked[0]]
    assert woken(quota, work_queue, sent) == []


def test_probe_that_fails(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], past: Past
) -> None:
    """A probe that hears the same again opens the breaker for another minute."""
    past.grow(60)
    assert quota.may_allocate(parked[0])
    quota.tripped()
    past.grow(59)
    assert allowed(quota, parked) == []
    past.grow(1.5)

    assert allowed(quota, parked) == [parked[0]]


def test_probe_whose_worker_dies(quota: Quota, parked: list[str], past: Past) -> None:
    """A probe that is never heard of again is followed by the next one a minute later."""
    past.grow(60)
    assert quota.may_allocate(parked[0])
    assert not quota.may_allocate(parked[0])
    past.grow(60)

    assert quota.may_allocate(parked[0])


def test_newcomer_does_not_probe(quota: Quota, parked: list[str], past: Past) -> None:
    """A new pod does not go before those that wait."""
    past.grow(60)

    assert not quota.may_allocate("newcomer")
    assert quota.may_allocate(parked[0])


def test_probe_where_nobody_is_parked(quota: Quota, past: Past) -> None:
    """An open breaker without anybody parked lets one through when the probe is due."""
    quota.tripped()
    past.grow(60)

    assert allowed(quota, ["a", "b"]) == ["a"]


def test_permit_for_a_freed_address(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str]
) -> None:
    """A released address lets the longest parked claim through at once, and nobody else."""
    quota.freed()

    assert woken(quota, work_queue, sent) == [parked[0]]
    assert allowed(quota, [*reversed(parked), *parked]) == [parked[0]]


@pytest.mark.parametrize("freed", [2, 3, 5, 9])
def test_a_permit_for_each(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], freed: int
) -> None:
    """So many addresses, so many claims, those that wait the longest."""
    for _ in range(freed):
        quota.freed()

    assert set(woken(quota, work_queue, sent)) == set(parked[:freed])
    assert allowed(quota, parked) == parked[:freed]
    assert allowed(quota, parked) == []


def test_allocation_that_goes_through(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str]
) -> None:
    """Where one address was to be had there may be another: the next one tries, one after the other."""
    quota.freed()
    woken(quota, work_queue, sent)
    assert quota.may_allocate(parked[0])
    quota.freed(parked[0])

    assert woken(quota, work_queue, sent) == [parked[1]]
    assert allowed(quota, parked) == [parked[1]]


def test_raised_quota_serves_all_one_by_one(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], past: Past
) -> None:
    """After the quota was raised each success lets the next one through, and then the breaker closes."""
    past.grow(60)
    served = []
    for _ in parked:
        (uid,) = woken(quota, work_queue, sent)
        assert quota.may_allocate(uid)
        quota.freed(uid)
        served.append(uid)

    assert served == parked
    assert allowed(quota, ["x", "y", "z"]) == ["x", "y", "z"]


def test_tripped_takes_permits_back(quota: Quota, parked: list[str]) -> None:
    """When EC2 says no again, what was permitted before is no longer believed."""
    quota.freed()
    quota.freed()
    quota.tripped()

    assert allowed(quota, parked) == []


def test_unused_permit_is_passed_on(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str]
) -> None:
    """A claim that is over before it used its permit leaves it to the next one."""
    quota.freed()
    quota.pass_on(parked[0])

    assert parked[1] in woken(quota, work_queue, sent)
    assert allowed(quota, parked) == [parked[1]]


@pytest.mark.parametrize("desired", [Desired.RELEASE, Desired.HOLD])
def test_a_permit_goes_on_when_the_producer_says_that_its_pod_went(
    quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str], desired: Desired
) -> None:
    """No step has to run in between: the pod is gone, or has no IP, before it used it."""
    quota.freed()
    work_queue.update(parked[0], lambda claim: claim and changed(claim, desired=desired, pod_ip=""))

    assert parked[1] in woken(quota, work_queue, sent)
    assert allowed(quota, parked) == [parked[1]]


def test_the_last_one_that_goes_closes_the_breaker(
    quota: Quota, ledger: Ledger, work_queue: WorkQueue, past: Past
) -> None:
    """Who comes next need not wait for a probe while an address is free."""
    quota.tripped()
    park(ledger, work_queue, past, "a")
    quota.freed()
    work_queue.update("a", lambda claim: claim and changed(claim, desired=Desired.RELEASE))

    assert allowed(quota, ["x", "y"]) == ["x", "y"]


def test_over_without_a_permit(quota: Quota, work_queue: WorkQueue, sent: Sent, parked: list[str]) -> None:
    """A claim that is over and held no permit has none to leave."""
    quota.pass_on(parked[1])

    assert woken(quota, work_queue, sent) == []
    assert allowed(quota, parked) == []


def test_used_permit_is_not_passed_on(quota: Quota, parked: list[str]) -> None:
    """A permit that was used is gone."""
    quota.freed()
    assert quota.may_allocate(parked[0])
    quota.pass_on(parked[0])

    assert allowed(quota, parked) == []


def test_closes_when_nobody_is_parked(quota: Quota) -> None:
    """An address that is free while nobody waits closes the breaker."""
    quota.tripped()
    quota.freed()

    assert allowed(quota, ["a", "b"]) == ["a", "b"]


def test_stays_open_while_somebody_is_parked(quota: Quota, parked: list[str]) -> None:
    """One free address is not many."""
    quota.freed(parked[0])

    assert allowed(quota, ["x", "y"]) == []


def test_parked_as_the_breaker_closed(
    quota: Quota, ledger: Ledger, work_queue: WorkQueue, sent: Sent, past: Past, redis_client: redis.Redis
) -> None:
    """A claim that parks just as the breaker closes is woken, and waits no longer."""
    park(ledger, work_queue, past, "a", "b")
    sent.take()

    assert woken(quota, work_queue, sent) == ["a", "b"]
    assert not redis_client.exists(Keys.PARKED)


def test_no_herd_where_no_breaker_holds(
    quota: Quota, ledger: Ledger, work_queue: WorkQueue, past: Past, redis_client: redis.Redis
) -> None:
    """Of many that wait for nothing a bounded number is woken at once."""
    park(ledger, work_queue, past, "a", "b", "c")
    quota.tick(limit=2)

    assert redis_client.zrange(Keys.DUE, 0, -1) == ["a", "b"]
    assert redis_client.zrange(Keys.PARKED, 0, -1) == ["c"]


def test_interval_is_a_setting(ledger: Ledger, past: Past) -> None:
    """A probe comes as often as it was set."""
    quota = Quota(ledger, probe_interval=5)
    quota.tripped()
    past.grow(4)
    assert not quota.may_allocate("a")
    past.grow(1.1)

    assert quota.may_allocate("a")


def test_pod_that_goes_makes_room_for_the_next(
    quota: Quota, work_queue: WorkQueue, parked: list[str], past: Past
) -> None:
    """When the longest parked pod goes the next one probes."""
    work_queue.update(parked[0], lambda claim: claim and changed(claim, desired=Desired.RELEASE))
    past.grow(60)

    assert allowed(quota, parked[1:]) == [parked[1]]


def test_a_permit_given_during_a_park_is_not_slept_over(
    quota: Quota, ledger: Ledger, work_queue: WorkQueue, parked: list[str], sent: Sent
) -> None:
    """An address is freed between a claim's failed try and its parking: it is woken all the same."""
    held = ledger.begin(parked[0], Queue.ALLOCATE)
    assert held is not None
    quota.freed()

    work_queue.finish(held, lambda claim: claim, park=True, step=Step.ALLOCATE)
    work_queue.dispatch()

    assert [uid for _, uid in sent.take()] == [parked[0]]


def test_who_was_given_an_address_passes_its_permit_on(
    quota: Quota, work_queue: WorkQueue, parked: list[str], sent: Sent
) -> None:
    """One that was found by a sweep: the one that was released is for the next in line."""
    quota.freed()
    assert woken(quota, work_queue, sent) == ["e"]

    work_queue.update("e", lambda claim: claim and changed(claim, allocation_id="eipalloc-1"))
    sent.take()

    assert woken(quota, work_queue, sent) == ["d"]
    assert allowed(quota, parked) == ["d"]
