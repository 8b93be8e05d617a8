"""The two promises, measured by Redis' clock over whole steps: an address for a pod, none on a freed IP."""

import pytest

from eip.claim import changed, expected_writing
from eip.clock import SystemClock
from eip.decide import EventType
from eip.names import Action, Step
from tests.metrics.conftest import Grown
from tests.workers_world import IP, IP2, OTHER, UID, Workers
from workers.observing.promises import keep_promises
from workers.observing.steps import observe
from workers.observing.stopwatch import CURRENT, Stopwatch
from workers.outcome import Done

READY = "eip_pod_address_ready_seconds"
HELD = "eip_freed_ip_held_seconds"


@pytest.fixture(autouse=True)
def _stopwatch(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step's time, too, only what passes in this world counts."""
    monkeypatch.setattr(SystemClock, "now", lambda _: workers.time.now())


def close(seconds: float) -> object:
    """About so many: to look for a pod's interface takes a moment itself."""
    return pytest.approx(seconds, abs=0.1)


def test_a_pod_is_ready_once_its_address_is_written_on_it(workers: Workers, grown: Grown) -> None:
    """Measured from its IP, through the wait of its message in a queue."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.time.pass_by(42)

    workers.run()

    assert grown(f"{READY}_count") == 1
    assert grown(f"{READY}_sum") == close(42)
    assert workers.claim().wanted_at == 0


def test_time_without_an_ip_does_not_count(workers: Workers, grown: Grown) -> None:
    """A pod that is being scheduled cannot have an address yet."""
    workers.see(workers.kubernetes.add(UID, "web"))
    workers.time.pass_by(100)
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP))

    workers.run()

    assert grown(f"{READY}_sum") == close(0)
    assert grown(f"{READY}_count") == 1


def test_retries_count(workers: Workers, grown: Grown) -> None:
    """The pod waits through them."""
    workers.ec2.refuse(Action.ASSOCIATE, "InternalError")
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.run()
    assert grown(f"{READY}_count") == 0
    workers.time.pass_by(10)

    workers.world.queue.dispatch()
    workers.run()

    assert grown(f"{READY}_sum") == close(10)


def test_what_another_removed_from_the_pod_is_no_new_wait(workers: Workers, grown: Grown) -> None:
    """Its address was there all the time: mending the annotation is not serving."""
    workers.serve()
    assert grown(f"{READY}_count") == 1

    workers.kubernetes.annotations("web").clear()
    workers.see(workers.kubernetes.touched("web"))
    workers.run()

    assert workers.kubernetes.annotations("web")
    assert grown(f"{READY}_count") == 1


def test_an_ip_is_free_once_its_address_is_off(workers: Workers, grown: Grown) -> None:
    """Measured from the event that said so; giving the address back may take longer."""
    workers.serve()
    pod = workers.kubernetes.remove("web")
    workers.see(pod, EventType.DELETED)
    workers.time.pass_by(17)

    workers.run()

    assert grown(f"{HELD}_count") == 1
    assert grown(f"{HELD}_sum") == close(17)


def test_a_pod_that_lost_its_label_keeps_its_ip(workers: Workers, grown: Grown) -> None:
    """Its address is taken away, but from nobody's danger: it is not measured."""
    workers.serve()
    pod = workers.kubernetes.edit("web", "metadata", labels={})
    workers.see(pod, EventType.DELETED)
    workers.run()

    assert workers.ec2.addresses == []
    assert grown(f"{HELD}_count") == 0


def test_a_move_to_another_ip_frees_the_first_and_serves_the_second(workers: Workers, grown: Grown) -> None:
    """A node rebooted: the same pod has another IP."""
    workers.serve()
    workers.see(workers.kubernetes.edit("web", "status", podIP=IP2))
    workers.time.pass_by(6)

    workers.run()

    assert (grown(f"{READY}_count"), grown(f"{HELD}_count")) == (2, 1)
    assert grown(f"{HELD}_sum") == close(6)
    assert (workers.claim().wanted_at, workers.claim().freed_at) == (0, 0)


def test_pods_are_measured_each_by_itself(workers: Workers, grown: Grown) -> None:
    """One sample a pod."""
    workers.serve()
    workers.serve(OTHER, "db", IP2)

    assert grown(f"{READY}_count") == 2


def test_an_address_that_was_there_before_the_wish_is_no_service(workers: Workers, grown: Grown) -> None:
    """Redis lost its data: the pod was listed first, and its old association was found after that."""
    served = workers.serve()
    refilled = changed(served, wanted_at=served.changed_at + 5000, written="")

    keep_promises(refilled, served, served.changed_at + 9000)

    assert grown(f"{READY}_count") == 1


def test_the_time_of_the_last_step_itself_counts(workers: Workers, grown: Grown) -> None:
    """The claim's time is that of the step's beginning; an API server that is slow to answer comes on top."""
    workers.see(workers.kubernetes.add(UID, "web", IP))
    workers.step(Step.ALLOCATE)
    workers.step(Step.ASSOCIATE)
    held = workers.job(Step.ANNOTATE).held
    stopwatch = Stopwatch(workers.time)
    workers.time.seconds += 4
    token = CURRENT.set(stopwatch)
    written = changed(held.claim, written=expected_writing(held.claim))

    figures = observe(Step.ANNOTATE, held, written, Done("wrote"))

    CURRENT.reset(token)
    assert figures["seconds"] == 4
    assert grown(f"{READY}_sum") == close(4)
