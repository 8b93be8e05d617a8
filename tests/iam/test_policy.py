"""What docs/iam.md lets workers do: all that they need, and nothing beside it."""

import pytest

from eip.names import CLUSTER_NAME_TAG, Action
from tests.iam.policy import actions, allows, statements

ARN = "arn:aws:ec2:eu-central-1:123456789012"
ADDRESS = f"{ARN}:elastic-ip/eipalloc-1"
NEW_ADDRESS = f"{ARN}:elastic-ip/*"
INTERFACE = f"{ARN}:network-interface/eni-1"
OURS = {f"aws:ResourceTag/{CLUSTER_NAME_TAG}": "games"}
THEIRS = {f"aws:ResourceTag/{CLUSTER_NAME_TAG}": "voice"}
TAGGED = {f"aws:RequestTag/{CLUSTER_NAME_TAG}": "games"}
ALLOCATING = {**TAGGED, "ec2:CreateAction": "AllocateAddress"}
IN_VPC = {"ec2:Vpc": f"{ARN}:vpc/vpc-0aa"}
ELSEWHERE = {"ec2:Vpc": f"{ARN}:vpc/vpc-0bb"}
HERE = {"aws:RequestedRegion": "eu-central-1"}

ALLOWED = {
    "allocate with the cluster's tag": ("AllocateAddress", {NEW_ADDRESS: TAGGED}),
    "tag in that call": ("CreateTags", {NEW_ADDRESS: ALLOCATING}),
    "associate an own address in the VPC": ("AssociateAddress", {ADDRESS: OURS, INTERFACE: IN_VPC}),
    "disassociate it": ("DisassociateAddress", {ADDRESS: OURS, INTERFACE: IN_VPC}),
    "release it": ("ReleaseAddress", {ADDRESS: OURS}),
    "look at addresses": ("DescribeAddresses", {"*": HERE}),
    "look at interfaces": ("DescribeNetworkInterfaces", {"*": HERE}),
}
DENIED = {
    "allocate without a tag": ("AllocateAddress", {NEW_ADDRESS: {}}),
    "allocate for another cluster": (
        "AllocateAddress",
        {NEW_ADDRESS: {f"aws:RequestTag/{CLUSTER_NAME_TAG}": "voice"}},
    ),
    "tag an address that exists": ("CreateTags", {ADDRESS: {**TAGGED, **OURS}}),
    "tag an interface": ("CreateTags", {INTERFACE: {**ALLOCATING, **IN_VPC}}),
    "tag in another call": ("CreateTags", {NEW_ADDRESS: {**TAGGED, "ec2:CreateAction": "RunInstances"}}),
    "associate an address without tags": ("AssociateAddress", {ADDRESS: {}, INTERFACE: IN_VPC}),
    "associate another cluster's": ("AssociateAddress", {ADDRESS: THEIRS, INTERFACE: IN_VPC}),
    "associate in another VPC": ("AssociateAddress", {ADDRESS: OURS, INTERFACE: ELSEWHERE}),
    "disassociate another cluster's": ("DisassociateAddress", {ADDRESS: THEIRS, INTERFACE: IN_VPC}),
    "disassociate in another VPC": ("DisassociateAddress", {ADDRESS: OURS, INTERFACE: ELSEWHERE}),
    "release an address without tags": ("ReleaseAddress", {ADDRESS: {}}),
    "release another cluster's": ("ReleaseAddress", {ADDRESS: THEIRS}),
    "remove tags": ("DeleteTags", {ADDRESS: OURS}),
    "look at another Region": ("DescribeAddresses", {"*": {"aws:RequestedRegion": "us-east-1"}}),
    "look at instances": ("DescribeInstances", {"*": HERE}),
}


@pytest.mark.parametrize(("action", "resources"), ALLOWED.values(), ids=ALLOWED)
def test_calls_that_workers_make(action: str, resources: dict[str, dict[str, str]]) -> None:
    """Each is allowed on each of its resources."""
    assert allows(f"ec2:{action}", resources)


@pytest.mark.parametrize(("action", "resources"), DENIED.values(), ids=DENIED)
def test_calls_that_are_nobodys_business(action: str, resources: dict[str, dict[str, str]]) -> None:
    """A worker that was taken over cannot make them."""
    assert not allows(f"ec2:{action}", resources)


def test_the_actions_are_those_of_the_program() -> None:
    """The six that are called, and CreateTags for the tags of an allocation."""
    named = {action for statement in statements() for action in actions(statement)}

    assert named == {f"ec2:{action}" for action in Action} | {"ec2:CreateTags"}


def test_every_statement_has_a_condition() -> None:
    """Nothing is allowed on everything."""
    assert all(statement["Condition"] for statement in statements())


def test_every_action_is_tried_both_ways() -> None:
    """An action that no case above asks for would be allowed unseen."""
    tried = {action for action, _ in ALLOWED.values()}

    assert tried == {
        action.removeprefix("ec2:") for statement in statements() for action in actions(statement)
    }
