"""Where packets go: the CNI's SNAT, routes by subnet, and nodes whose interfaces AWS keeps for itself."""

from typing import Any

import pytest

from cli.doctor.checks.network import external_snat, nodes, subnets, workers_way_out
from cli.doctor.facts import Facts, NodeInterface, NodeSeen, PodSeen, RouteTable
from cli.doctor.finding import Status
from cli.doctor.judge import Check, judge
from cli.doctor.seen import Unseen
from tests.doctor.world import INSTANCE, only, spoil

P, W, F, U = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN

OTHER = "i-0fedcba9876543210"
TWO_NODES = (NodeSeen("node-1", INSTANCE), NodeSeen("node-2", OTHER))
PUBLIC = RouteTable("rtb-1", "vpc-1", False, frozenset({"subnet-1"}), ("igw-1",))
NAT = RouteTable("rtb-2", "vpc-1", True, frozenset(), ("nat-1",))
TWO_INTERFACES = (
    NodeInterface(INSTANCE, "eni-1", "subnet-1", "vpc-1"),
    NodeInterface(OTHER, "eni-2", "subnet-2", "vpc-1"),
)
MANAGED = (NodeInterface(INSTANCE, "eni-1", "subnet-1", "vpc-1", "eks.amazonaws.com"),)


@pytest.mark.parametrize(
    ("environment", "status", "said"),
    [
        pytest.param({"AWS_VPC_K8S_CNI_EXTERNALSNAT": "True"}, P, "=true", id="any-case"),
        pytest.param({"AWS_VPC_K8S_CNI_EXTERNALSNAT": "false"}, F, "=false", id="false"),
        pytest.param({}, F, "is not set", id="not-set"),
        pytest.param(None, W, "no DaemonSet", id="no-cni"),
    ],
)
def test_external_snat(facts: Facts, environment: dict[str, str] | None, status: Status, said: str) -> None:
    """Without it pods speak from their node's address."""
    finding = only(external_snat, spoil(facts, "kubernetes", aws_node=environment))

    assert (finding.status, said in finding.seen) == (status, True)


def _two(facts: Facts, pod_on: str, *tables: RouteTable) -> Facts:
    """Two nodes in two subnets, and one pod that asks for an address."""
    facts = spoil(facts, "kubernetes", nodes=TWO_NODES, labelled=(PodSeen("default", "web", pod_on),))
    return spoil(facts, "aws", interfaces=TWO_INTERFACES, tables=tables)


@pytest.mark.parametrize(
    ("pod_on", "tables", "status", "said"),
    [
        pytest.param("node-1", (PUBLIC, NAT), P, "1 of 2 nodes", id="own-table-before-the-main-one"),
        pytest.param("node-2", (PUBLIC, NAT), W, "default/web is in subnets", id="main-table-leads-to-nat"),
        pytest.param("node-1", (NAT,), F, "none of 2 nodes", id="no-internet-gateway"),
        pytest.param("node-1", (), F, "none of 2 nodes", id="no-table"),
    ],
)
def test_subnets(
    facts: Facts, pod_on: str, tables: tuple[RouteTable, ...], status: Status, said: str
) -> None:
    """An address carries packets only in a subnet that leads to an internet gateway."""
    finding = only(subnets, _two(facts, pod_on, *tables))

    assert (finding.status, said in finding.seen) == (status, True), finding


def test_another_vpcs_main_table_does_not_count(facts: Facts) -> None:
    """Every VPC has one of its own."""
    foreign = RouteTable("rtb-3", "vpc-2", True, frozenset(), ("igw-2",))

    assert only(subnets, _two(facts, "node-1", foreign)).status is Status.FAIL


@pytest.mark.parametrize(
    ("worker_on", "snat", "status"),
    [
        pytest.param("node-1", "true", W, id="public-node"),
        pytest.param("node-2", "true", P, id="private-node"),
        pytest.param("node-1", "false", P, id="no-external-snat"),
    ],
)
def test_workers_way_out(facts: Facts, worker_on: str, snat: str, status: Status) -> None:
    """With external SNAT a worker in a public subnet needs VPC endpoints."""
    spoilt = spoil(
        _two(facts, "node-1", PUBLIC, NAT),
        "kubernetes",
        workers=(PodSeen("eip-system", "worker-a", worker_on),),
        aws_node={"AWS_VPC_K8S_CNI_EXTERNALSNAT": snat},
    )

    assert only(workers_way_out, spoilt).status is status


def test_without_a_worker_nothing_is_said_of_their_way_out(facts: Facts) -> None:
    """None that was found is none that is well."""
    assert only(workers_way_out, spoil(facts, "kubernetes", workers=())).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("every", "status", "said"),
    [
        pytest.param((NodeSeen("node-1", INSTANCE, "auto"),), F, "EKS Auto Mode", id="all-auto"),
        pytest.param(
            (NodeSeen("node-1", INSTANCE, "auto"), NodeSeen("node-2", OTHER)),
            W,
            "default/web is",
            id="pod-on-auto",
        ),
        pytest.param(
            (NodeSeen("node-1", INSTANCE), NodeSeen("fargate-ip-10-0-0-1")), P, "Fargate", id="fargate-beside"
        ),
        pytest.param((NodeSeen("node-1", INSTANCE), NodeSeen("mi-1")), P, "no EC2", id="hybrid-beside"),
    ],
)
def test_nodes(facts: Facts, every: tuple[NodeSeen, ...], status: Status, said: str) -> None:
    """Auto Mode's, Fargate's and foreign nodes can't be served."""
    finding = only(nodes, spoil(facts, "kubernetes", nodes=every))

    assert (finding.status, said in finding.seen) == (status, True), finding


def test_an_interface_that_aws_manages_closes_its_node(facts: Facts) -> None:
    """EC2 says so where no label does."""
    assert only(nodes, spoil(facts, "aws", interfaces=MANAGED)).status is Status.FAIL


def test_nodes_are_judged_without_ec2(facts: Facts) -> None:
    """Labels are enough."""
    assert only(nodes, spoil(facts, "aws", interfaces=Unseen("no"))).status is Status.PASS


@pytest.mark.parametrize(
    ("part", "hidden", "check"),
    [
        ("aws", "tables", subnets),
        ("aws", "interfaces", subnets),
        ("kubernetes", "nodes", subnets),
        ("kubernetes", "nodes", nodes),
        ("kubernetes", "aws_node", external_snat),
        ("kubernetes", "workers", workers_way_out),
    ],
)
def test_what_is_hidden_is_unknown(facts: Facts, part: str, hidden: str, check: Check) -> None:
    """Neither good nor bad."""
    spoilt: dict[str, Any] = {hidden: Unseen("denied")}

    [finding] = judge(spoil(facts, part, **spoilt), {"x": check})

    assert (finding.status, finding.seen) == (U, "denied")
