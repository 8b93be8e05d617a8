"""What is printed: short lines that a person can follow, and a report that says what was promised."""

from dataclasses import replace

from eip.names import Queue
from sandbox.chaos import timeline
from sandbox.chaos.asks import Ask
from sandbox.chaos.percentile import percentile, spread
from sandbox.chaos.record import Life, Record, Sighting, Span, Struck, Wish
from sandbox.chaos.schedule import Fault
from sandbox.chaos.verdict import judge
from sandbox.pod_network import Tenancy

RECORD = Record(
    ended_at=300,
    period=0.25,
    wishes=[Wish("web", Span(0, 100))],
    tenancies={"10.0.0.7": [Tenancy("web", 0, 100), Tenancy("other", 135)]},
    sightings=[Sighting("198.18.0.1", "web", "10.0.0.7", Span(2, 140))],
    struck=[Struck(Fault.API_AWAY, Span(100, 120)), Struck(Fault.API_AWAY, Span(200, 210))],
    quiet=3.5,
)


def report(record: Record = RECORD) -> str:
    """The whole report."""
    return "\n".join(timeline.report(judge(record), {"delete": 2, "create": 3}))


def test_a_line_begins_with_minutes_and_seconds() -> None:
    """Since the beginning."""
    assert timeline.at(125.26, "x") == "  2:05.3  x"


def test_a_fault_says_how_long_it_will_last() -> None:
    """Known beforehand, for the plan says it."""
    assert timeline.begins(Fault.API_AWAY, 12.5) == "-> API server away, for 12.5 s"


def test_a_fault_of_a_moment_has_no_length() -> None:
    """FLUSHALL is over at once."""
    assert timeline.begins(Fault.REDIS_FLUSHED, 0) == "-> FLUSHALL"


def test_the_state_is_pods_and_queues() -> None:
    """Wanting, served, and what stands in each queue."""
    seen = timeline.Look(wanting=5, served=3, queues={Queue.RELEASE: 0, Queue.ALLOCATE: 2})

    assert timeline.look(seen) == "   3 of 5 pods served; queues release 0, allocate 2"


def test_without_redis_nobody_knows_the_queues() -> None:
    """That is said, rather than zeros."""
    assert timeline.look(timeline.Look(wanting=5, served=3, queues=None)).endswith("Redis is away")


def test_the_report_counts_faults_and_changes() -> None:
    """What happened to the operator."""
    assert "faults: API server away 2x" in report()
    assert "changes: create 3, delete 2" in report()


def test_an_excused_intrusion_is_told_and_is_no_problem() -> None:
    """Nothing is hidden: who, where, for how long, and why."""
    text = report()

    assert "198.18.0.1 of web on 10.0.0.7 of other for 5.0 s; excused: API server away" in text
    assert "NOT as promised" not in text


def test_an_inexcusable_stay_is_a_problem() -> None:
    """The same without the outage."""
    text = report(replace(RECORD, struck=[]))

    assert "40.0 s; no fault" in text
    assert "NOT as promised" in text
    assert "faults: none" in text


def test_what_is_not_right_is_named() -> None:
    """Not only counted."""
    assert "not right: web-1 has no address" in report(replace(RECORD, wrong=["web-1 has no address"]))


def test_a_kept_address_that_changed_is_named_with_what_explains_it() -> None:
    """Kept for 20 s, and the next pod came after 40."""
    ask = Ask("db-1", keep=20)
    tenancies = {"10.0.0.7": [Tenancy("old", 0, 100)], "10.0.0.8": [Tenancy("new", 135)]}
    sightings = [
        Sighting("198.18.0.1", "old", "10.0.0.7", Span(2, 101)),
        Sighting("198.18.0.2", "new", "10.0.0.8", Span(140)),
    ]
    record = replace(
        RECORD, lives=[Life("old", ask), Life("new", ask)], tenancies=tenancies, sightings=sightings
    )

    text = report(record)

    assert "kept addresses changed: 1 of 1 pods that came back under a name" in text
    assert "db-1: 198.18.0.1 before, 198.18.0.2 after; explained: asked for it to be kept for 20 s" in text
    assert "NOT as promised" not in text


def test_kept_and_lent_addresses_are_counted() -> None:
    """Those that wait for pods to come are no leak."""
    text = report(replace(RECORD, kept=4, lent=frozenset({"198.18.0.9"})))

    assert "addresses leaked: 0; rightly kept for pods that may come: 4" in text
    assert "lent addresses: 1, all back when their pods had gone" in text


def test_what_befell_a_lent_address_is_told_and_is_a_problem() -> None:
    """It is an admin's."""
    text = report(replace(RECORD, lent_touched=["198.18.0.9 was released"]))

    assert "  198.18.0.9 was released" in text
    assert "1 things befell addresses that are only lent" in text


def test_many_of_a_kind_are_not_all_named() -> None:
    """The report stays readable."""
    text = report(replace(RECORD, wrong=[f"web-{number}" for number in range(500)]))

    assert text.count("not right: web-") == timeline.NAMED
    assert "500 things are not right" in text


def test_a_percentile_is_one_of_the_values() -> None:
    """The smallest that so many do not exceed."""
    values = [1.0, 2.0, 3.0, 4.0]

    assert [percentile(values, share) for share in (0.0, 0.25, 0.5, 0.51, 1.0)] == [1, 1, 2, 3, 4]


def test_a_spread_of_nothing_says_so() -> None:
    """No figures are made up."""
    assert spread([]) == "none"


def test_a_spread_names_the_longest() -> None:
    """It is the one that counts."""
    assert spread([0.1, 0.2, 29.96]) == "3: p50 0.2, p95 30.0, p99 30.0, longest 30.0 s"
