"""EC2's answers are counted by what can be done about them, and connections and slots as they are."""

import pytest
import redis

from eip.errors import Ec2Error
from eip.names import Action
from eip.store.redis_connection import connect
from sandbox.redis import RedisServer
from tests.metrics.conftest import Grown
from workers.alive import PULSE
from workers.observing.calls import calling
from workers.observing.sweeps import sweeping

CALLS = "eip_ec2_calls_total"


def test_an_answered_call_is_ok(grown: Grown) -> None:
    """And was measured."""
    with calling(Action.RELEASE):
        pass

    assert grown(CALLS, action="ReleaseAddress", outcome="ok") == 1
    assert grown("eip_ec2_call_duration_seconds_count", action="ReleaseAddress") == 1


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("RequestLimitExceeded", "throttled"),
        ("AddressLimitExceeded", "quota"),
        ("UnauthorizedOperation", "denied"),
        ("NoReply", "uncertain"),
        ("SomethingNew", "refused"),
    ],
)
def test_an_error_is_counted_by_its_verdict(grown: Grown, code: str, outcome: str) -> None:
    """Never by its code: EC2 may say any, and each would be a series of its own."""
    with pytest.raises(Ec2Error), calling(Action.ALLOCATE):
        raise Ec2Error(code, "no")

    assert grown(CALLS, action="AllocateAddress", outcome=outcome) == 1
    assert grown(CALLS, action="AllocateAddress", outcome="ok") == 0
    assert grown("eip_ec2_call_duration_seconds_count", action="AllocateAddress") == 1


def test_a_sweep_that_is_put_off_is_not_done(grown: Grown) -> None:
    """The time of the last one stays what it was."""
    with pytest.raises(Ec2Error), sweeping():
        raise Ec2Error("NoReply", "")

    assert grown("eip_sweeps_total", outcome="put-off") == 1
    assert grown("eip_sweep_last_done_timestamp_seconds") == 0


def test_a_sweep_that_is_done_says_when(grown: Grown) -> None:
    """An alert asks for how long ago that was."""
    with sweeping():
        pass

    assert grown("eip_sweeps_total", outcome="done") == 1
    assert grown("eip_sweep_last_done_timestamp_seconds") > 0


def test_each_connection_to_redis_is_counted(redis_server: RedisServer, grown: Grown) -> None:
    """Those that were lost and made again show as more of them."""
    client: redis.Redis = connect(redis_server.url)
    client.ping()
    client.ping()
    assert grown("eip_redis_connects_total") == 1

    client.connection_pool.disconnect()
    client.ping()
    client.close()

    assert grown("eip_redis_connects_total") == 2


def test_a_redis_that_is_not_there_is_no_connection(grown: Grown) -> None:
    """Nobody answered."""
    with pytest.raises(redis.exceptions.ConnectionError):
        connect("redis://127.0.0.1:1/0").ping()

    assert grown("eip_redis_connects_total") == 0


def test_slots_are_those_of_this_worker(grown: Grown) -> None:
    """A task takes one until it ends."""
    PULSE.task_started("one", 0.0)

    assert grown("eip_worker_slots_busy") == 1
    PULSE.task_ended("one")
    assert grown("eip_worker_slots_busy") == 0
