"""The account's quota: what Service Quotas says, and the addresses that count against it."""

from types import SimpleNamespace
from typing import Any

import pytest

from eip.names import Action
from workers.observing import account_quota
from workers.observing.account_quota import read_quota
from workers.observing.installation import QuotaUse


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked of AWS: a quota of 20, two addresses of Amazon's, one that was brought along."""
    asked: list[Any] = []

    def get_service_quota(**arguments: str) -> dict[str, Any]:
        asked.append(arguments)
        return {"Quota": {"Value": 20.0}}

    def describe_addresses() -> dict[str, Any]:
        asked.append("DescribeAddresses")
        pools = ["amazon", "ipv4pool-ec2-1"]
        return {"Addresses": [*({"PublicIpv4Pool": pool} for pool in pools), {"PublicIp": "203.0.113.1"}]}

    clients = {
        "service-quotas": SimpleNamespace(get_service_quota=get_service_quota),
        "ec2": SimpleNamespace(describe_addresses=describe_addresses),
    }
    monkeypatch.setattr(account_quota, "connect", lambda service, _: clients[service])
    return asked


def test_only_amazons_addresses_count_against_the_quota(journal: list[Any]) -> None:
    """EC2 counts neither those that were brought along nor those of an IPAM pool."""
    assert read_quota("eu-west-1", lambda _: None) == QuotaUse(20.0, 2)


def test_the_call_of_ec2_waits_for_its_token(journal: list[Any]) -> None:
    """The bucket of DescribeAddresses is that of the steps too."""
    read_quota("eu-west-1", journal.append)

    assert journal == [
        {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"},
        Action.DESCRIBE_ADDRESSES,
        "DescribeAddresses",
    ]
