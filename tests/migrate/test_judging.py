"""Which addresses may be taken over, and which are left alone, and why in words."""

from typing import Any

import pytest

from cli.migrate.facts import Facts
from cli.migrate.judge import Verdict, judge
from cli.migrate.origin import AWS_SAMPLES
from eip import names
from tests.migrate.facts_made import ASKS, NAME, OLD_TAGS, OUR_TAGS, address, facts, pod, request

PEC = "aws-samples.github.com/aws-pod-eip-controller"
HINT = {"vpc.amazonaws.com/pod-eni": '[{"eniId":"eni-00000001","privateIp":"10.0.0.7"}]'}


def tags(**changed: str | None) -> dict[str, str]:
    """The other operator's tags with some changed, by the last part of their names; None removes one."""
    mixed = OLD_TAGS | {f"{NAME}/{key}": value for key, value in changed.items()}
    return {key: value for key, value in mixed.items() if value is not None}


CASES = [
    pytest.param(facts(), Verdict.MOVE, "", id="one running pod on the address' instance is moved"),
    pytest.param(
        facts(pods=(pod(annotations=HINT, node_name="node-9"),)),
        Verdict.MOVE,
        "",
        id="a pod with an interface of its own is known by it",
    ),
    pytest.param(
        facts(pods=(pod(deletion_timestamp="2026-11-24T11:59:00Z"),)),
        Verdict.MOVE,
        "",
        id="a pod that ends but has its IP is moved, so that somebody takes its address away",
    ),
    pytest.param(
        facts(addresses=(address(tags=OLD_TAGS | OUR_TAGS),)),
        Verdict.MOVED,
        "is this operator's",
        id="what was moved is not moved again",
    ),
    pytest.param(
        facts(addresses=(address(tags=OLD_TAGS | OUR_TAGS),), eips=()),
        Verdict.MOVED,
        "is this operator's",
        id="what was moved needs no Eip",
    ),
    pytest.param(
        facts(addresses=(address(tags=OLD_TAGS | OUR_TAGS),), pods=(pod(uid="its successor"),)),
        Verdict.LEAVE,
        "its pod has changed",
        id="what is ours is not given to the next pod of the name",
    ),
    pytest.param(
        facts(addresses=(address(tags=tags(cluster_name="green")),)),
        Verdict.LEAVE,
        "of the cluster 'green'",
        id="another cluster's is left alone, even on an IP of a pod of ours",
    ),
    pytest.param(
        facts(addresses=(address(tags=tags(cluster_name=None)),)),
        Verdict.LEAVE,
        "of the cluster ''",
        id="one without a cluster's name is left alone",
    ),
    pytest.param(
        facts(addresses=(address(tags=OLD_TAGS | OUR_TAGS | {names.CLUSTER_UID_TAG: "other"}),)),
        Verdict.PROBLEM,
        "has it already in the cluster 'blue' with the uid other",
        id="one that this operator has in another cluster is not taken",
    ),
    pytest.param(
        facts(addresses=(address(tags=tags(node_selector='{"role":"egress"}')),)),
        Verdict.LEAVE,
        "is for nodes",
        id="a node's is left alone",
    ),
    pytest.param(
        facts(addresses=(address(association_id="", private_ip=""),)),
        Verdict.PROBLEM,
        "associated with nothing",
        id="one without association is not taken",
    ),
    pytest.param(
        facts(pods=()), Verdict.PROBLEM, "no running pod of this cluster has 10.0.0.7 on i-1", id="no pod"
    ),
    pytest.param(
        facts(pods=(pod(node_name="node-2"),)),
        Verdict.PROBLEM,
        "no running pod of this cluster has 10.0.0.7 on i-1",
        id="the same IP on another instance is another VPC's",
    ),
    pytest.param(
        facts(instances={}, addresses=(address(instance_id=""),)),
        Verdict.PROBLEM,
        "no running pod of this cluster has 10.0.0.7 on eni-00000001",
        id="an unknown instance is not every node's",
    ),
    pytest.param(facts(pods=(pod(phase="Failed"),)), Verdict.PROBLEM, "no running pod", id="an ended pod"),
    pytest.param(
        facts(pods=(pod(host_network=True),)),
        Verdict.PROBLEM,
        "no running pod",
        id="a pod on the host's network",
    ),
    pytest.param(
        facts(pods=(pod(), pod("db"))),
        Verdict.PROBLEM,
        "games/web and games/db both say that they have 10.0.0.7",
        id="two pods with the IP",
    ),
    pytest.param(
        facts(pods=(pod("db"),)),
        Verdict.PROBLEM,
        "is tagged for games/web, and on the IP of games/db",
        id="an address that stayed on a stranger's IP is not taken for the stranger",
    ),
    pytest.param(
        facts(eips=()),
        Verdict.PROBLEM,
        "no Eip of this cluster has the uid eip-of-web",
        id="an Eip of a cluster with the same name",
    ),
    pytest.param(
        facts(pods=(pod(labels={}),)), Verdict.PROBLEM, "games/web asks for no address", id="no label"
    ),
    pytest.param(
        facts(pods=(pod(labels={f"{NAME}/manage": "true"}),)),
        Verdict.PROBLEM,
        "made by hand",
        id="an Eip without autocreate_eip outlives its pod",
    ),
    pytest.param(
        facts(addresses=(address(tags=tags(eip_name="static")),)),
        Verdict.PROBLEM,
        "the Eip static was made by hand",
        id="an Eip of another name than the pod's was made by hand",
    ),
]


@pytest.mark.parametrize(("read", "verdict", "why"), CASES)
def test_the_first_rule_that_applies_decides(read: Facts, verdict: Verdict, why: str) -> None:
    """Each rule's case, and what people are told."""
    [judged] = judge(read, request())

    assert judged.verdict is verdict
    assert why in judged.why


def test_an_address_of_ours_alone_is_not_judged() -> None:
    """What this operator allocated by itself has nothing to do with a move."""
    assert judge(facts(addresses=(address(tags=OUR_TAGS),)), request()) == []


def test_a_kept_address_is_moved_when_asked_for() -> None:
    """--adopt-kept."""
    [judged] = judge(facts(pods=(pod(labels={f"{NAME}/manage": "true"}),)), request(adopt_kept=True))

    assert judged.verdict is Verdict.MOVE


def test_a_namespace_that_is_not_served_is_left_alone() -> None:
    """This operator would never see its pods."""
    [judged] = judge(facts(), request(namespaces=frozenset({"voice"})))

    assert (judged.verdict, judged.why) == (Verdict.LEAVE, "the namespace games is not in EIP_NAMESPACES")


@pytest.mark.parametrize(
    ("kind", "cluster", "verdict"),
    [
        pytest.param("auto", "blue", Verdict.MOVE, id="the pod's own"),
        pytest.param("fixed-tag", "blue", Verdict.PROBLEM, id="one of the user's own"),
        pytest.param("fixed-tag-value", "blue", Verdict.PROBLEM, id="one of the user's own for this pod"),
        pytest.param("auto", "", Verdict.LEAVE, id="of a controller that was given no cluster's name"),
    ],
)
def test_addresses_of_aws_samples(kind: str, cluster: str, verdict: Verdict) -> None:
    """Its addresses of mode auto go with their pods, the others were there before."""
    marks = {f"{PEC}-type": kind, f"{PEC}-cluster-name": cluster, f"{PEC}-pod": "games/web"}
    asking: dict[str, Any] = {"labels": {}, "annotations": {f"{PEC}-type": kind}}
    read = facts(addresses=(address(tags=marks),), pods=(pod(**asking),), eips=())

    [judged] = judge(read, request(origin=AWS_SAMPLES))

    assert judged.verdict is verdict


def test_an_empty_old_cluster_name_can_be_said() -> None:
    """aws-pod-eip-controller writes an empty tag where it was given no name."""
    marks = {f"{PEC}-type": "auto", f"{PEC}-cluster-name": "", f"{PEC}-pod": "games/web"}
    asking: dict[str, Any] = {"labels": ASKS, "annotations": {f"{PEC}-type": "auto"}}
    read = facts(addresses=(address(tags=marks),), pods=(pod(**asking),))

    [judged] = judge(read, request(origin=AWS_SAMPLES, old_cluster=""))

    assert judged.verdict is Verdict.MOVE
