"""`eip iam-policy`: what the workers may do in AWS, filled in for a cluster."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from cli.iam import statements
from cli.iam.statements import Statement, Target
from eip.setting_forms import Name

ANY_ACCOUNT = "*"
"""A role reaches addresses and interfaces of its own account only, whatever its policy says."""

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))
_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d"


def policy(
    cluster: str,
    vpc: str,
    region: str,
    account: str = ANY_ACCOUNT,
    *,
    partition: str = "aws",
    cluster_uid: str = "",
    kept: bool = False,
    lent: bool = False,
    reverse_dns: bool = False,
    pools: Sequence[str] = (),
    quota: bool = False,
) -> dict[str, Any]:
    """The policy document: what workers always need, and what each feature that is used needs besides.

    `cluster_uid` tells the cluster from another of the same name in the account; `pools` are ids of
    pools of one's own addresses, `ipv4pool-ec2-...` or `ipam-pool-...`. Nothing is checked here.
    """
    target = Target(cluster, vpc, region, account, partition, cluster_uid)
    wanted: dict[Callable[[Target], list[Statement]], bool] = {
        statements.always: True,
        statements.for_kept_addresses: kept,
        statements.for_lent_addresses: lent,
        statements.for_reverse_dns: reverse_dns,
        statements.for_quota: quota,
    }
    listed = [statement for part, want in wanted.items() if want for statement in part(target)]
    return {"Version": "2012-10-17", "Statement": listed + statements.for_pools(target, pools)}


def partition_of(region: str) -> str:
    """The partition that a Region is in, by its name."""
    return next((partition for start, partition in _PARTITIONS if region.startswith(start)), "aws")


def _cluster(value: str) -> str:
    try:
        return TypeAdapter[str](Name).validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter(
            f"{value!r} can't be the value of EIP_CLUSTER_NAME: {error.errors()[0]['msg']}"
        ) from error


def _matching(pattern: str, example: str) -> Callable[[str], str]:
    """A check of an option's value, which an option that was not given passes where the pattern does."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise typer.BadParameter(f"{value!r} is not of the form {example}")
        return value

    return check


_POOL = _matching(r"(ipv4pool-ec2|ipam-pool)-[0-9a-f]{8,17}", "ipv4pool-ec2-0123... or ipam-pool-0123...")


def _pools(values: list[str]) -> list[str]:
    return [_POOL(value) for value in values]


def iam_policy(
    *,
    cluster: Annotated[
        str,
        typer.Option(
            envvar="EIP_CLUSTER_NAME", callback=_cluster, help="Name of the cluster, as in the chart."
        ),
    ],
    vpc: Annotated[
        str,
        typer.Option(
            envvar="EIP_VPC_ID",
            callback=_matching(r"vpc-[0-9a-f]{8,17}", "vpc-0123456789abcdef0"),
            help="The cluster's VPC.",
        ),
    ],
    region: Annotated[
        str,
        typer.Option(
            envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
            callback=_matching(_REGION, "eu-central-1"),
            help="The cluster's Region.",
        ),
    ],
    account: Annotated[
        str,
        typer.Option(
            callback=_matching(r"\d{12}|\*", "123456789012"), help="The account's number; any by default."
        ),
    ] = ANY_ACCOUNT,
    partition: Annotated[
        str,
        typer.Option(
            callback=_matching(r"(aws(-[a-z-]+)?)?", "aws-cn"), help="By default what the Region is in."
        ),
    ] = "",
    cluster_uid: Annotated[
        str,
        typer.Option(
            callback=_matching(r"[A-Za-z0-9._-]{0,256}", "a uid"),
            help="Only where another cluster of the account has the same name: EIP_CLUSTER_UID, "
            "or the uid of the namespace kube-system.",
        ),
    ] = "",
    kept: Annotated[bool, typer.Option("--kept", help="Pods keep addresses for their successors.")] = False,
    lent: Annotated[bool, typer.Option("--lent", help="Pods use addresses that an admin lends.")] = False,
    reverse_dns: Annotated[
        bool, typer.Option("--reverse-dns", help="The operator sets PTR records.")
    ] = False,
    pool: Annotated[
        list[str] | None,
        typer.Option(
            callback=lambda values: _pools(values or []), help="Id of a pool of your own; repeat it."
        ),
    ] = None,
    quota: Annotated[
        bool, typer.Option("--quota", help="The operator reads the quota of addresses.")
    ] = False,
) -> None:
    """Print the IAM policy of the workers, as narrow as EC2 allows."""
    document = policy(
        cluster,
        vpc,
        region,
        account,
        partition=partition or partition_of(region),
        cluster_uid=cluster_uid,
        kept=kept,
        lent=lent,
        reverse_dns=reverse_dns,
        pools=pool or (),
        quota=quota,
    )
    typer.echo(json.dumps(document, indent=2))
