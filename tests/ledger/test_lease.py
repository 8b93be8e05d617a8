"""A claim's lease: at most one step works on a pod, and a dead worker's claim comes back."""

import pytest
import redis

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import LeaseLost
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import FORGET, LEAVE, REST, Held, Ledger, Schedule
from tests.conftest import Past

CLAIM = Claim(uid="u", namespace="shop", name="web-0", desired=Desired.SERVE, pod_ip="10.0.0.7")
WAKE = Schedule("wake", Queue.ALLOCATE)


@pytest.fixture
def held(ledger: Ledger) -> Held:
    """A claim that a step holds."""
    ledger.commit(None, CLAIM, WAKE)
    return begin(ledger)


def begin(ledger: Ledger, queue: Queue = Queue.ALLOCATE) -> Held:
    """Take the lease, which must be free."""
    held = ledger.begin("u", queue)
    assert held is not None
    return held


def test_begin_reads_the_claim(held: Held, ledger: Ledger) -> None:
    """The holder gets the claim as it is, and Redis' time."""
    assert held.claim == ledger.claim("u")
    assert held.claim.pod_ip == "10.0.0.7"
    assert abs(held.now - ledger.now()) < 60_000


def test_begin_of_an_unknown_claim(ledger: Ledger) -> None:
    """A wake-up of a claim that is gone finds nothing to do."""
    assert ledger.begin("stranger", Queue.RELEASE) is None


def test_begin_of_an_unknown_claim_leaves_nothing(ledger: Ledger, redis_client: redis.Redis) -> None:
    """Such a wake-up should not bring a claim to life, nor come again."""
    redis_client.zadd(Keys.DUE, {"stranger": 1})
    redis_client.zadd(Keys.wakeups(Queue.RELEASE), {"stranger": 1})

    ledger.begin("stranger", Queue.RELEASE)

    assert not redis_client.exists(Keys.claim("stranger"), Keys.DUE, Keys.wakeups(Queue.RELEASE))


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("queue", list(Queue))
def test_only_one_holds(ledger: Ledger, queue: Queue) -> None:
    """While a step works no other begins, whatever queue it came from."""
    assert ledger.begin("u", queue) is None


def test_free_again_after_commit(held: Held, ledger: Ledger) -> None:
    """Giving the claim back lets the next one begin, with another token."""
    ledger.commit(held.claim, held.claim, REST, token=held.token)

    assert begin(ledger).token != held.token


def test_lease_that_ran_out_is_taken_over(held: Held, ledger: Ledger, past: Past) -> None:
    """A dead worker's lease ends after 15 s, not before."""
    past.grow(14)
    assert ledger.begin("u", Queue.ALLOCATE) is None
    past.grow(1.1)

    assert begin(ledger).token != held.token


def test_who_was_taken_over_has_lost(held: Held, ledger: Ledger, past: Past) -> None:
    """The late holder can neither renew nor write."""
    past.grow(16)
    successor = begin(ledger)

    with pytest.raises(LeaseLost, match="shop/web-0 was lost"):
        ledger.renew(held)
    with pytest.raises(LeaseLost):
        ledger.commit(held.claim, changed(held.claim, allocation_id="eipalloc-1"), REST, token=held.token)

    assert ledger.claim("u") == successor.claim


def test_late_holder_without_a_successor(held: Held, ledger: Ledger, past: Past) -> None:
    """A lease that ran out and that nobody took is renewed."""
    past.grow(16)

    ledger.renew(held)

    assert ledger.begin("u", Queue.ALLOCATE) is None


@pytest.mark.parametrize("way", ["begin", "due"])
@pytest.mark.parametrize(("age", "contested"), [(14, False), (16, True)], ids=["held", "run out"])
def test_whose_lease_ran_out_is_contested(
    ledger: Ledger, past: Past, way: str, age: float, *, contested: bool
) -> None:
    """Whoever finds it first: the dead worker may have associated its address."""
    ledger.commit(None, changed(CLAIM, allocation_id="eipalloc-1"), WAKE)
    begin(ledger)
    past.grow(age)

    if way == "begin":
        ledger.begin("u", Queue.ALLOCATE)
    else:
        ledger.run("due", [Keys.DUE], [10, 5000])

    claim = ledger.claim("u")
    assert claim is not None
    assert claim.contested is contested


@pytest.mark.parametrize(
    "known",
    [{}, {"allocation_id": "eipalloc-1", "association_id": "eipassoc-1", "associated_ip": CLAIM.pod_ip}],
    ids=["no address", "in its place"],
)
def test_what_is_known_well_enough_is_not_contested(
    ledger: Ledger, past: Past, known: dict[str, str]
) -> None:
    """What may have been allocated its intent says; and a pod that is served is written on at once."""
    ledger.commit(None, changed(CLAIM, **known), WAKE)
    begin(ledger)
    past.grow(16)

    assert not begin(ledger).claim.contested


def test_given_back_lease_is_lost(held: Held, ledger: Ledger) -> None:
    """What was given back can't be used again."""
    ledger.commit(held.claim, held.claim, REST, token=held.token)

    with pytest.raises(LeaseLost):
        ledger.renew(held)


def test_forgotten_claim_is_lost(held: Held, ledger: Ledger, redis_client: redis.Redis) -> None:
    """A lease on a claim that is there no longer is lost."""
    redis_client.delete(Keys.claim("u"))

    with pytest.raises(LeaseLost):
        ledger.renew(held)


def test_renew_lengthens(held: Held, ledger: Ledger, past: Past) -> None:
    """A renewed lease runs its whole length from then on."""
    past.grow(10)
    ledger.renew(held)
    past.grow(10)

    assert ledger.begin("u", Queue.ALLOCATE) is None


def test_renew_moves_the_end_in_due(
    held: Held, ledger: Ledger, past: Past, redis_client: redis.Redis
) -> None:
    """The end of the lease is when the claim is looked at again."""
    past.grow(10)
    ledger.renew(held)

    score = redis_client.zscore(Keys.DUE, "u")

    assert score == float(redis_client.hget(Keys.claim("u"), "lease_until") or 0)


def test_change_from_outside_is_seen(held: Held, ledger: Ledger) -> None:
    """A holder learns before its call that the pod is not what it was."""
    ledger.commit(held.claim, changed(held.claim, desired=Desired.RELEASE), LEAVE)

    with pytest.raises(LeaseLost, match="shop/web-0 was changed"):
        ledger.renew(held)


def test_write_from_outside_that_changes_nothing(held: Held, ledger: Ledger) -> None:
    """A commit without a change is no reason to give a step up."""
    ledger.commit(held.claim, held.claim, LEAVE)

    ledger.renew(held)


def test_intent_is_noted(held: Held, ledger: Ledger) -> None:
    """From the renewal on the claim says that an address may have been allocated, and by whom."""
    renewed = ledger.renew(held, intent=True)
    claim = ledger.claim("u")

    assert claim is not None
    assert claim.intent_at == renewed.now > 0
    assert claim.intent_by == held.token
    assert claim == renewed.claim or changed(claim, lease_until=0) == changed(renewed.claim, lease_until=0)


def test_intent_outlives_its_worker(held: Held, ledger: Ledger, past: Past) -> None:
    """Whoever takes the claim over finds the intent."""
    ledger.renew(held, intent=True)
    past.grow(16)

    assert begin(ledger).claim.intent_by == held.token


def test_intent_is_cleared_by_the_holder(held: Held, ledger: Ledger) -> None:
    """The address that came of it takes the intent's place."""
    renewed = ledger.renew(held, intent=True)
    after = changed(renewed.claim, intent_at=0, intent_by="", allocation_id="eipalloc-1")
    ledger.commit(renewed.claim, after, REST, token=renewed.token)

    claim = ledger.claim("u")

    assert claim is not None
    assert (claim.intent_at, claim.intent_by, claim.allocation_id) == (0, "", "eipalloc-1")


def test_plain_renewal_keeps_the_intent(held: Held, ledger: Ledger) -> None:
    """Making sure of the lease once more should not touch the intent."""
    renewed = ledger.renew(held, intent=True)

    again = ledger.renew(renewed)

    assert again.claim.intent_at == renewed.claim.intent_at


def test_intent_is_not_forgotten_by_an_older_reader(held: Held, ledger: Ledger, past: Past) -> None:
    """Who read the claim before the intent can't forget it, even when the lease has run out."""
    before = ledger.claim("u")
    ledger.renew(held, intent=True)
    past.grow(16)

    answer = ledger.commit(before, changed(held.claim, desired=Desired.RELEASE, pod_ip=""), FORGET)

    assert answer.conflict
    assert ledger.claim("u") is not None


def test_commit_from_outside_leaves_the_lease(held: Held, ledger: Ledger) -> None:
    """An update under a lease is written, wakes nobody, and the lease goes on."""
    after = changed(held.claim, desired=Desired.RELEASE)
    answer = ledger.commit(held.claim, after, Schedule("wake", Queue.RELEASE))

    assert (answer.conflict, answer.send) == (False, False)
    assert ledger.begin("u", Queue.RELEASE) is None


def test_forget_waits_for_the_lease(held: Held, ledger: Ledger) -> None:
    """A claim is not forgotten under its holder's feet: there may be an address on its way."""
    ledger.commit(held.claim, changed(held.claim, desired=Desired.RELEASE), FORGET)

    claim = ledger.claim("u")

    assert claim is not None
    assert claim.desired is Desired.RELEASE
