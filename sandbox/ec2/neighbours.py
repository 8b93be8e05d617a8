"""The two calls to other services of AWS that the operator makes, at the same endpoint.

STS says whose account this is, and Service Quotas how many Elastic IPs it may hold: the number that the
double enforces. Neither is in EC2's call log.
"""

from typing import Any

import msgspec

from sandbox.ec2 import wire
from sandbox.ec2.account import Account, Reply
from sandbox.ec2.network import ACCOUNT_ID

EIP_QUOTA = {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}
"""EC2-VPC Elastic IPs."""

_IDENTITY = "GetCallerIdentity"
_QUOTA = "ServiceQuotasV20190624.GetServiceQuota"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def is_to_sts(body: bytes) -> bool:
    """Whether a call in the query protocol, which EC2 speaks too, is meant for STS."""
    return wire.parse(body).get("Action") == _IDENTITY


def caller_identity() -> Reply:
    """STS' GetCallerIdentity: everybody is one user of the account."""
    fields = {"Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/sandbox", "UserId": "sandbox", "Account": ACCOUNT_ID}
    return Reply(200, wire.result(_IDENTITY, _STS, fields))


def service_quota(account: Account, target: str, body: bytes) -> Reply:
    """Service Quotas' GetServiceQuota for Elastic IPs; no other quota, and no other service, is here."""
    if target != _QUOTA:
        return _refused("UnknownOperationException", f"The double does not know {target}.")
    asked: dict[str, Any] = msgspec.json.decode(body)
    if asked != EIP_QUOTA:
        return _refused("NoSuchResourceException", "The double knows the quota of Elastic IPs alone.")
    quota = {**EIP_QUOTA, "QuotaName": "EC2-VPC Elastic IPs", "Value": float(account.settings.quota)}
    return Reply(200, msgspec.json.encode({"Quota": quota}))


def _refused(code: str, text: str) -> Reply:
    return Reply(400, msgspec.json.encode({"__type": code, "message": text}))
