"""Claims are written by compare-and-set, come back as they were, and leave tombstones."""

from typing import Any, get_type_hints

import msgspec
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from eip.claim import Claim, changed
from eip.decide import Desired
from eip.errors import StaleLeader
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import FORGET, LEAVE, REST, Ledger, Schedule

CLAIM = Claim(uid="u", namespace="shop", name="web-0", desired=Desired.SERVE, reason="has an IP")
BOOKKEEPING = {"version", "sequence", "lease_token", "lease_until"}


def read(ledger: Ledger, uid: str = "u") -> Claim:
    """The claim, which must be there."""
    claim = ledger.claim(uid)
    assert claim is not None
    return claim


def any_value(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field, the empty and the odd among them."""
    if kind is int:
        return st.integers(0, 2**53)
    return st.text(max_size=30) if kind is str else st.from_type(kind)


CLAIMS = st.builds(
    Claim,
    **{
        name: any_value(kind)
        for name, kind in get_type_hints(Claim).items()
        if name not in {"uid", "wanted_at", "freed_at", *BOOKKEEPING}
    },
    uid=st.just("u"),
)


def unstamped(claim: Claim) -> Claim:
    """The claim without what the script itself writes."""
    return changed(claim, version=0, wanted_at=0, freed_at=0)


@given(CLAIMS)
def test_round_trip(ledger: Ledger, claim: Claim) -> None:
    """What was written is what is read, whatever an author put into it."""
    ledger._client.delete(Keys.claim("u"))
    ledger.commit(None, claim, LEAVE)

    assert unstamped(read(ledger)) == claim


@given(CLAIMS, CLAIMS)
def test_change_round_trip(ledger: Ledger, first: Claim, second: Claim) -> None:
    """Only what differs is sent, and nothing of the claim before it stays behind."""
    ledger._client.delete(Keys.claim("u"))
    ledger.commit(None, first, LEAVE)
    ledger.commit(read(ledger), second, LEAVE)

    assert unstamped(read(ledger)) == second


def test_field_of_a_newer_release(ledger: Ledger, redis_client: redis.Redis) -> None:
    """A field that is not known is left alone, so that two releases can work side by side."""
    ledger.commit(None, CLAIM, REST)
    redis_client.hset(Keys.claim("u"), "invented_later", "1")
    ledger.commit(read(ledger), changed(CLAIM, name="web-1"), REST)

    assert read(ledger).name == "web-1"
    assert redis_client.hget(Keys.claim("u"), "invented_later") == "1"


def test_reads_only_what_is_there(ledger: Ledger) -> None:
    """Claims that are not there are not among those that were asked for."""
    ledger.commit(None, CLAIM, REST)

    assert ledger.claims(["u", "stranger"]).keys() == {"u"}
    assert ledger.claims([]) == {}
    assert ledger.uids() == {"u"}


def test_version_grows_with_each_change(ledger: Ledger) -> None:
    """Each change is a version of its own; a write without a change is none."""
    ledger.commit(None, CLAIM, REST)
    ledger.commit(read(ledger), changed(CLAIM, name="web-1"), REST)
    assert read(ledger).version == 2
    ledger.commit(read(ledger), read(ledger), REST)

    assert read(ledger).version == 2


def test_conflict(ledger: Ledger) -> None:
    """Who read an older version writes nothing."""
    ledger.commit(None, CLAIM, REST)
    before = read(ledger)
    ledger.commit(before, changed(before, name="theirs"), REST)

    assert ledger.commit(before, changed(before, name="ours"), REST).conflict
    assert read(ledger).name == "theirs"


def test_conflict_of_two_first_writers(ledger: Ledger) -> None:
    """Of two that saw no claim only one makes it."""
    assert not ledger.commit(None, CLAIM, REST).conflict
    assert ledger.commit(None, changed(CLAIM, name="ours"), REST).conflict


def test_conflict_with_a_forgotten_claim(ledger: Ledger, redis_client: redis.Redis) -> None:
    """A claim that was forgotten in the meantime is not brought back by half."""
    ledger.commit(None, CLAIM, REST)
    before = read(ledger)
    ledger.commit(before, before, FORGET)

    assert ledger.commit(before, changed(before, name="ours"), REST).conflict
    assert not redis_client.exists(Keys.claim("u"))


def test_fence(ledger: Ledger) -> None:
    """Once a later leader wrote, an older one can't replay."""
    ledger.commit(None, CLAIM, REST, fence=3)
    before = read(ledger)

    with pytest.raises(StaleLeader):
        ledger.commit(before, changed(before, name="old"), REST, fence=2)
    assert read(ledger).name == "web-0"


@pytest.mark.parametrize("fence", [3, 4, 10, None], ids=["same", "next", "two digits", "a worker"])
def test_fence_lets_through(ledger: Ledger, fence: int | None) -> None:
    """The same leader, a later one and the workers, who lead nothing, may write."""
    ledger.commit(None, CLAIM, REST, fence=3)

    assert not ledger.commit(read(ledger), changed(CLAIM, name="new"), REST, fence=fence).conflict


def test_fence_counts_for_all_claims(ledger: Ledger) -> None:
    """A later leader's first write, of whatever pod, stops the older one."""
    ledger.commit(None, CLAIM, REST, fence=3)

    with pytest.raises(StaleLeader):
        ledger.commit(None, changed(CLAIM, uid="other"), REST, fence=2)
    assert ledger.claim("other") is None


def test_tombstone(ledger: Ledger, redis_client: redis.Redis) -> None:
    """A finished claim is remembered for an hour, by its tombstone alone."""
    ledger.commit(None, CLAIM, Schedule("wake", Queue.RELEASE))
    ledger.commit(read(ledger), read(ledger), FORGET)

    assert ledger.claim("u") is None
    assert ledger.uids() == set()
    assert ledger.tombstoned("u")
    assert 3500 < redis_client.ttl(Keys.tombstone("u")) <= 3600
    assert not redis_client.exists(Keys.DUE, Keys.PARKED, Keys.IPS)


def test_no_tombstone_for_what_never_was(ledger: Ledger) -> None:
    """Forgetting a claim that is not there leaves none."""
    ledger.commit(None, CLAIM, FORGET)

    assert not ledger.tombstoned("u")
    assert ledger.claim("u") is None


def test_suspects_are_replaced(ledger: Ledger) -> None:
    """Only what the last sweep suspected is suspected."""
    ledger.suspect({"eipalloc-1": 5, "eipalloc-2": 6})
    ledger.suspect({"eipalloc-2": 6})
    assert ledger.suspects() == {"eipalloc-2": 6}
    ledger.suspect({})

    assert ledger.suspects() == {}


def test_first_in(ledger: Ledger, redis_client: redis.Redis) -> None:
    """Only the first of several asks hears yes, for each pod and reason, until the time is over."""
    assert ledger.first_in("u", "QuotaExceeded", 60)
    assert not ledger.first_in("u", "QuotaExceeded", 60)
    assert ledger.first_in("u", "AddressReady", 60)
    assert ledger.first_in("v", "QuotaExceeded", 60)
    assert 0 < redis_client.ttl(Keys.told("u", "QuotaExceeded")) <= 60


def test_times_are_milliseconds(ledger: Ledger, redis_client: redis.Redis) -> None:
    """Redis' time is read in the unit that the scripts use."""
    seconds, _ = redis_client.time()

    assert abs(ledger.now() - seconds * 1000) < 60_000


def test_hash_of_an_older_release() -> None:
    """A hash that lacks the fields that came later can be read: only the uid is needed."""
    assert msgspec.convert({"uid": "u"}, Claim) == Claim(uid="u")
