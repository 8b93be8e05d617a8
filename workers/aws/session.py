"""Clients of AWS services: the only importer of boto3.

A call ends within `CONNECT_SECONDS + READ_SECONDS`, and nothing is retried.
"""

from importlib.metadata import PackageNotFoundError, version
from os import environ
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config

from eip.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

CONNECT_SECONDS = 1.5
READ_SECONDS = 3.5
CONNECTIONS = 64

_NO_REGION = (
    "No AWS Region: neither AWS_REGION nor AWS_DEFAULT_REGION is set, so EC2 can't be called. "
    "Set AWS_REGION to the cluster's Region; EKS sets it by itself on pods with IRSA or EKS Pod Identity."
)


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
        SettingsError: none is named.

    """
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or boto3.Session().region_name
    if not region:
        raise SettingsError(_NO_REGION)
    return region


def _version() -> str:
    try:
        return version("k8s-eip-operator")
    except PackageNotFoundError:
        return "unknown"
