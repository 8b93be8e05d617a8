"""The calls to STS and Service Quotas, which come to the same endpoint and are not EC2's."""

from typing import Any

import boto3

from sandbox.ec2.control import Control
from sandbox.ec2.server import Ec2Double
from tests.doubles.ec2.conftest import Refused


def client(double: Ec2Double, service: str) -> Any:
    """A boto3 client of another service at the double's endpoint."""
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    made: Any = session.client(service, endpoint_url=double.url)  # type: ignore[call-overload]
    return made


def test_the_quota_is_the_one_in_force(double: Ec2Double, control: Control) -> None:
    """What Service Quotas says is what AllocateAddress enforces, and asking is no call to EC2."""
    control.configure(quota=7)

    said = client(double, "service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")

    assert said["Quota"]["Value"] == 7.0
    assert control.calls().calls == []


def test_no_other_quota_is_known(double: Ec2Double, refused: Refused) -> None:
    """An answer that is made up would be worse than none."""
    quotas = client(double, "service-quotas")

    with refused("NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")


def test_no_other_service_is_there(double: Ec2Double, control: Control, refused: Refused) -> None:
    """It is refused in its own protocol, and not counted as EC2's."""
    with refused("UnknownOperationException"):
        client(double, "service-quotas").list_services()

    assert control.calls().calls == []


def test_says_whose_account_it_is(double: Ec2Double, control: Control) -> None:
    """STS names the account that the double's resources belong to, and is not counted as EC2's."""
    said = client(double, "sts").get_caller_identity()

    assert (said["Account"], said["Arn"]) == ("123456789012", "arn:aws:iam::123456789012:user/sandbox")
    assert control.calls().calls == []
