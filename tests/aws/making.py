"""A client as a worker makes it, for one cluster and one pod."""

from datetime import UTC, datetime

import pytest

from eip.names import Action
from workers.aws.client import Cluster, Ec2Client, Placement
from workers.ports import Owner

OWNER = Owner("0b1c", "shop", "web-0")
NOW = datetime(2026, 3, 4, 5, 6, 7, 999999, UTC)
PREFIX = "eip.aws.materialize.com"
TAGS = {
    "Name": "prod/shop/web-0",
    f"{PREFIX}/pod_uid": "0b1c",
    f"{PREFIX}/cluster_name": "prod",
    f"{PREFIX}/cluster_uid": "c0ffee",
    f"{PREFIX}/namespace": "shop",
    f"{PREFIX}/pod_name": "web-0",
    f"{PREFIX}/allocated_at": "2026-03-04T05:06:07Z",
}


def client_of(
    tokens: list[Action],
    placement: Placement | None = None,
    name: str = "prod",
    extra: dict[str, str] | None = None,
) -> Ec2Client:
    """A client of cluster `prod`, at a fixed time."""
    cluster = Cluster(name, "c0ffee", extra or {})
    return Ec2Client(cluster, tokens.append, placement=placement or Placement(), now=lambda: NOW)


def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, and no file or metadata service to find others in."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
