"""Kept addresses in a record: the next pod of a name has the same, or something explains that it has not."""

from dataclasses import replace

import pytest

from sandbox.chaos.asks import Ask
from sandbox.chaos.kept import Return, returns
from sandbox.chaos.record import Life, Record, Sighting, Span, Wish
from sandbox.chaos.verdict import judge
from sandbox.pod_network import Tenancy

ASK = Ask("db-1", keep=3600)
RECORD = Record(
    ended_at=1000.0,
    period=0.25,
    lives=[Life("old", ASK), Life("new", ASK)],
    tenancies={"10.0.0.7": [Tenancy("old", 0, 100)], "10.0.0.8": [Tenancy("new", 110)]},
)
OLD = Sighting("198.18.0.1", "old", "10.0.0.7", Span(1, 101))


def seen(public_ip: str, since: float = 112, ip: str = "10.0.0.8") -> Sighting:
    """An address on the new pod's IP."""
    return Sighting(public_ip, "new", ip, Span(since))


def came_back(*sightings: Sighting, among: Record = RECORD) -> list[Return]:
    """Who came back, to what."""
    return list(returns(replace(among, sightings=sightings)))


def lived(*lives: Life) -> Record:
    """Other pods than the usual two."""
    return replace(RECORD, lives=lives)


def test_the_same_address_is_as_promised() -> None:
    """Told, and no change."""
    [back] = came_back(OLD, seen("198.18.0.1"))

    assert (back.name, back.changed) == ("db-1", False)


def test_another_address_is_a_problem() -> None:
    """Nothing explains it."""
    verdict = judge(replace(RECORD, sightings=[OLD, seen("198.18.0.2")]))

    assert verdict.changed == [Return("db-1", "198.18.0.1", "198.18.0.2")]
    assert verdict.problems == ["1 pods came back with another address than was kept for them."]


def test_who_comes_too_late_gets_another() -> None:
    """It was kept for so long and no longer."""
    short = Ask("db-1", keep=20)
    late = seen("198.18.0.2", since=130)

    [back] = came_back(OLD, late, among=lived(Life("old", short), Life("new", short)))

    assert "20 s, and came after 30 s" in back.why


def test_who_had_two_may_keep_either() -> None:
    """Which of them is the double nobody can tell."""
    doubled = replace(RECORD, doubled=[Wish("old", Span(50, 60))])

    [back] = came_back(OLD, seen("198.18.0.2"), among=doubled)

    assert back.why
    assert not judge(replace(doubled, sightings=[OLD, seen("198.18.0.2")])).problems


@pytest.mark.parametrize(
    "lives",
    [
        [Life("old", Ask("db-1")), Life("new", Ask("db-1"))],
        [Life("old", Ask("db-1", keep=3600)), Life("new", Ask("db-2", keep=3600))],
        [Life("old", ASK, unlabelled=True), Life("new", ASK)],
    ],
    ids=["not kept", "another name", "given back by taking the label away"],
)
def test_of_whom_nothing_is_expected(lives: list[Life]) -> None:
    """Another address is right."""
    assert came_back(OLD, seen("198.18.0.2"), among=lived(*lives)) == []


def test_a_pod_that_was_never_served_passes_the_address_on() -> None:
    """The one after it has what the first had."""
    three = lived(Life("old", ASK), Life("brief", ASK), Life("new", ASK))

    assert [back.changed for back in came_back(OLD, seen("198.18.0.1"), among=three)] == [False]
    assert [back.changed for back in came_back(OLD, seen("198.18.0.2"), among=three)] == [True]


def test_an_address_that_is_the_next_pods_must_leave_the_freed_ip_too() -> None:
    """By its tags it is no more the pod's that had the IP, and on the IP it is all the same."""
    underway = Sighting("198.18.0.1", "new", "10.0.0.7", Span(101, 140))

    [_, stay] = judge(replace(RECORD, sightings=[OLD, underway])).stays

    assert (stay.seconds, stay.late) == (40, True)


def test_an_address_that_is_on_its_way_to_the_next_is_not_yet_its_own() -> None:
    """By its tags it is the new pod's while it is on the old one's IP."""
    underway = seen("198.18.0.9", since=105, ip="10.0.0.7")

    [back] = came_back(OLD, underway, seen("198.18.0.1"))

    assert not back.changed
