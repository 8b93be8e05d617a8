"""The plan of what goes wrong: repeatable, complete, and never two faults of a lane at once."""

import itertools

import pytest

from sandbox.chaos.schedule import FIRST_WITHIN, LANES, UNREACHABLE, UNSERVING, Fault, Lane, Planned, plan

HOUR = 3600.0


@pytest.fixture(params=[0, 1, 2, 17])
def planned(request: pytest.FixtureRequest) -> dict[str, list[Planned]]:
    """An hour, by some seed."""
    return plan(request.param, HOUR)


def test_the_same_seed_gives_the_same_plan() -> None:
    """A run can be repeated."""
    assert plan(7, HOUR) == plan(7, HOUR)


def test_another_seed_gives_another_plan() -> None:
    """Seeds matter, in every lane."""
    one, other = plan(7, HOUR), plan(8, HOUR)

    assert all(one[lane.name] != other[lane.name] for lane in LANES)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    """A run can be cut short without becoming another."""
    short, long = plan(3, 200), plan(3, HOUR)

    assert all(long[lane][: len(faults)] == faults for lane, faults in short.items())


def test_a_new_fault_in_one_lane_leaves_the_others_as_they_were() -> None:
    """Each lane has a chance of its own."""
    changed = Lane(name="api", lasting={Fault.API_AWAY: (1, 2)}, pause=(1, 2))
    lanes = [changed if lane.name == "api" else lane for lane in LANES]

    before, after = plan(5, HOUR), plan(5, HOUR, lanes)

    assert before["api"] != after["api"]
    assert [before[name] for name in before if name != "api"] == [
        after[name] for name in after if name != "api"
    ]


def test_every_lane_begins_soon(planned: dict[str, list[Planned]]) -> None:
    """A short run meets all kinds of trouble."""
    assert all(faults[0].at <= FIRST_WITHIN for faults in planned.values())


def test_every_fault_happens(planned: dict[str, list[Planned]]) -> None:
    """None is forgotten."""
    assert {each.fault for faults in planned.values() for each in faults} == set(Fault)


def test_no_fault_comes_again_before_all_of_its_lane_were_there(planned: dict[str, list[Planned]]) -> None:
    """Each round of a lane has each of its faults once."""
    for lane in LANES:
        size = len(lane.lasting)
        first_round = [each.fault for each in planned[lane.name][:size]]
        assert sorted(first_round) == sorted(lane.lasting)


def test_faults_of_a_lane_never_overlap(planned: dict[str, list[Planned]]) -> None:
    """What one of them changes, its end puts back: a second one in between would undo the first."""
    for faults in planned.values():
        assert all(later.at > earlier.ends for earlier, later in itertools.pairwise(faults))


def test_nothing_lasts_beyond_the_end() -> None:
    """The quiet time is quiet."""
    for seconds in (15, 60, 90, 300):
        assert all(each.ends <= seconds for faults in plan(1, seconds).values() for each in faults)


def test_faults_last_as_long_as_their_lane_says(planned: dict[str, list[Planned]]) -> None:
    """Within its range, to the tenth of a second."""
    for lane in LANES:
        for each in planned[lane.name]:
            least, most = lane.lasting[each.fault]
            assert least <= each.seconds <= most


def test_a_run_that_is_too_short_has_no_faults() -> None:
    """A plan may be empty."""
    assert not any(plan(1, 0).values())


def test_a_full_quota_excuses_waiting_but_not_staying() -> None:
    """Nobody needs an address to take one off an IP."""
    assert UNSERVING - UNREACHABLE == {Fault.EC2_QUOTA}


@pytest.mark.parametrize("fault", [Fault.WORKER_KILLED, Fault.LEADER_KILLED, Fault.EC2_FAILS, Fault.EC2_LAGS])
def test_what_the_operator_must_bear_excuses_nothing(fault: Fault) -> None:
    """Deaths of its own processes, errors now and then, and lag are no excuse."""
    assert fault not in UNSERVING
