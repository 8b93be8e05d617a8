"""The demo's arithmetic: calls per pod, waits, times on freed IPs, and the distance to EC2's limit."""

import math
from collections import Counter
from typing import Any

import pytest

from sandbox.demo.summary import Run, Summary, percentile, problems, summarize
from sandbox.ec2.messages import Call, Calls
from sandbox.pod_network import Tenancy

LATENCY = 0.05
LEASES = {"uid-1": 20.0}
"""The dead worker held the pod's step until then."""


def call(action: str, time: float, outcome: str = "ok", **ids: str) -> Call:
    """One call that took `LATENCY` seconds."""
    return Call(time, action, outcome, ids, LATENCY)


def log(*calls: Call) -> Calls:
    """The log as the EC2 double would have it."""
    counts: dict[str, Counter[str]] = {}
    for each in calls:
        counts.setdefault(each.action, Counter())[each.outcome] += 1
    return Calls({action: dict(outcomes) for action, outcomes in counts.items()}, list(calls))


def life(ip: str = "10.0.0.1", up: float = 1.0, down: float = 11.0, number: str = "1") -> list[Call]:
    """The four calls of one pod."""
    association = f"eipassoc-{number}"
    return [
        call("AllocateAddress", up),
        call("AssociateAddress", up, PrivateIpAddress=ip, AssociationId=association),
        call("DisassociateAddress", down, AssociationId=association),
        call("ReleaseAddress", down),
    ]


def run(*calls: Call, pods: int = 1, until: float | None = 10.0, leaked: int = 0, **more: Any) -> Summary:
    """The summary of a run whose pod had 10.0.0.1 from 0.5 s on."""
    tenancies = {"10.0.0.1": [Tenancy("uid-1", 0.5, until)]}
    return summarize(Run(pods=pods, calls=log(*calls), tenancies=tenancies, leaked=leaked, **more))


def test_a_pod_costs_two_calls_up_and_two_down() -> None:
    """Allocate and associate are calls up, disassociate and release calls down."""
    summary = run(*life())

    assert (summary.calls_up, summary.calls_down, summary.repeated) == (2, 2, 0)


def test_a_failed_call_is_a_call() -> None:
    """What EC2 refused was asked for all the same."""
    assert 3 == run(*life(), call("AssociateAddress", 0.9, "InternalError")).calls_up


def test_describes_are_counted_by_kind() -> None:
    """Each Describe action has its own count, and none is a mutating call."""
    summary = run(*life(), call("DescribeAddresses", 1), call("DescribeAddresses", 2))

    assert {"DescribeAddresses": 2} == summary.describes
    assert 2 == summary.calls_up


def test_the_wait_is_from_the_ip_to_the_answer() -> None:
    """A pod waits from the moment it has its IP until EC2 has answered that the address is associated."""
    assert pytest.approx([0.55]) == run(*life()).waits


def test_an_association_of_the_ip_before_should_not_count() -> None:
    """The IP's last tenant had its own association."""
    before = call("AssociateAddress", 0.1, PrivateIpAddress="10.0.0.1", AssociationId="eipassoc-0")

    assert pytest.approx([0.55]) == run(before, *life()).waits


def test_a_refused_association_should_not_end_the_wait() -> None:
    """Only an answer that it is done ends it."""
    refused = call("AssociateAddress", 0.6, "InternalError", PrivateIpAddress="10.0.0.1")

    assert pytest.approx([0.55]) == run(refused, *life()).waits


def test_a_repeated_association_should_not_lengthen_the_wait() -> None:
    """The pod was served by the first one."""
    again = call("AssociateAddress", 5.0, PrivateIpAddress="10.0.0.1", AssociationId="eipassoc-2")
    summary = run(*life(), again)

    assert pytest.approx([0.55]) == summary.waits
    assert pytest.approx(0.55) == summary.served_in


def test_an_address_is_on_a_freed_ip_until_ec2_answered() -> None:
    """From the kubelet's record that the IP is free to EC2's answer that the association is gone."""
    assert pytest.approx([1.05]) == run(*life()).on_freed_ip


def test_an_address_that_went_before_its_ip_was_on_no_freed_ip() -> None:
    """Nothing is left on the IP when it is freed."""
    assert [0.0] == run(*life(down=9.0)).on_freed_ip


def test_an_ip_that_is_not_freed_should_not_count() -> None:
    """A pod that still runs has its address rightly."""
    assert [] == run(*life()[:2], until=None).on_freed_ip


def test_an_association_that_stays_is_there_for_ever() -> None:
    """An address that was never taken off a freed IP is the worst case, not a missing one."""
    assert [math.inf] == run(*life()[:2]).on_freed_ip


def test_the_last_association_of_a_pod_is_the_one_that_must_go() -> None:
    """A repeated association replaces the first, whose removal proves nothing."""
    again = call("AssociateAddress", 2.0, PrivateIpAddress="10.0.0.1", AssociationId="eipassoc-2")

    assert [math.inf] == run(*life(), again).on_freed_ip


@pytest.mark.parametrize(
    ("up", "leases", "held_up"),
    [
        pytest.param(20.5, LEASES, [20.05], id="after the lease"),
        pytest.param(19.5, LEASES, [], id="before it ended"),
        pytest.param(20.5, {"uid-2": 20.0}, [], id="another pod's"),
        pytest.param(1.0, {"uid-1": 0.4}, [], id="ended before the pod had an IP"),
        pytest.param(20.5, {}, [], id="none"),
    ],
)
def test_a_pod_is_held_up_by_its_own_lease_alone(
    up: float, leases: dict[str, float], held_up: list[float]
) -> None:
    """Whoever is served while the dead worker's lease lasts, or had none, was late for another reason."""
    summary = run(*life(up=up, down=31.0), until=30.0, leases=leases)

    assert pytest.approx(held_up) == summary.held_up.by_lease
    assert [] == summary.held_up.by_intent
    assert 1 == len(summary.waits)


def test_an_address_is_held_on_a_freed_ip_by_a_lease() -> None:
    """The step of the release waits like any other."""
    summary = run(*life(down=20.5), leases=LEASES)

    assert pytest.approx([10.55]) == summary.held_on_ip.by_lease
    assert [] == summary.held_up.all


@pytest.mark.parametrize(
    ("up", "unheard", "by_intent"),
    [
        pytest.param(26.0, {"uid-1": 5.0}, True, id="made anew"),
        pytest.param(21.0, {"uid-1": 5.0}, False, id="found at once by its tag"),
        pytest.param(26.0, {"uid-2": 5.0}, False, id="another pod's"),
    ],
)
def test_a_pod_is_held_up_by_an_allocation_that_nobody_heard_of(
    up: float, unheard: dict[str, float], *, by_intent: bool
) -> None:
    """It is made again when it is 20 s old; one that is found by its tag waits for the lease alone."""
    held_up = run(*life(up=up, down=31.0), until=30.0, leases=LEASES, unheard=unheard).held_up

    assert (not by_intent, by_intent) == (bool(held_up.by_lease), bool(held_up.by_intent))


@pytest.mark.parametrize(
    ("pods", "bound"), [(1, 0.0), (46, 0.0), (47, 0.2), (300, 50.8)], ids=["one", "burst", "one over", "many"]
)
def test_the_bound_is_what_ec2_allows(pods: int, bound: float) -> None:
    """The first 46 pods are served at once, and five a second after them."""
    assert pytest.approx(bound) == run(pods=pods).bound


def test_the_ratio_is_to_the_bound() -> None:
    """Served in 61 seconds, where EC2 allows 50.8."""
    served = call("AssociateAddress", 61.45, PrivateIpAddress="10.0.0.1", AssociationId="eipassoc-1")

    assert pytest.approx(61 / 50.8) == run(served, pods=300, until=None).ratio


def test_few_pods_should_have_no_ratio() -> None:
    """Where the bound is short, the start-up would be measured."""
    assert run(*life(), pods=30).ratio is None


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.0, 1.0), (0.5, 2.0), (0.75, 3.0), (0.76, 4.0), (0.95, 4.0), (1.0, 4.0)],
)
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    """The nearest rank: no value is made up between two."""
    assert value == percentile([1.0, 2.0, 3.0, 4.0], share)


def test_the_percentile_of_nothing_is_no_number() -> None:
    """Nothing was measured."""
    assert math.isnan(percentile([], 0.5))


def test_a_good_run_has_no_problems() -> None:
    """Two calls up, two down, nothing throttled, nothing left."""
    assert [] == problems(run(*life()))


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        pytest.param(run(), "No address was ever associated for 1 of 1 pod.", id="a pod was not served"),
        pytest.param(
            run(*life(), call("ReleaseAddress", 12, "RequestLimitExceeded")),
            "throttled 1 call;",
            id="throttled",
        ),
        pytest.param(run(*life(), leaked=2), "2 addresses that would cost money", id="leaked"),
        pytest.param(
            run(*life(down=41.2)),
            "1 address stayed on a freed IP for more than 30 s (31.2 s the longest)",
            id="too long on a freed IP",
        ),
        pytest.param(
            run(*life(), call("AllocateAddress", 2)),
            "1 call up too many; kill -9 cut off 0 steps",
            id="repeated up",
        ),
        pytest.param(run(*life(), call("ReleaseAddress", 12)), "1 call down too many", id="repeated down"),
        pytest.param(run(*life(), strangers_touched=1), "1 pod without the label", id="stranger touched"),
    ],
)
def test_says_what_is_wrong(summary: Summary, words: str) -> None:
    """Each problem has a sentence with its figure."""
    assert any(words in problem for problem in problems(summary))


def test_a_call_repeated_for_a_step_that_was_cut_off_is_no_problem() -> None:
    """Kill -9 between EC2's answer and its record leaves no other way."""
    assert [] == problems(run(*life(), call("AssociateAddress", 2), leases=LEASES))


def test_more_repeats_than_steps_were_cut_off_are_a_problem() -> None:
    """One step in hand excuses one call."""
    extra = [call("AllocateAddress", 2), call("AllocateAddress", 3)]

    assert problems(run(*life(), *extra, leases=LEASES))


def test_exactly_thirty_seconds_on_a_freed_ip_is_in_time() -> None:
    """The VPC CNI hands an IP out again after thirty seconds, not before."""
    assert [] == problems(run(*life(down=39.95)))
