"""`eip plan`: what a sweep would do, and `eip sweep`: have it done."""

from dataclasses import replace

import msgspec
import pytest

from eip import names
from tests.cli.conftest import Api, Eip, Reach, RedisOfTest
from tests.fakes.ec2 import CLUSTER
from tests.workers_world import IP, IP2, OTHER, UID, Workers


def planned(eip: Eip) -> list[list[str]]:
    """What stands in the first three columns."""
    return [line.split()[:3] for line in eip("plan").out.splitlines()[1:]]


def test_in_steady_state_there_is_nothing_to_do(eip: Eip, world: Workers) -> None:
    """Which is said, and is fine."""
    world.serve()

    shown = eip("plan")

    assert (shown.code, shown.out) == (0, "")
    assert "a sweep would do nothing" in shown.err


def test_an_association_that_was_changed_by_hand_is_adopted(eip: Eip, world: Workers) -> None:
    """EC2's word counts."""
    claim = world.serve()
    world.ec2.take(claim.allocation_id)

    assert planned(eip) == [["adopt", "shop/web", claim.allocation_id]]


def test_an_address_that_is_gone_is_forgotten(eip: Eip, world: Workers) -> None:
    """The pod gets another."""
    claim = world.serve()
    world.ec2.drop(claim.allocation_id)

    assert planned(eip)[0][:2] == ["forget", "shop/web"]


def test_an_orphan_is_suspected_first(eip: Eip, world: Workers) -> None:
    """A sweep must see it twice."""
    given = world.ec2.give(OTHER, "gone")

    shown = eip("plan").out

    assert planned(eip) == [["suspect", "shop/gone", given.allocation_id]]
    assert "released by the first sweep after 2m" in shown


def test_an_orphan_that_two_sweeps_saw_is_adopted(eip: Eip, world: Workers) -> None:
    """From there its release is confirmed by the API server like any other."""
    given = world.ec2.give(OTHER, "gone")
    world.sweeper.sweep()
    world.time.pass_by(130)

    assert planned(eip) == [["adopt", "shop/gone", given.allocation_id]]


def test_a_pod_that_left_unseen_is_released(eip: Eip, world: Workers, api: Api) -> None:
    """Its deletion was missed."""
    world.serve()
    api.remove("web")

    assert planned(eip)[0][:2] == ["release", "shop/web"]


def test_a_pod_that_was_not_reported_is_observed(eip: Eip, world: Workers, api: Api) -> None:
    """And its next step is named."""
    api.add(UID, "web", IP)

    assert "next: allocate" in eip("plan").out


def test_an_address_of_another_cluster_is_left_alone(eip: Eip, world: Workers) -> None:
    """It is in the plan, so that somebody sees it."""
    given = world.ec2.give(OTHER, "theirs", **{names.CLUSTER_UID_TAG: "another"})

    shown = eip("plan").out

    assert "leave alone" in shown
    assert given.allocation_id in shown


@pytest.mark.parametrize("source", ["redis", "kubernetes", "ec2"])
def test_without_one_of_the_three_there_is_no_plan(
    eip: Eip, world: Workers, reach: Reach, source: str
) -> None:
    """An empty answer would look like addresses or pods that are gone."""
    world.serve()
    world.ec2.give(OTHER, "gone", IP2)
    settings = reach.connections.settings.model_copy(update={"cluster_uid": CLUSTER[1]})
    reach.connections = replace(reach.connections, settings=settings)
    reach.lose(source)

    shown = eip("plan")

    assert (shown.code, shown.out) == (3, "")
    assert "no plan" in shown.err


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_without_a_plan_a_program_can_read_the_answer(eip: Eip, reach: Reach, output: str) -> None:
    """The exit code says that nothing is known of what a sweep would do."""
    reach.lose("ec2")

    shown = eip("plan", "-o", output)

    assert (shown.code, msgspec.yaml.decode(shown.out)) == (3, {"items": []})
    assert "no plan" in shown.err


def test_one_sweep_is_sent(eip: Eip, in_redis: RedisOfTest) -> None:
    """To whichever worker takes it first."""
    assert eip("sweep").code == 0
    assert in_redis.sweeps == 1


def test_a_sweep_that_could_not_be_sent_is_not_called_sent(eip: Eip, reach: Reach) -> None:
    """Redis did not answer."""
    reach.lose("redis")

    shown = eip("sweep")

    assert (shown.code, shown.out) == (3, "")
