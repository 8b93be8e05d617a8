"""Faults: what is performed, what is answered, and how they are limited."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.ec2.control import ControlError
from sandbox.ec2.faults import Faults
from sandbox.ec2.messages import Fault, FaultKind

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def test_a_lost_reply_leaves_an_address_that_the_caller_does_not_know(
    control: "Control", allocate: Callable[[], str]
) -> None:
    """The call is performed, the connection closes without an answer, and the next call is answered."""
    control.lose_replies("AllocateAddress")

    with pytest.raises(ConnectionClosedError):
        allocate()

    assert len(control.addresses()) == 1
    assert allocate()
    assert control.calls().counts["AllocateAddress"] == {"lost-reply": 1, "ok": 1}


@pytest.mark.parametrize(
    ("code", "status"), [("InternalError", 500), ("Unavailable", 503), ("AuthFailure", 401)]
)
def test_a_refused_call_is_not_performed(
    code: str, status: int, control: "Control", allocate: Callable[[], str]
) -> None:
    """Code and status are those of the fault, once; then the call passes."""
    control.refuse("AllocateAddress", code, status)

    with pytest.raises(ClientError) as caught:
        allocate()

    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert control.addresses() == []
    assert allocate()


def test_a_failed_answer_may_hide_a_performed_call(
    control: "Control", allocate: Callable[[], str], refused: Any
) -> None:
    """`fail-after` answers InternalError to what was done."""
    control.add_fault(Fault(FaultKind.FAIL_AFTER, "AllocateAddress", count=1))

    with refused("InternalError"):
        allocate()

    assert len(control.addresses()) == 1


def test_calls_are_throttled_on_demand(control: "Control", allocate: Callable[[], str], refused: Any) -> None:
    """The next calls are RequestLimitExceeded though there are tokens."""
    control.throttle("AllocateAddress", count=2)

    for _ in range(2):
        with refused("RequestLimitExceeded"):
            allocate()
    assert allocate()


@pytest.mark.parametrize(
    ("kind", "allocated_at"), [(FaultKind.HANG_BEFORE, 7.0), (FaultKind.HANG_AFTER, 0.0)]
)
def test_a_hanging_call_is_performed_at_its_end_or_its_beginning(
    kind: FaultKind, allocated_at: float, control: "Control", clock: Any, allocate: Callable[[], str]
) -> None:
    """The caller waits 7 seconds either way; the address exists before or after them."""
    began = clock.now()
    control.add_fault(Fault(kind, "AllocateAddress", count=1, seconds=7.0))

    allocate()

    assert control.addresses()[0].allocated_at == began + allocated_at
    assert control.calls().calls[0].latency == 7.0


def test_latency_is_on_every_call_until_it_is_cleared(
    ec2: "EC2Client", control: "Control", clock: Any, allocate: Callable[[], str]
) -> None:
    """Reads and changes alike."""
    control.delay(0.25)
    allocate()
    ec2.describe_addresses()
    control.clear_faults()
    ec2.describe_addresses()

    assert [call.latency for call in control.calls().calls] == [0.25, 0.25, 0.0]


def test_a_fault_strikes_its_own_action_only(ec2: "EC2Client", control: "Control", refused: Any) -> None:
    """Other actions go on, and do not use up its count."""
    control.refuse("ReleaseAddress", "InternalError", 500)

    assert ec2.describe_addresses()["Addresses"] == []
    with refused("InternalError"):
        ec2.release_address(AllocationId="eipalloc-0")


def struck(fault: Fault, calls: int) -> list[bool]:
    """Which of some calls a fault strikes."""
    faults = Faults()
    faults.add(fault)
    return [bool(faults.strike("AllocateAddress").faults) for _ in range(calls)]


def test_chance_repeats_with_its_seed() -> None:
    """The same seed strikes the same calls, another one others."""
    first = struck(Fault(FaultKind.REFUSE, probability=0.5, seed=1), 100)

    assert struck(Fault(FaultKind.REFUSE, probability=0.5, seed=1), 100) == first
    assert struck(Fault(FaultKind.REFUSE, probability=0.5, seed=2), 100) != first
    assert 30 < sum(first) < 70


def test_count_and_probability_limit_together() -> None:
    """A fault of three strikes ends after the third, whenever that is."""
    assert sum(struck(Fault(FaultKind.REFUSE, probability=0.3, count=3), 100)) == 3


def test_faults_add_up() -> None:
    """Two latencies are one of their sum."""
    faults = Faults()
    for seconds in (1.0, 2.0):
        faults.add(Fault(FaultKind.HANG_BEFORE, seconds=seconds))

    strike = faults.strike("AllocateAddress")

    assert strike.seconds(FaultKind.HANG_BEFORE) == 3.0
    assert strike.seconds(FaultKind.HANG_AFTER) == 0.0
    assert strike.error(FaultKind.REFUSE) is None
    assert not strike.loses_reply


def test_a_reset_disarms(control: "Control", allocate: Callable[[], str]) -> None:
    """A new account has no faults."""
    control.refuse("*", "InternalError", 500, count=None)
    control.reset()

    assert allocate()


def test_an_unknown_kind_of_fault_is_refused_in_words(control: "Control") -> None:
    """What is wrong is said, not a traceback."""
    with pytest.raises(ControlError, match="explode"):
        control._ask("add-fault", {"kind": "explode"}, None)  # type: ignore[arg-type]
