"""A process dies before or after every single call, or the call's reply is lost: what must hold holds.

Nobody wrote down which calls there are: a run without faults tells.
"""

from random import Random

import pytest

from tests.faults.faults import CRASHES, Fault
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.schedules import Ran, Schedule, run, second, single
from tests.tried import SOAK

WRITES, READS = (1.0, 1.0) if SOAK else (0.1, 0.01)
PAIRS = 500 if SOAK else 3
LONGEST = 3600 if SOAK else 120

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def seeded(seed: int | str) -> Random:
    """Chance that repeats itself."""
    return Random(seed)  # noqa: S311


def attempt(redis_url: str, scenario: Scenario, schedule: Schedule) -> Ran:
    """One run; a failure names the schedule, by which it can be repeated."""
    try:
        return run(redis_url, scenario, schedule)
    except AssertionError as error:
        pytest.fail(f"run(redis_url, {scenario.name!r}, {dict(schedule)}): {error}")


@each_scenario
def test_without_faults_a_pod_costs_what_it_must(scenario: Scenario, redis_url: str) -> None:
    """The story itself holds, for one address a pod, and its calls are the same each time."""
    ran = run(redis_url, scenario, {})

    assert set(ran.allocated.values()) <= {1}
    assert ran.calls == run(redis_url, scenario, {}).calls


@pytest.mark.timeout(LONGEST)
@each_scenario
def test_any_call_may_fail(scenario: Scenario, redis_url: str, tried: dict[str, int]) -> None:
    """One fault, at each call of the story and of what follows; no address is paid for that is not used."""
    ran = run(redis_url, scenario, {})
    schedules = list(single(ran, seeded(1), WRITES, READS))

    for schedule in schedules:
        allocated = attempt(redis_url, scenario, schedule).allocated
        assert scenario.forgets or set(allocated.values()) <= {1}, f"allocated twice after {schedule}"

    tried["crash points"] = tried.get("crash points", 0) + len(schedules)


@pytest.mark.timeout(LONGEST)
@each_scenario
def test_any_call_of_a_recovery_may_fail_again(
    scenario: Scenario, redis_url: str, tried: dict[str, int]
) -> None:
    """Two faults, the second of them in the recovery from the first."""
    chance = seeded(scenario.name)
    ran = run(redis_url, scenario, {})

    for _ in range(PAIRS):
        first = {chance.choice(ran.numbers): chance.choice(CRASHES)}
        recovery = attempt(redis_url, scenario, first)
        attempt(redis_url, scenario, second(recovery, first, chance))

    tried["pairs of crash points"] = tried.get("pairs of crash points", 0) + PAIRS


@pytest.mark.timeout(LONGEST)
@each_scenario
def test_a_process_may_stand_still_at_any_call_to_ec2(
    scenario: Scenario, redis_url: str, tried: dict[str, int]
) -> None:
    """Its lease runs out, others do its work, and then its call takes effect after all."""
    ran = run(redis_url, scenario, {})
    schedules = [
        {number: fault}
        for number in ran.numbers
        if "EC2" in ran.calls[number]
        for fault in (Fault.STALL, Fault.LATE)
    ]

    for schedule in schedules:
        attempt(redis_url, scenario, schedule)

    tried["stalls"] = tried.get("stalls", 0) + len(schedules)
