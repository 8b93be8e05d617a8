"""Token buckets: one an action, of the documented size and rate, and switchable."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ec2.buckets import Bucket, Buckets, bucket_name, documented_limit
from sandbox.ec2.messages import Limit, Settings

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control


def passes(buckets: Buckets, name: str, now: float, settings: Settings | None = None) -> int:
    """How many calls pass at a moment."""
    passed = 0
    while passed < 1000 and buckets.take(name, settings or Settings(), now):
        passed += 1
    return passed


@pytest.mark.parametrize(
    ("action", "params", "burst", "rate"),
    [
        ("AllocateAddress", {}, 50, 5),
        ("AssociateAddress", {}, 50, 5),
        ("DisassociateAddress", {}, 50, 5),
        ("ReleaseAddress", {}, 50, 5),
        ("CreateTags", {}, 100, 10),
        ("DeleteTags", {}, 100, 10),
        ("DescribeAddresses", {}, 100, 20),
        ("DescribeInstances", {}, 50, 10),
        ("DescribeInstances", {"InstanceId.1": "i-1"}, 100, 20),
        ("DescribeNetworkInterfaces", {}, 50, 10),
        ("DescribeNetworkInterfaces", {"Filter.1.Name": "vpc-id"}, 100, 20),
        ("DescribeNetworkInterfaces", {"NetworkInterfaceId.1": "eni-1"}, 100, 20),
        ("DescribeNetworkInterfaces", {"MaxResults": "5"}, 100, 20),
    ],
)
def test_limits_are_the_documented_ones(action: str, params: dict[str, str], burst: int, rate: int) -> None:
    """Burst at once, and the rate in every second after."""
    buckets, name = Buckets(), bucket_name(action, params)

    assert documented_limit(name) == Limit(burst, rate)
    assert passes(buckets, name, 100.0) == burst
    assert passes(buckets, name, 101.0) == rate


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    """A quiet hour earns no more than the burst."""
    buckets = Buckets()
    passes(buckets, "AllocateAddress", 0.0)

    assert passes(buckets, "AllocateAddress", 3600.0) == 50


def test_one_action_does_not_throttle_another() -> None:
    """Every action has its own bucket."""
    buckets = Buckets()
    passes(buckets, "AllocateAddress", 0.0)

    assert passes(buckets, "AssociateAddress", 0.0) == 50


def test_tokens_come_one_by_one_unless_in_whole_seconds() -> None:
    """At 5 a second a token is there after 0.2 s; in steps, only at the clock's next full second."""
    flowing, stepping = Bucket(0, 10.5), Bucket(0, 10.5)
    limit = Limit(50, 5)

    assert flowing.take(limit, 10.7, whole_seconds=False)
    assert not stepping.take(limit, 10.99, whole_seconds=True)
    assert [stepping.take(limit, 11.0, whole_seconds=True) for _ in range(6)] == [True] * 5 + [False]


def test_a_smaller_limit_holds_at_once() -> None:
    """Tokens above a burst that was lowered are gone, and a limit of none refuses all."""
    buckets = Buckets()
    assert buckets.take("ReleaseAddress", Settings(), 0.0)

    assert passes(buckets, "ReleaseAddress", 0.0, Settings(limits={"ReleaseAddress": Limit(2, 1)})) == 2
    assert passes(buckets, "CreateTags", 0.0, Settings(limits={"CreateTags": Limit(0, 0)})) == 0


def test_the_51st_allocation_is_throttled_until_tokens_are_back(
    ec2: "EC2Client", control: "Control", clock: Any, allocate: Callable[[], str]
) -> None:
    """RequestLimitExceeded with HTTP 503, nothing allocated; a second later 5 pass."""
    for _ in range(50):
        allocate()
    with pytest.raises(ClientError) as caught:
        allocate()
    assert caught.value.response["Error"]["Code"] == "RequestLimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503

    clock.sleep(1)

    assert len({allocate() for _ in range(5)}) == 5
    with pytest.raises(ClientError):
        allocate()
    assert len(control.addresses()) == 55


def test_throttling_can_be_switched_at_run_time(
    control: "Control", clock: Any, allocate: Callable[[], str], refused: Any
) -> None:
    """A changed limit, and none at all."""
    control.configure(limits={"AllocateAddress": Limit(1, 1)})
    allocate()
    with refused("RequestLimitExceeded"):
        allocate()

    control.configure(throttle=False)

    assert allocate()
