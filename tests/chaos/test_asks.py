"""What the churning pods ask for: a share of every kind, and of lent addresses fewer than are asked for."""

import pytest

from eip.names import KEEP_ANNOTATION, POOL_ANNOTATION, REQUEST_ADDRESS_ANNOTATION
from eip.request import keep_seconds
from sandbox.chaos.asks import Ask, Lent, asks, servable
from sandbox.ec2.messages import AddressSnapshot


def address(number: int) -> AddressSnapshot:
    """An address."""
    return AddressSnapshot(f"eipalloc-{number}", f"198.18.0.{number}", 0.0, {})


LENT = Lent(
    pool=[address(number) for number in range(12)],
    for_others=[address(100)],
    fixed=[address(number) for number in range(20, 25)],
)
ASKS = asks(200, LENT)
POOLED = [ask for ask in ASKS if POOL_ANNOTATION in ask.annotations]
FIXED = [ask for ask in ASKS if REQUEST_ADDRESS_ANNOTATION in ask.annotations]
KEPT = [ask for ask in ASKS if ask.keep]


@pytest.mark.parametrize("pods", [1, 2, 10, 39, 40, 200])
def test_there_are_as_many_as_were_ordered(pods: int) -> None:
    """Each with a name of its own, however few."""
    made = asks(pods, LENT)

    assert len({ask.name for ask in made}) == pods


def test_more_ask_for_lent_addresses_than_there_are() -> None:
    """Somebody always waits."""
    assert len(POOLED) > len(LENT.pool)
    assert len([ask for ask in FIXED if ask.servable]) > len(LENT.fixed)


def test_what_is_asked_for_is_what_may_be_had() -> None:
    """A fixed address by its name; of the pool whatever is not lent to others."""
    assert all(ask.lent == {ask.annotations[REQUEST_ADDRESS_ANNOTATION]} for ask in FIXED if ask.servable)
    assert {ip for ask in POOLED for ip in ask.lent} == {each.public_ip for each in LENT.pool}


def test_one_asks_for_what_it_may_not_have() -> None:
    """It names an address that is lent to others."""
    [thief] = [ask for ask in ASKS if not ask.servable]

    assert thief.annotations[REQUEST_ADDRESS_ANNOTATION] == LENT.fixed[0].public_ip


def test_the_annotation_says_how_long_an_address_is_kept() -> None:
    """Some for longer than a run, some not."""
    assert all(keep_seconds(ask.annotations[KEEP_ANNOTATION]) == ask.keep for ask in KEPT)
    assert len({ask.keep for ask in KEPT}) == 2


def test_most_ask_for_an_ordinary_address() -> None:
    """As in most clusters, no other kind is as common."""
    assert len([ask for ask in ASKS if not ask.annotations]) > max(len(KEPT), len(POOLED), len(FIXED))


def test_only_so_many_can_be_served_at_once() -> None:
    """Every lent address counts once, and who may have none does not count."""
    lent = frozenset({"198.18.0.1", "198.18.0.2"})
    some = [Ask("a"), *(Ask(name, borrows=True, lent=lent) for name in "bcd"), Ask("e", borrows=True)]

    assert servable(some) == 3
