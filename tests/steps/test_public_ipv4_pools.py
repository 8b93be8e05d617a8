"""Addresses out of a pool of one's own: what is asked for, and what is told when it is not there."""

import pytest

from eip import names
from eip.decide import Scope
from eip.names import Action
from tests.workers_world import IP, UID, Workers
from workers.ports import Wanted

POOL = "ipam-pool-0a1b2c3d4e5f60718"


@pytest.fixture
def open_pool(workers: Workers) -> Workers:
    """A pool that all pods may take from."""
    workers.narrow(Scope(lent_pools={POOL: ("*/*",)}))
    return workers


def ask(workers: Workers, address: str = "") -> None:
    """A pod asks for an address of the pool, and all is done that can be."""
    annotations = {names.PUBLIC_IPV4_POOL_ANNOTATION: POOL}
    if address:
        annotations[names.REQUEST_ADDRESS_ANNOTATION] = address
    workers.see(workers.kubernetes.add(UID, "web", IP, metadata={"annotations": annotations}))
    workers.run()


def test_the_pool_and_the_address_are_asked_for(open_pool: Workers) -> None:
    """In the one call that allocates."""
    ask(open_pool, "203.0.113.9")

    [(_, wanted)] = open_pool.ec2.made(Action.ALLOCATE)
    assert wanted == Wanted(POOL, "203.0.113.9")
    assert open_pool.claim().serving


def test_a_pool_that_is_not_lent_is_not_asked(workers: Workers) -> None:
    """The pod is told, and EC2 hears nothing of it."""
    ask(workers)

    assert workers.ec2.mutating == []
    assert [event["reason"] for event in workers.kubernetes.events] == ["AddressRefused"]


@pytest.mark.parametrize(
    ("code", "address", "words"),
    [
        pytest.param("InvalidAddress.NotFound", "203.0.113.9", "203.0.113.9 is not free in", id="taken"),
        pytest.param("InsufficientAddressCapacity", "", f"{POOL} is used up", id="used up"),
    ],
)
def test_what_is_not_there_is_told_and_tried_again(
    open_pool: Workers, code: str, address: str, words: str
) -> None:
    """Both may pass, but not by themselves: the author is told once, and the pod served in the end."""
    open_pool.ec2.refuse(Action.ALLOCATE, code, times=2)
    ask(open_pool, address)
    open_pool.run_for(130)

    [event] = open_pool.kubernetes.told("NoAddressFree")
    assert (event["type"], words in str(event["message"])) == ("Warning", True)
    assert len(open_pool.ec2.made(Action.ALLOCATE)) == 3
    assert open_pool.claim().serving


def test_a_code_without_a_pool_is_as_ever(workers: Workers) -> None:
    """Amazon's own pool has more in a moment: nobody is told."""
    workers.ec2.refuse(Action.ALLOCATE, "InsufficientAddressCapacity")
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run_for(60)

    assert workers.kubernetes.told("NoAddressFree") == []
    assert workers.claim().serving
