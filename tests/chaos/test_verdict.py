"""The verdict: what counts as late, leaked, on a stranger's IP or never served, and what excuses it."""

from dataclasses import replace

import pytest

from sandbox.chaos.record import Record, Sighting, Span, Struck, Wish
from sandbox.chaos.schedule import Fault
from sandbox.chaos.verdict import judge, overlap, unreachable
from sandbox.pod_network import Tenancy

IP = "10.0.0.7"
END = 1000.0
QUIET = Record(ended_at=END, period=0.25)


def seen(since: float, until: float | None, uid: str = "web", ip: str = IP) -> Sighting:
    """An address of the pod on the IP."""
    return Sighting("198.18.0.1", uid, ip, Span(since, until))


def struck(fault: Fault, since: float, until: float | None) -> Struck:
    """A fault."""
    return Struck(fault, Span(since, until))


def stayed(seconds: float, *faults: Struck, then: Tenancy | None = None) -> Record:
    """A pod had the IP from 0 to 100; its address stayed for so long after that."""
    tenancies = [Tenancy("web", 0, 100), *([then] if then else [])]
    return replace(QUIET, tenancies={IP: tenancies}, sightings=[seen(1, 100 + seconds)], struck=faults)


def wanted(*sightings: Sighting, until: float | None = None, faults: tuple[Struck, ...] = ()) -> Record:
    """A pod has the IP from 10 on, and is to be served from 0 on."""
    return replace(
        QUIET,
        tenancies={IP: [Tenancy("web", 10, until)]},
        wishes=[Wish("web", Span(0, until))],
        sightings=sightings,
        struck=faults,
    )


def test_a_record_of_nothing_is_as_promised() -> None:
    """Nothing happened, nothing is wrong."""
    assert judge(QUIET).problems == []


def test_time_on_a_freed_ip_begins_when_the_ip_is_freed() -> None:
    """Not when the pod was deleted, and not when the address was allocated."""
    [stay] = judge(stayed(12)).stays

    assert (stay.seconds, stay.late) == (12, False)


def test_an_address_whose_pod_has_its_ip_still_does_not_stay() -> None:
    """That is what it is for."""
    record = replace(QUIET, tenancies={IP: [Tenancy("web", 0)]}, sightings=[seen(1, None)])

    assert judge(record).stays == []


def test_an_address_that_left_before_the_ip_was_freed_did_not_stay() -> None:
    """As after the label's removal."""
    record = replace(QUIET, tenancies={IP: [Tenancy("web", 0, 100)]}, sightings=[seen(1, 50)])

    assert judge(record).stays == []


@pytest.mark.parametrize(("seconds", "late"), [(30.0, False), (30.5, True), (900.0, True)])
def test_thirty_seconds_are_the_limit(seconds: float, *, late: bool) -> None:
    """After that another pod may have the IP."""
    verdict = judge(stayed(seconds))

    assert [stay.late for stay in verdict.stays] == [late]
    assert bool(verdict.problems) is late


def test_an_address_that_never_left_stays_until_the_end() -> None:
    """What is open lasts."""
    record = replace(QUIET, tenancies={IP: [Tenancy("web", 0, 900)]}, sightings=[seen(1, None)])

    assert [stay.seconds for stay in judge(record).stays] == [100]


def test_an_outage_does_not_count() -> None:
    """45 s on a freed IP, 20 of them without API server: 25 count."""
    [stay] = judge(stayed(45, struck(Fault.API_AWAY, 110, 130))).stays

    assert (stay.counted, stay.late, stay.faults) == (25, False, (Fault.API_AWAY,))


def test_only_the_part_of_an_outage_counts_that_the_address_stayed_in() -> None:
    """What was over before the IP was freed excuses nothing."""
    [stay] = judge(stayed(45, struck(Fault.API_AWAY, 50, 105))).stays

    assert (stay.counted, stay.late) == (40, True)


def test_outages_at_the_same_time_excuse_once() -> None:
    """Redis and EC2 away together are no longer away than either."""
    both = (struck(Fault.REDIS_AWAY, 110, 125), struck(Fault.EC2_HANGS, 115, 130))

    [stay] = judge(stayed(55, *both)).stays

    assert (stay.counted, stay.late) == (35, True)


@pytest.mark.parametrize(
    "fault", [Fault.WORKER_KILLED, Fault.LEADER_KILLED, Fault.EC2_QUOTA, Fault.EC2_LAGS, Fault.REDIS_FLUSHED]
)
def test_some_faults_excuse_nothing(fault: Fault) -> None:
    """The operator is to bear them."""
    assert judge(stayed(31, struck(fault, 100, 140))).problems


def test_an_address_on_the_ip_of_a_later_pod_is_on_a_strangers() -> None:
    """The IP was given away at 130, and the address left at 140."""
    [intrusion] = judge(stayed(40, then=Tenancy("other", 130))).intrusions

    assert (intrusion.stranger, intrusion.seconds, intrusion.excused) == ("other", 10, False)


def test_an_intrusion_is_excused_with_the_stay_that_it_came_from() -> None:
    """Nothing could be taken off while EC2 was not there."""
    verdict = judge(stayed(40, struck(Fault.EC2_HANGS, 100, 135), then=Tenancy("other", 130)))

    assert [intrusion.excused for intrusion in verdict.intrusions] == [True]
    assert verdict.problems == []


def test_an_address_put_on_anothers_ip_is_never_excused() -> None:
    """It did not stay there: somebody put it there."""
    record = replace(
        QUIET,
        tenancies={IP: [Tenancy("other", 0)]},
        sightings=[seen(10, 20)],
        struck=[struck(Fault.EC2_HANGS, 0, END)],
    )

    assert [(each.stranger, each.excused) for each in judge(record).intrusions] == [("other", False)]


def test_what_is_shorter_than_a_sample_is_no_intrusion() -> None:
    """Both ends of a sighting are known to a sample only."""
    assert judge(stayed(30, then=Tenancy("other", 129.9))).intrusions == []


def test_an_address_on_its_own_pods_ip_is_no_intrusion() -> None:
    """Its own pod is no stranger, before and after."""
    record = replace(
        QUIET, tenancies={IP: [Tenancy("other", 0, 50), Tenancy("web", 90)]}, sightings=[seen(91, None)]
    )

    assert judge(record).intrusions == []


def test_a_pod_waits_from_its_ip_on() -> None:
    """Created at 0, an IP at 10, served at 14."""
    [wait] = judge(wanted(seen(14, None))).waits

    assert (wait.served, wait.seconds) == (True, 4)


def test_a_pod_that_gets_its_label_later_waits_from_there() -> None:
    """Nobody may serve it before."""
    record = replace(wanted(seen(45, None)), wishes=[Wish("web", Span(40))])

    assert [wait.seconds for wait in judge(record).waits] == [5]


def test_a_pod_is_not_served_by_another_pods_address() -> None:
    """The uid counts."""
    verdict = judge(wanted(seen(14, None, uid="other")))

    assert len(verdict.never_served) == 1


def test_a_pod_is_not_served_by_an_address_on_another_ip() -> None:
    """As after its IP has changed."""
    assert len(judge(wanted(seen(14, None, ip="10.0.0.8"))).never_served) == 1


def test_a_pod_that_went_soon_need_not_have_been_served() -> None:
    """It did not want to for long enough."""
    verdict = judge(wanted(until=40))

    assert [wait.served for wait in verdict.waits] == [False]
    assert verdict.never_served == []


def test_a_pod_that_waits_in_vain_was_never_served() -> None:
    """A minute is enough."""
    verdict = judge(wanted(until=80))

    assert len(verdict.never_served) == 1
    assert verdict.problems


def test_waiting_for_the_quota_is_no_failure() -> None:
    """There was no address to be had."""
    assert judge(wanted(until=80, faults=(struck(Fault.EC2_QUOTA, 20, 70),))).never_served == []


def test_every_ip_of_a_pod_is_waited_for() -> None:
    """A new sandbox brings a new IP, and the address must follow."""
    record = replace(
        QUIET,
        tenancies={IP: [Tenancy("web", 0, 50)], "10.0.0.8": [Tenancy("web", 50)]},
        wishes=[Wish("web", Span(0))],
        sightings=[seen(2, 51), seen(53, None, ip="10.0.0.8")],
    )

    assert [wait.seconds for wait in judge(record).waits] == [2, 3]


@pytest.mark.parametrize(
    "record",
    [replace(QUIET, wrong=["web-1 has no address"]), replace(QUIET, leaked=["198.18.0.9"])],
    ids=["wrong", "leaked"],
)
def test_what_is_not_right_at_the_end_is_a_problem(record: Record) -> None:
    """However well the rest went."""
    [problem] = judge(record).problems

    assert problem.startswith("1 ")


def test_two_addresses_of_a_pod_for_a_while_are_no_problem() -> None:
    """One is taken away again; that it was is seen at the end."""
    assert judge(replace(QUIET, doubled=[Wish("web", Span(10, 40))])).problems == []


@pytest.mark.parametrize(
    ("one", "other", "seconds"),
    [
        (Span(0, 10), Span(5, 20), 5),
        (Span(5, 20), Span(0, 10), 5),
        (Span(0, 10), Span(10, 20), 0),
        (Span(0, 10), Span(30, 40), 0),
        (Span(0), Span(90), 10),
    ],
    ids=["one first", "other first", "touching", "apart", "both open"],
)
def test_overlap(one: Span, other: Span, seconds: float) -> None:
    """How long both last."""
    assert overlap(one, other, end=100) == seconds


def test_an_outage_within_another_adds_nothing() -> None:
    """A short one inside a long one."""
    faults = [
        struck(Fault.API_AWAY, 10, 50),
        struck(Fault.REDIS_AWAY, 20, 30),
        struck(Fault.EC2_HANGS, 60, 70),
    ]

    assert unreachable(faults, Span(0, 100), end=100) == 50
