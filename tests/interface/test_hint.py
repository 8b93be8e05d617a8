"""What the annotation vpc.amazonaws.com/pod-eni is worth: nothing that EC2 does not confirm."""

import json

import pytest

from tests.interface.world import World, eni, place, small
from workers.aws.hint import hinted_interface
from workers.aws.interface import Found, NotServable, NotYet
from workers.ports import Interface

BRANCH = eni(7, None, "10.0.0.77")


def hint(eni_id: str = "eni-00000007", ip: str = "10.0.0.77") -> str:
    """The annotation as the VPC resource controller writes it."""
    return json.dumps([{"eniId": eni_id, "ifAddress": "02:00:00:00:00:01", "privateIp": ip, "vlanId": 1}])


def find(
    *interfaces: Interface, annotation: str | None = None, vpc_id: str = ""
) -> tuple[Found | NotServable | NotYet, World]:
    """What is found for a pod with a branch interface, and the world that was asked."""
    world = small()
    world.interfaces.extend(interfaces)
    where = place("10.0.0.77", hint=hint() if annotation is None else annotation)
    return world.finder(vpc_id).find(where), world


@pytest.mark.parametrize(
    "vpc_id", [pytest.param("", id="nodes-vpc"), pytest.param("vpc-0a", id="settings-vpc")]
)
def test_finds_a_branch_interface_that_ec2_confirms(vpc_id: str) -> None:
    """Security groups for pods give a pod an interface that no instance shows."""
    found, world = find(BRANCH, vpc_id=vpc_id)

    assert Found("eni-00000007") == found
    assert ["node", "instances", "interface"] == [name for name, _ in world.calls]


@pytest.mark.parametrize(
    ("interfaces", "vpc_id"),
    [
        pytest.param([], "", id="unknown-to-ec2"),
        pytest.param([eni(7, None, "10.0.0.78")], "", id="without-the-ip"),
        pytest.param([eni(7, None, "10.0.0.77", vpc_id="vpc-0b")], "", id="in-another-vpc-than-the-node"),
        pytest.param([eni(7, None, "10.0.0.77", vpc_id="vpc-0b")], "vpc-0a", id="in-another-vpc-than-set"),
    ],
)
def test_does_not_believe_a_forged_hint(interfaces: list[Interface], vpc_id: str) -> None:
    """A pod's author can write the annotation; a stranger's interface is never found by it."""
    found, _ = find(*interfaces, vpc_id=vpc_id)

    assert isinstance(found, NotYet)
    assert "vpc.amazonaws.com/pod-eni" in found.reason


def test_does_not_ask_for_a_hint_that_is_not_needed() -> None:
    """The node's own interfaces decide first."""
    world = small(interfaces=[eni(1, 1, "10.0.0.77"), BRANCH])

    assert Found("eni-00000001") == world.finder().find(place("10.0.0.77", hint=hint()))
    assert 0 == world.asked("interface")


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param("garbage", id="no-json"),
        pytest.param("[" * 3000, id="deep"),
        pytest.param('{"eniId": 5}', id="number"),
        pytest.param('"eni-00000007"', id="string"),
        pytest.param("[]", id="empty-list"),
        pytest.param("null", id="null"),
        pytest.param(hint("eni-00000007; drop"), id="no-interface-id"),
        pytest.param(hint("*"), id="wildcard"),
        pytest.param(hint(ip="10.0.0.78"), id="another-ip"),
        pytest.param(hint() + " " * 5000, id="too-long"),
    ],
)
def test_ignores_a_hint_that_names_no_interface(annotation: str) -> None:
    """EC2 is not asked for what can't be an interface of the pod."""
    found, world = find(BRANCH, annotation=annotation)

    assert isinstance(found, NotYet)
    assert 0 == world.asked("interface")


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param('{"eniId": "eni-00000007"}', id="object"),
        pytest.param('[{"eniId": "eni-00000007", "more": 1}]', id="list"),
        pytest.param(
            '[{"eniId": "a", "privateIp": "10.0.0.6"}, {"eniId": "eni-00000007", "privateIp": "10.0.0.77"}]',
            id="second-of-two",
        ),
    ],
)
def test_reads_every_form_of_the_annotation(annotation: str) -> None:
    """An object or a list, with fields that are not known."""
    assert "eni-00000007" == hinted_interface(annotation, "10.0.0.77")
