"""What is read of AWS, from the EC2 double, and what EC2's answers to a DryRun say of a right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.doctor import read_aws
from cli.doctor.checks.aws import aws, permissions
from cli.doctor.dry_runs import ADOPT, probes
from cli.doctor.facts import Facts, Probe
from cli.doctor.finding import Status
from cli.doctor.seen import Unseen, known
from eip import names
from eip.settings import Settings
from sandbox.ec2.control import Control
from sandbox.ec2.server import Ec2Double
from tests.doctor.world import NAME, UID, only, settings, spoil
from workers.aws.session import connect
from workers.ports import Address

P, W, F, U = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN
REGION = "us-east-1"


KEYS = dict.fromkeys(("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), REGION)


@dataclass(frozen=True)
class Account:
    """The double, and a client of it."""

    control: Control
    client: Any

    def allocate(self, uid: str = UID) -> None:
        """Allocate an address for the cluster with this uid."""
        tags = {names.CLUSTER_NAME_TAG: NAME, names.CLUSTER_UID_TAG: uid}
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        specification = {"ResourceType": "elastic-ip", "Tags": pairs}
        self.client.allocate_address(Domain="vpc", TagSpecifications=[specification])


@pytest.fixture(scope="module")
def double() -> Iterator[Account]:
    """An EC2 that this process' boto3 finds; one client, as it takes long to make."""
    with Ec2Double() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": running.url}.items():
            patch.setenv(name, value)
        control = Control(running.url)
        yield Account(control, connect("ec2", REGION))
        control.close()


@pytest.fixture
def account(double: Account) -> Account:
    """The same without addresses and calls."""
    double.control.reset()
    return double


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the cluster `games`."""
    return settings(monkeypatch)


def test_all_is_read_and_nothing_changed(account: Account, chosen: Settings) -> None:
    """Interfaces with their subnets, routes, addresses; and each mutating action is asked for with DryRun."""
    account.allocate()
    network = account.control.create_network()
    node = account.control.add_node(network)
    before = account.control.addresses()

    facts = read_aws.read(chosen, UID, [node.instance_id])

    assert before == account.control.addresses()
    assert account.control.calls().count("ReleaseAddress", "DryRunOperation") == 1
    [interface] = known(facts.interfaces)
    assert (interface.instance_id, interface.subnet_id) == (node.instance_id, network.subnet_id)
    assert any(table.main and table.vpc_id == interface.vpc_id for table in known(facts.tables))
    assert len(known(facts.addresses)) == 1
    assert abs(known(facts.clock_ahead)) < 60


def test_an_address_of_ours_is_asked_about(account: Account, chosen: Settings) -> None:
    """An association is known of none that is not associated."""
    ours = [Address("eipalloc-1", "198.51.100.1")]

    own = {probe.action: probe.own for probe in probes(account.client, chosen, UID, ours)}

    assert own["ReleaseAddress"]
    assert own[ADOPT]
    assert not own["AssociateAddress"]
    assert not own["DisassociateAddress"]


def test_without_an_address_only_what_needs_none_is_known(account: Account, chosen: Settings) -> None:
    """EC2's answer about what is not there is kept as such."""
    found = {probe.action: probe for probe in probes(account.client, chosen, UID, [])}

    assert {action for action, probe in found.items() if probe.own} == {
        "AllocateAddress",
        "DescribeAddresses",
        "DescribeNetworkInterfaces",
    }
    assert found["AssociateAddress"].code == "InvalidNetworkInterfaceID.NotFound"


def test_reverse_dns_is_asked_about_only_where_a_pod_asks_for_it(account: Account, chosen: Settings) -> None:
    """A role without these rights is right where nobody needs them."""
    actions = {"ModifyAddressAttribute", "ResetAddressAttribute", "DescribeAddressesAttribute"}
    account.allocate()
    ours = list(read_aws.addresses_of(account.client)[0])

    without = {probe.action for probe in probes(account.client, chosen, UID, ours)}
    asked = {probe.action: probe for probe in probes(account.client, chosen, UID, ours, "mail.example.com")}

    assert not without & actions
    assert {asked[action].code for action in actions} == {"DryRunOperation"}
    assert all(asked[action].own for action in actions)


def test_a_namesakes_address_is_not_ours(account: Account, chosen: Settings) -> None:
    """A policy that goes by both marks would refuse it rightly."""
    account.allocate(uid="other")
    addresses = read_aws.addresses_of(account.client)[0]

    assert not list(read_aws.ours(addresses, chosen, UID))
    assert list(read_aws.ours(addresses, chosen, "other")) == list(addresses)


def test_ec2_that_is_away_is_said_once(monkeypatch: pytest.MonkeyPatch, chosen: Settings) -> None:
    """The other questions are not asked, so that nobody waits for each of them."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)

    facts = read_aws.read(chosen, UID, [])

    assert isinstance(facts.region, Unseen)
    assert "127.0.0.1:1" in facts.region.why
    assert facts.addresses == facts.probes == Unseen("EC2 could not be asked")


def test_an_unknown_profile_is_said(monkeypatch: pytest.MonkeyPatch, chosen: Settings) -> None:
    """It is no reason to end with a traceback."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_REGION", REGION)

    region = read_aws.read(chosen, UID, []).region

    assert isinstance(region, Unseen)
    assert "nobody" in region.why


def test_a_policy_without_reverse_dns_is_to_be_made_anew(facts: Facts) -> None:
    """The option is named."""
    finding = only(
        permissions, spoil(facts, "aws", **_probe("ResetAddressAttribute", "UnauthorizedOperation"))
    )

    assert (finding.status, "--reverse-dns" in finding.mend) == (F, True)


def _probe(action: str = "ReleaseAddress", code: str = "DryRunOperation", own: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
    return {"probes": (Probe(action, code, own),)}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        pytest.param(_probe(), P, "allowed", id="allowed"),
        pytest.param(_probe(code="UnauthorizedOperation"), F, "UnauthorizedOperation", id="denied"),
        pytest.param(
            _probe(code="UnauthorizedOperation", own=False), U, "tells nothing", id="denied-on-nothing"
        ),
        pytest.param(_probe(code="InvalidAllocationID.NotFound", own=False), U, "NotFound", id="not-found"),
        pytest.param(_probe(own=False), P, "even where there is no address", id="allowed-on-nothing"),
        pytest.param(_probe(code="RequestLimitExceeded"), U, "neither yes nor no", id="throttled"),
        pytest.param(_probe(code="AuthFailure"), U, "neither yes nor no", id="no-credentials"),
        pytest.param(_probe(code="NoAnswer: timed out"), U, "no answer: timed out", id="no-answer"),
        pytest.param(_probe("CreateTags", "UnauthorizedOperation"), P, "kept", id="no-kept-addresses"),
        pytest.param(_probe(ADOPT, "UnauthorizedOperation"), P, "as it should be", id="cannot-adopt"),
        pytest.param(_probe(ADOPT), W, "adopt any", id="may-adopt"),
        pytest.param(
            {**_probe(ADOPT), "as_workload": False}, P, "these credentials", id="an-admin-may-adopt"
        ),
        pytest.param(_probe(ADOPT, "UnauthorizedOperation", own=False), U, "nothing", id="nothing-to-adopt"),
    ],
)
def test_what_a_dry_run_says(facts: Facts, changes: dict[str, Any], status: Status, said: str) -> None:
    """Only an address of ours tells that a right is missing."""
    finding = only(permissions, spoil(facts, "aws", **changes))

    assert (finding.status, said in finding.seen) == (status, True), finding


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        pytest.param({"region": Unseen("no route")}, F, "no route", id="away"),
        pytest.param({"addresses": Unseen("denied", refused=True)}, P, "account 123456789012", id="denied"),
        pytest.param({"caller": Unseen("no STS")}, U, "no STS", id="no-sts"),
        pytest.param({"as_workload": False}, P, "the workers' may differ", id="somebody-else"),
    ],
)
def test_who_asks(facts: Facts, changes: dict[str, Any], status: Status, said: str) -> None:
    """A denied DescribeAddresses is an answer; an EC2 that is away is a failure."""
    finding = only(aws, spoil(facts, "aws", **changes))

    assert (finding.status, said in finding.seen) == (status, True), finding
