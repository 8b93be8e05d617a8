"""Lent addresses in a record: whose they were, when none was free, and what must never befall them."""

from dataclasses import replace

import msgspec
import pytest

from eip.names import LEND_TAG
from sandbox.chaos.asks import Ask
from sandbox.chaos.lent import attributed, none_free, touched
from sandbox.chaos.record import Life, Record, Sighting, Span, Wish
from sandbox.chaos.verdict import judge
from sandbox.ec2.messages import AddressSnapshot, Call, Calls
from sandbox.pod_network import Tenancy

IP, OTHER_IP = "10.0.0.7", "10.0.0.8"
LENT = frozenset({"198.18.0.1"})
MAY = Ask("proxy-1", borrows=True, lent=LENT)
QUIET = Record(
    ended_at=1000.0,
    period=0.25,
    lent=LENT,
    lives=[Life("first", MAY), Life("next", replace(MAY, name="proxy-2")), Life("web", Ask("web-1"))],
)
ADDRESS = AddressSnapshot("eipalloc-1", "198.18.0.1", 0.0, {LEND_TAG: "sandbox"})
NO_CALLS = Calls({}, [])


def seen(since: float, until: float | None, ip: str = IP, public_ip: str = "198.18.0.1") -> Sighting:
    """A lent address on the IP: it names no pod."""
    return Sighting(public_ip, "", ip, Span(since, until))


def had(*tenancies: Tenancy, sighting: Sighting) -> Record:
    """Who had the IP, and when the address was there."""
    return replace(QUIET, tenancies={IP: tenancies}, sightings=[sighting])


def owners(record: Record) -> list[tuple[str, Span]]:
    """Whose the address was, and when."""
    return [(sighting.uid, sighting.span) for sighting in attributed(record)]


@pytest.mark.parametrize(
    ("tenancies", "whose"),
    [
        ([Tenancy("first", 0)], "first"),
        ([Tenancy("first", 0, 9)], "first"),
        ([Tenancy("first", 0, 2), Tenancy("next", 5)], "next"),
        ([Tenancy("web", 0)], ""),
        ([Tenancy("first", 0, 2), Tenancy("web", 5)], ""),
        ([], ""),
    ],
    ids=["its pod", "the last that had it", "the newer", "may not have it", "newer may not", "nobody"],
)
def test_a_lent_address_is_the_pods_that_has_the_ip(tenancies: list[Tenancy], whose: str) -> None:
    """If it may have it."""
    assert owners(had(*tenancies, sighting=seen(10, 20))) == [(whose, Span(10, 20))]


def test_an_address_that_names_its_pod_stays_that_pods() -> None:
    """Only lent ones are told by where they are."""
    own = Sighting("198.18.0.9", "web", IP, Span(10, 20))

    assert attributed(had(Tenancy("first", 0), sighting=own)) == [own]


def test_who_gets_the_ip_and_may_have_the_address_has_it_from_there() -> None:
    """It is on the next pod's IP, and no stranger's."""
    record = had(Tenancy("first", 0, 50), Tenancy("next", 80), sighting=seen(10, None))

    assert owners(record) == [("first", Span(10, 80)), ("next", Span(80))]


def test_who_gets_the_ip_and_may_not_have_the_address_is_a_stranger() -> None:
    """The address was not taken off in time."""
    [intrusion] = judge(had(Tenancy("first", 0, 50), Tenancy("web", 80), sighting=seen(10, 90))).intrusions

    assert (intrusion.stranger, intrusion.seconds, intrusion.excused) == ("web", 10, False)


def test_an_address_on_the_ip_of_who_may_not_have_it_is_never_excused() -> None:
    """Somebody put it there."""
    [intrusion] = judge(had(Tenancy("web", 0), sighting=seen(10, 20))).intrusions

    assert not intrusion.excused


def test_a_lent_address_must_leave_a_freed_ip_as_any_other() -> None:
    """30 s after the pod's network is gone another pod may have the IP."""
    assert judge(had(Tenancy("first", 0, 50), sighting=seen(10, 81))).problems


def waiting(*sightings: Sighting, wishes: tuple[Wish, ...] = ()) -> Record:
    """The pod `next` waits from 10 on, while others may have the address."""
    return replace(
        QUIET,
        tenancies={IP: [Tenancy("first", 0, 900)], OTHER_IP: [Tenancy("next", 10)]},
        wishes=[Wish("next", Span(10)), *wishes],
        sightings=sightings,
    )


def test_waiting_while_none_is_free_is_no_failure() -> None:
    """Others have them all."""
    verdict = judge(waiting(seen(5, None)))

    assert [wait.served for wait in verdict.waits] == [False]
    assert verdict.never_served == []


def test_only_the_time_in_which_one_was_free_counts() -> None:
    """Free from 500 on, and given to the next at 510."""
    [wait] = judge(waiting(seen(5, 500), seen(510, None, OTHER_IP))).waits

    assert (wait.served, wait.borrows, wait.seconds, wait.counted) == (True, True, 500, 10)


def test_waiting_while_one_is_free_is_a_failure() -> None:
    """Nobody took it for more than a minute."""
    assert len(judge(waiting(seen(5, 900))).never_served) == 1


def test_who_has_no_network_for_a_while_has_its_address_still() -> None:
    """It is on no IP, and not free, for as long as the pod wants it."""
    offline = Wish("first", Span(0, 980))

    assert judge(waiting(seen(5, 900), wishes=(offline,))).never_served == []


def test_none_is_free_only_while_all_are_taken() -> None:
    """One of two is enough for the next."""
    other = seen(30, 40, OTHER_IP, "198.18.0.2")
    record = replace(QUIET, sightings=[seen(20, 35), other])

    assert none_free(record, frozenset({"198.18.0.1", "198.18.0.2"})) == [Span(30, 35)]


def test_who_may_have_none_never_finds_all_of_them_taken() -> None:
    """There are none."""
    assert none_free(QUIET, frozenset()) == []


def test_what_came_back_as_it_was_lent_was_not_touched() -> None:
    """Also where others' addresses were released."""
    released = Call(1.0, "ReleaseAddress", "ok", {"AllocationId": "eipalloc-9"}, 0.05)
    associated = Call(1.0, "AssociateAddress", "ok", {"AllocationId": "eipalloc-1"}, 0.05)

    assert touched([ADDRESS], [ADDRESS], Calls({}, [released, associated])) == []


@pytest.mark.parametrize(
    ("present", "words"),
    [
        ([], "was released"),
        ([msgspec.structs.replace(ADDRESS, tags={})], "has other tags"),
        ([msgspec.structs.replace(ADDRESS, private_ip=IP)], f"is on {IP}"),
    ],
    ids=["released", "tagged", "not back"],
)
def test_what_did_not_come_back_as_it_was_lent(present: list[AddressSnapshot], words: str) -> None:
    """Each is told."""
    [sentence] = touched([ADDRESS], present, NO_CALLS)

    assert words in sentence


@pytest.mark.parametrize(
    ("action", "key"), [("ReleaseAddress", "AllocationId"), ("CreateTags", "ResourceId.1")]
)
def test_a_refused_call_is_told_too(action: str, key: str) -> None:
    """It must not even be tried."""
    call = Call(1.0, action, "InvalidIPAddress.InUse", {key: "eipalloc-1"}, 0.05)

    [sentence] = touched([ADDRESS], [ADDRESS], Calls({}, [call]))

    assert sentence.startswith(action)
