"""`eip queues`: what waits where, and the budgets."""

import json

import pytest

from eip.names import Action
from tests.cli.conftest import Api, Eip, Reach
from tests.workers_world import IP, IP2, OTHER, UID, Workers


def test_the_oldest_wake_up_of_a_queue_is_told(eip: Eip, world: Workers, api: Api) -> None:
    """Beside how many pods wait in it."""
    world.see(api.add(UID, "web", IP))
    world.time.pass_by(90)
    world.see(api.add(OTHER, "later", IP2))

    lines = [line.split() for line in eip("queues").out.splitlines()]

    assert ["allocate", "0", "2", "1m30s"] in lines
    assert ["release", "0", "0", "-"] in lines


def test_a_bucket_below_zero_and_a_slower_rate_show(eip: Eip, world: Workers) -> None:
    """Tokens are promised ahead, and EC2 has throttled."""
    world.limiter.throttled(Action.ALLOCATE)
    world.empty(Action.ALLOCATE, promised=3)

    buckets = json.loads(eip("queues", "-o", "json").out)["buckets"]

    [bucket] = [bucket for bucket in buckets if bucket["action"] == "AllocateAddress"]
    assert bucket["tokens"] < 0
    assert bucket["rate"] < bucket["fullRate"] == 5


def test_an_open_breaker_says_when_it_probes(eip: Eip, world: Workers, api: Api) -> None:
    """And how many are parked since when."""
    world.ec2.quota = 0
    world.see(api.add(UID, "web", IP))
    world.run()
    world.time.pass_by(20)

    shown = eip("queues").out

    assert "Parked for the quota: 1, the first since 20s." in shown
    assert "Quota breaker: open, the next probe in" in shown


def test_a_closed_breaker_promises_nothing(eip: Eip) -> None:
    """There is no probe to wait for."""
    shown = eip("queues").out

    assert "Quota breaker: closed." in shown
    assert "probe" not in shown


def test_a_new_redis_is_pointed_out(eip: Eip, world: Workers) -> None:
    """Allocation waits until the claims are filled."""
    world.client.flushall()

    assert "The claims are being filled" in eip("queues").out


def test_without_redis_nothing_is_made_up(eip: Eip, reach: Reach) -> None:
    """No row of zeroes."""
    reach.lose("redis")

    shown = eip("queues")

    assert (shown.code, shown.out) == (3, "")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-o", "name"], id="queues-are-no-objects"),
        pytest.param(["--watch", "-o", "json"], id="json-again-and-again"),
        pytest.param(["--watch", "--interval", "0"], id="no-pause"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(eip: Eip, arguments: list[str]) -> None:
    """It is said before Redis is asked."""
    assert eip("queues", *arguments).code == 2
