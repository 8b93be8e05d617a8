"""Clients of AWS services: the only importer of boto3.

A call ends within `CONNECT_SECONDS + READ_SECONDS`, and nothing is retried.
"""

import re
from importlib.metadata import PackageNotFoundError, version
from os import environ
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.utils import is_valid_uri

from eip.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

CONNECT_SECONDS = 1.5
READ_SECONDS = 3.5
CONNECTIONS = 64

_SET_REGION = (
    "Set AWS_REGION to the cluster's Region; EKS sets it by itself on pods with IRSA or EKS Pod Identity."
)
_NO_REGION = (
    f"No AWS Region: neither AWS_REGION nor AWS_DEFAULT_REGION is set, so EC2 can't be called. {_SET_REGION}"
)
_REGION = re.compile(r"(?![0-9]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""What botocore takes: it is a label of the host's name."""

_ENDPOINTS = ("AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{name}" for name in ("EC2", "STS", "SERVICE_QUOTAS")))


@overload
def connect(service: Literal["ec2"], region: str) -> "EC2Client": ...
@overload
def connect(service: str, region: str) -> Any: ...
def connect(service: str, region: str) -> Any:
    """A client of one service; its calls for credentials, to STS, have the same time-outs as its own."""
    session = botocore.session.Session()
    session.set_default_client_config(
        Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=CONNECTIONS,
            tcp_keepalive=True,
            user_agent_extra=f"k8s-eip-operator/{_version()}",
        )
    )
    made: Any = boto3.Session(botocore_session=session, region_name=region)
    return made.client(service)


def region_of() -> str:
    """The Region that the environment, or the user's AWS configuration, names.

    Raises:
        SettingsError: none is named, or no call could be sent with what the environment says.

    """
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or _configured_region()
    if not region:
        raise SettingsError(_NO_REGION)
    if not _REGION.fullmatch(region):
        raise SettingsError(
            f"{region!r} is not the name of an AWS Region, so EC2 can't be called. {_SET_REGION}"
        )
    for name in _ENDPOINTS:
        _refuse_unusable(name, environ.get(name, ""))
    return region


def _configured_region() -> str | None:
    try:
        return boto3.Session().region_name
    except BotoCoreError as error:
        raise SettingsError(f"the AWS configuration cannot be used: {error}. {_SET_REGION}") from error


def _refuse_unusable(name: str, url: str) -> None:
    """An endpoint without a host botocore refuses at each call, one of another scheme nobody answers."""
    if not url or _is_http(url):
        return
    shown = "" if "@" in url else f"={url!r}"
    raise SettingsError(
        f"{name}{shown} is not the URL of an endpoint, so AWS can't be called. "
        "Write http://HOST:PORT or https://HOST:PORT, or unset it for AWS' own."
    )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and is_valid_uri(url)
    except ValueError:
        return False
    return usable


def _version() -> str:
    try:
        return version("k8s-eip-operator")
    except PackageNotFoundError:
        return "unknown"
