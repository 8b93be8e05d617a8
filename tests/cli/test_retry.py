"""`eip retry`: a pod's next step is tried now."""

import pytest

from eip import names
from eip.decide import EventType
from eip.names import Action, Step
from tests.cli.conftest import Api, Eip, Reach
from tests.workers_world import IP, IP2, OTHER, UID, Workers


def test_the_back_off_is_dropped(eip: Eip, world: Workers, api: Api) -> None:
    """The step is performed as soon as a worker takes it, and backs off anew if it fails."""
    world.ec2.refuse(Action.ASSOCIATE, "UnauthorizedOperation")
    world.see(api.add(UID, "web", IP))
    world.run()
    assert not world.claim().serving

    shown = eip("retry", "web")

    assert (shown.code, world.messages) == (0, [(Step.ASSOCIATE, UID)])
    assert world.claim().attempts == 0
    world.run()
    assert world.claim().serving


def test_nobody_else_is_woken(eip: Eip, world: Workers, api: Api) -> None:
    """One pod is asked for."""
    world.ec2.refuse(Action.ALLOCATE, "InternalError", times=2)
    world.see(api.add(UID, "web", IP))
    world.see(api.add(OTHER, "later", IP2))
    world.run()

    eip("retry", "later")

    assert {uid for _, uid in world.messages} == {OTHER}


def test_the_quota_holds_all_the_same(eip: Eip, world: Workers, api: Api) -> None:
    """EC2 is not asked again before the breaker's probe."""
    world.ec2.quota = 0
    world.see(api.add(UID, "web", IP))
    world.run()
    world.forget_calls()

    shown = eip("retry", "web")
    world.run()

    assert "it waits again unless an address is free" in shown.out
    assert world.ec2.made(Action.ALLOCATE) == []


def test_a_claim_under_a_lease_is_left_to_its_worker(eip: Eip, world: Workers, api: Api) -> None:
    """No second message is sent."""
    world.see(api.add(UID, "web", IP))
    world.job(Step.ALLOCATE)
    world.messages.clear()

    shown = eip("retry", "web")

    assert "a worker is at it" in shown.out
    assert world.messages == []


def test_a_pod_that_waits_in_its_queue_gets_no_second_message(eip: Eip, world: Workers, api: Api) -> None:
    """It keeps its place."""
    world.see(api.add(UID, "web", IP))

    assert "in its queue already" in eip("retry", "web").out
    assert len(world.messages) == 1


def test_a_served_pod_has_nothing_to_retry(eip: Eip, world: Workers) -> None:
    """Which is no error."""
    world.serve()

    shown = eip("retry", "web")

    assert (shown.code, world.messages) == (0, [])
    assert "nothing is left to do" in shown.out


@pytest.mark.parametrize(
    ("keep", "said"),
    [("25h", "it is released in 1d"), ("forever", "until you release eipalloc-")],
    ids=["for-a-day", "for-ever"],
)
def test_a_kept_address_has_nothing_to_retry(
    eip: Eip, world: Workers, api: Api, keep: str, said: str
) -> None:
    """Its pod has gone, and nobody is woken; the message says what becomes of it."""
    pod = api.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: keep}})
    world.see(pod)
    world.run()
    api.remove("web")
    world.see(pod, EventType.DELETED)
    world.run()

    shown = eip("retry", "web")

    assert (shown.code, world.messages) == (0, [])
    assert "the pod is gone, and 198.18.0.1 is kept for the next pod of its name" in shown.out
    assert said in shown.out
    assert "is next" not in shown.out


def test_a_kept_address_whose_time_is_over_can_be_retried(eip: Eip, world: Workers, api: Api) -> None:
    """Its release is what is next."""
    pod = api.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "60s"}})
    world.see(pod)
    world.run()
    api.remove("web")
    world.see(pod, EventType.DELETED)
    world.run()
    world.time.pass_by(61)

    assert "release is next" in eip("retry", "web").out


def test_a_pod_that_nothing_is_known_of_cannot_be_retried(eip: Eip) -> None:
    """The message names the command that says why."""
    shown = eip("retry", "web")

    assert shown.code == 1
    assert "eip status shop/web" in shown.err


def test_without_redis_nothing_can_be_woken(eip: Eip, reach: Reach) -> None:
    """And nothing is said to be."""
    reach.lose("redis")

    assert eip("retry", "web").code == 3
