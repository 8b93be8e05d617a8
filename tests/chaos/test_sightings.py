"""From samples of EC2 to what was where, and for how long."""

import msgspec
import pytest

from eip.names import POD_UID_TAG
from sandbox.chaos.record import Sighting, Span, Wish
from sandbox.chaos.recorder import Sightings
from sandbox.ec2.messages import AddressSnapshot


def address(number: int, uid: str, private_ip: str = "") -> AddressSnapshot:
    """An address of the pod `uid`."""
    return AddressSnapshot(
        f"eipalloc-{number}", f"198.18.0.{number}", 0.0, {POD_UID_TAG: uid}, private_ip=private_ip
    )


ON_IP = address(1, "web", "10.0.0.7")
ASIDE = msgspec.structs.replace(ON_IP, private_ip="")


@pytest.fixture
def sightings() -> Sightings:
    """Nothing seen yet."""
    return Sightings()


def test_what_is_there_is_seen_from_its_first_sample_on(sightings: Sightings) -> None:
    """It lasts while it is there."""
    sightings.take([ON_IP], 1)
    sightings.take([ON_IP], 2)

    assert sightings.all == [Sighting("198.18.0.1", "web", "10.0.0.7", Span(1))]
    assert sightings.present == {("web", "10.0.0.7")}


@pytest.mark.parametrize("after", [[ASIDE], []], ids=["disassociated", "released"])
def test_what_left_is_seen_until_the_sample_without_it(
    sightings: Sightings, after: list[AddressSnapshot]
) -> None:
    """The later end, so that nothing looks better than it was."""
    sightings.take([ON_IP], 1)
    sightings.take(after, 2)

    assert sightings.all == [Sighting("198.18.0.1", "web", "10.0.0.7", Span(1, 2))]
    assert sightings.present == set()


def test_an_address_that_moves_is_seen_twice(sightings: Sightings) -> None:
    """Each private IP counts."""
    sightings.take([ON_IP], 1)
    sightings.take([msgspec.structs.replace(ON_IP, private_ip="10.0.0.8")], 2)

    assert [(seen.private_ip, seen.span) for seen in sightings.all] == [
        ("10.0.0.7", Span(1, 2)),
        ("10.0.0.8", Span(2)),
    ]


def test_an_address_aside_is_not_seen_anywhere(sightings: Sightings) -> None:
    """It is on no IP."""
    sightings.take([ASIDE], 1)

    assert sightings.all == []


def test_a_second_address_of_a_pod_is_noted_for_as_long_as_it_is_there(sightings: Sightings) -> None:
    """Whether or not it is on an IP."""
    sightings.take([ON_IP], 1)
    sightings.take([ON_IP, address(2, "web")], 2)
    sightings.take([ON_IP, address(2, "web")], 3)
    sightings.take([ON_IP], 4)

    assert sightings.doubled == [Wish("web", Span(2, 4))]


def test_lent_addresses_are_no_doubles(sightings: Sightings) -> None:
    """They name no pod, so nobody has two of them."""
    lent = [msgspec.structs.replace(address(number, ""), tags={}) for number in (1, 2)]
    sightings.take(lent, 1)

    assert sightings.doubled == []


def test_addresses_of_different_pods_are_no_doubles(sightings: Sightings) -> None:
    """One each."""
    sightings.take([ON_IP, address(2, "api", "10.0.0.8")], 1)

    assert sightings.doubled == []
