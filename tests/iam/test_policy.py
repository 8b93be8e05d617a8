"""What the policy lets workers do: all that they need, and nothing beside it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from cli.iam.policy import partition_of, policy
from eip.names import Action
from tests.iam import generate
from tests.iam.calls import (
    ADDRESS,
    ALWAYS,
    IN_VPC,
    INTERFACE,
    NEVER,
    OURS,
    PARTS,
    VPC,
    Call,
    lent,
    of,
    tagged,
    tagging,
)
from tests.iam.evaluate import Statement, allows, many

POOLS = ("ipv4pool-ec2-0123456789abcdef0", "ipam-pool-0123456789abcdef0")
OPTIONS: dict[str, dict[str, Any]] = {
    "kept": {"kept": True},
    "lent": {"lent": True},
    "reverse_dns": {"reverse_dns": True},
    "quota": {"quota": True},
    "pools": {"pools": POOLS},
}
EVERYTHING = {name: value for each in OPTIONS.values() for name, value in each.items()}

ON_ADDRESSES = {"aws:ResourceTag", "ec2:AllocationId", "ec2:PublicIpAddress", "ec2:Domain"}
ON_INTERFACES = {"aws:ResourceTag", "ec2:Vpc", "ec2:Subnet", "ec2:NetworkInterfaceID"}
REFERENCE = {
    "AllocateAddress": {"elastic-ip": {"aws:RequestTag", "aws:TagKeys"}, "pool": {"aws:ResourceTag"}},
    "AssociateAddress": {"elastic-ip": ON_ADDRESSES, "network-interface": ON_INTERFACES},
    "DisassociateAddress": {"elastic-ip": ON_ADDRESSES, "network-interface": ON_INTERFACES},
    "ReleaseAddress": {"elastic-ip": ON_ADDRESSES},
    "CreateTags": {"elastic-ip": {*ON_ADDRESSES, "aws:RequestTag", "aws:TagKeys", "ec2:CreateAction"}},
    "ModifyAddressAttribute": {"elastic-ip": ON_ADDRESSES},
    "ResetAddressAttribute": {"elastic-ip": ON_ADDRESSES},
    "DescribeAddresses": {"*": set[str]()},
    "DescribeAddressesAttribute": {"*": set[str]()},
    "DescribeNetworkInterfaces": {"*": set[str]()},
    "GetServiceQuota": {"ec2/L-0263D0A3": set[str]()},
}
"""Condition keys that an action knows on a resource, as the Service Authorization Reference has them.

A condition on any other key is never met, and denies all.
"""


def statements(**options: Any) -> Sequence[Statement]:
    """The statements for the cluster `games`."""
    found: Sequence[Statement] = policy("games", VPC, "eu-central-1", "123456789012", **options)["Statement"]
    return found


def actions(listed: Sequence[Statement]) -> set[str]:
    """What they allow, wherever."""
    return {action for statement in listed for action in many(statement["Action"])}


def resource_kind(arn: str) -> str:
    """The kind of a resource, as the reference has it."""
    kind = arn.rsplit(":", 1)[-1]
    return "pool" if "pool" in kind else kind.removesuffix("/*")


@pytest.mark.parametrize(("action", "resources"), ALWAYS.values(), ids=ALWAYS)
def test_workers_can_always(action: str, resources: dict[str, dict[str, Any]]) -> None:
    """What every pod needs is allowed without any option."""
    assert allows(statements(), action, resources)


@pytest.mark.parametrize(
    ("part", "call"),
    [
        pytest.param(part, call, id=f"{part}: {what}")
        for part, calls in PARTS.items()
        for what, call in calls.items()
    ],
)
def test_workers_can_only_with_the_option(part: str, call: Call) -> None:
    """What a feature needs is allowed with its option, and not with all the others together."""
    others = {name: value for name, value in EVERYTHING.items() if name != part}

    assert allows(statements(**OPTIONS[part]), *call)
    assert not allows(statements(**others), *call)


@pytest.mark.parametrize(("action", "resources"), NEVER.values(), ids=NEVER)
def test_workers_can_never(action: str, resources: dict[str, dict[str, Any]]) -> None:
    """A worker that was taken over cannot do it, with all options together."""
    assert not allows(statements(**EVERYTHING), action, resources)


@pytest.mark.parametrize(
    "words",
    [
        "games",
        "games voice",
        "voice games",
        "voice, games",
        "voice,games,chat",
        "games:lobby/web-*",
        "voice:a/b games:lobby/web-*",
        "lobby/web-*",
        "a/b lobby/*",
    ],
)
def test_what_is_lent_to_the_cluster_can_be_used(words: str) -> None:
    """By its name alone, by its name and pods, or by pods of whichever cluster."""
    call = {ADDRESS: lent(words), INTERFACE: IN_VPC}

    assert allows(statements(lent=True), "ec2:AssociateAddress", call)
    assert allows(statements(lent=True), "ec2:DisassociateAddress", call)


@pytest.mark.parametrize(
    "words", ["", "voice", "games-2", "old-games", "voice:games/web-0", "voice:a/b c/d", "xgames:a/b"]
)
def test_what_is_lent_to_others_can_not_be_used(words: str) -> None:
    """Another cluster's name is none of ours, however much alike, and keeps its pods to itself."""
    call = {ADDRESS: lent(words), INTERFACE: IN_VPC}

    assert not allows(statements(lent=True), "ec2:AssociateAddress", call)
    assert not allows(statements(lent=True), "ec2:DisassociateAddress", call)


@pytest.mark.parametrize("words", ["games", "lobby/web-*"])
def test_an_address_of_another_operator_is_lent_by_nobody(words: str) -> None:
    """Whoever may write its tags, the other operator releases it."""
    address = tagged({**of("voice"), "eip.aws.materialize.com/lend": words})

    assert not allows(statements(lent=True), "ec2:AssociateAddress", {ADDRESS: address, INTERFACE: IN_VPC})


@pytest.mark.parametrize("what", ["associate in the VPC", "disassociate", "release"])
def test_a_cluster_of_the_same_name_is_told_by_its_uid(what: str) -> None:
    """With the uid, addresses of the other one are out of reach; our own are not."""
    action, resources = ALWAYS[what]
    others = {**resources, ADDRESS: tagged(of("games", uid="other"))}

    assert allows(statements(cluster_uid="c0ffee"), action, resources)
    assert not allows(statements(cluster_uid="c0ffee"), action, others)


def test_addresses_are_allocated_with_the_uid() -> None:
    """An address that has the name alone would be the other one's as well."""
    call = {ADDRESS: tagging(of("games", uid="other"))}

    assert not allows(statements(cluster_uid="c0ffee"), "ec2:AllocateAddress", call)
    assert allows(statements(), "ec2:AllocateAddress", call)


def test_the_actions_are_those_of_the_program() -> None:
    """No call of the workers is forgotten, and none is allowed that no code makes."""
    called = {f"ec2:{action}" for action in Action}
    of_parts = actions(statements(reverse_dns=True, quota=True)) - actions(statements())

    assert called <= actions(statements(**EVERYTHING))
    assert actions(statements()) <= called
    assert of_parts - called <= {
        "ec2:ModifyAddressAttribute",
        "ec2:ResetAddressAttribute",
        "ec2:DescribeAddressesAttribute",
        "servicequotas:GetServiceQuota",
    }


def test_every_statement_has_a_condition() -> None:
    """Nothing is allowed on everything, and no wildcard stands for actions."""
    listed = statements(**EVERYTHING)

    assert all(statement["Condition"] for statement in listed)
    assert not any("*" in action for action in actions(listed))


@pytest.mark.parametrize("statement", statements(**EVERYTHING), ids=lambda statement: statement["Sid"])
def test_conditions_are_on_keys_that_ec2_knows(statement: Statement) -> None:
    """For each action on each resource of the statement."""
    keys = {key.split("/")[0] for wanted in statement["Condition"].values() for key in wanted}
    known = [
        REFERENCE[action.split(":")[1]][resource_kind(arn)] | {"aws:RequestedRegion"}
        for action in many(statement["Action"])
        for arn in many(statement["Resource"])
    ]

    assert all(keys <= each for each in known)


def test_the_whole_policy_can_be_created() -> None:
    """A managed policy has 6,144 characters at most, without white space."""
    whole = policy("c" * 60, VPC, "ap-southeast-1", "123456789012", **EVERYTHING)

    assert len(json.dumps(whole, separators=(",", ":"))) < 6144


def test_an_account_is_not_needed() -> None:
    """A role reaches no other account's addresses anyway."""
    assert allows(policy("games", VPC, "eu-central-1")["Statement"], "ec2:ReleaseAddress", {ADDRESS: OURS})


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_region_is_in_a_partition(region: str, partition: str) -> None:
    """ARNs begin with it."""
    assert partition_of(region) == partition


def test_what_is_made_of_it_is_current() -> None:
    """deploy/aws has the same statements; `python -m tests.iam.generate` writes them."""
    assert generate.stale() == []
