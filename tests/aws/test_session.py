"""Where AWS is comes from the environment; what can't be used is said before the first call."""

import pytest

from eip.errors import SettingsError
from tests.aws.making import credentials
from workers.aws.session import region_of


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(monkeypatch)


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-east-1", "eusc-de-east-1", "local"])
def test_a_region(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """Of any partition; whether there is such a one AWS knows."""
    monkeypatch.setenv("AWS_REGION", region)

    assert region_of() == region


@pytest.mark.parametrize(
    "region", ["mars-1 x", "us-west-2\n", " ", "us-west-2/..", "-west-2", "r" * 64, "123"]
)
def test_what_is_no_region(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """It would be part of each host name that is called."""
    monkeypatch.setenv("AWS_REGION", region)

    with pytest.raises(SettingsError, match=r"is not the name of an AWS Region.*Set AWS_REGION") as raised:
        region_of()

    assert repr(region) in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["", "http://127.0.0.1:4566", "https://vpce-1.ec2.us-west-2.vpce.amazonaws.com/", "http://[::1]:80"],
)
def test_an_endpoint(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """LocalStack's, a VPC endpoint's, or none."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    assert region_of() == "us-west-2"


@pytest.mark.parametrize("name", ["", "_EC2", "_STS", "_SERVICE_QUOTAS"])
@pytest.mark.parametrize(
    "url",
    [
        "ftp:/x",
        "ftp://x",
        "127.0.0.1:4566",
        "http://",
        "http://a b",
        "http://[::1",
        "http://x:99999",
        "http://x:y",
    ],
)
def test_what_is_no_endpoint(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    """For all services or for one that is called."""
    monkeypatch.setenv(f"AWS_ENDPOINT_URL{name}", url)

    with pytest.raises(SettingsError) as raised:
        region_of()

    assert f"AWS_ENDPOINT_URL{name}={url!r} " in str(raised.value)


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have said the Region."""
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_PROFILE", "nope")

    with pytest.raises(SettingsError, match=r"\(nope\) could not be found.*Set AWS_REGION"):
        region_of()


def test_a_password_in_an_endpoint_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some proxies want one there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "ftp://user:s3cret@proxy")

    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL is not the URL") as raised:
        region_of()

    assert "s3cret" not in str(raised.value)


def test_an_endpoint_of_a_service_that_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another program's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "ftp:/x")

    assert region_of() == "us-west-2"
