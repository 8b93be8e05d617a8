"""`eip addresses`: whose each address is, and what it has cost."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cli.rows.addresses import Standing, address_rows, cost
from eip import names
from eip.claim import Claim
from eip.decide import Scope
from eip.pod import Pod
from tests.cli.conftest import Eip, Reach
from tests.workers_world import IP, OTHER, UID, Workers
from workers.ours import Identity
from workers.ports import Address

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDENTITY = Identity("prod", "uid-of-kube-system")


def address(associated: str = "", **tags: str) -> Address:
    """An address of the cluster, for a pod."""
    ours = {
        names.CLUSTER_NAME_TAG: "prod",
        names.CLUSTER_UID_TAG: "uid-of-kube-system",
        names.POD_UID_TAG: UID,
        names.NAMESPACE_TAG: "shop",
        names.POD_NAME_TAG: "web",
    }
    return Address("eipalloc-1", "198.18.0.1", associated and "eipassoc-1", associated, tags=ours | tags)


def standing(
    found: Address, *, pods: dict[str, Pod] | None = None, claims: dict[str, Claim] | None = None
) -> Standing:
    """What the one row says."""
    [row] = address_rows([found], pods, claims, IDENTITY, Scope(), NOW)
    return row.standing


POD = {UID: Pod()}
CLAIM = {UID: Claim(uid=UID)}
LENT = Address("eipalloc-2", "198.18.0.2", tags={names.LEND_TAG: "prod"})


@pytest.mark.parametrize(
    ("found", "pods", "claims", "expected"),
    [
        pytest.param(address(IP), POD, CLAIM, Standing.IN_USE, id="on-its-pod"),
        pytest.param(address(), POD, CLAIM, Standing.IDLE, id="aside-of-its-pod"),
        pytest.param(address(), {}, CLAIM, Standing.LEAVING, id="a-claim-without-a-pod"),
        pytest.param(address(), {}, {}, Standing.ORPHAN, id="nobodys"),
        pytest.param(address(IP), {}, {}, Standing.ORPHAN, id="nobodys-and-on-an-ip"),
        pytest.param(address(**{names.KEEP_TAG: "24h"}), {}, {}, Standing.KEPT, id="kept-for-the-next"),
        pytest.param(LENT, {}, {}, Standing.LENT, id="lent-by-an-admin"),
        pytest.param(address(), None, CLAIM, Standing.UNSEEN, id="pods-unseen"),
        pytest.param(address(), {}, None, Standing.UNSEEN, id="claims-unseen-and-no-pod"),
        pytest.param(address(IP), POD, None, Standing.IN_USE, id="claims-unseen-and-a-pod"),
        pytest.param(
            address(**{names.CLUSTER_UID_TAG: "another"}), POD, CLAIM, Standing.FOREIGN, id="another-cluster"
        ),
    ],
)
def test_an_address_is_an_orphan_only_when_nobody_is_known(
    found: Address, pods: dict[str, Pod] | None, claims: dict[str, Claim] | None, expected: Standing
) -> None:
    """Neither a pod nor a claim, both of them seen, and an address that is ours."""
    assert standing(found, pods=pods, claims=claims) is expected


def test_without_the_clusters_uid_the_name_decides() -> None:
    """It is a report, nothing is done by it."""
    [row] = address_rows([address(IP)], POD, CLAIM, Identity("prod", ""), Scope(), NOW)

    assert row.standing is Standing.IN_USE


@pytest.mark.parametrize(
    ("allocated_at", "dollars"),
    [
        pytest.param(NOW - timedelta(hours=100), 0.5, id="a-hundred-hours"),
        pytest.param(NOW + timedelta(minutes=1), 0, id="a-clock-that-runs-ahead"),
        pytest.param(None, None, id="not-known"),
    ],
)
def test_half_a_cent_an_hour(allocated_at: datetime | None, dollars: float | None) -> None:
    """What EC2 asks for a public IPv4 address since it was allocated."""
    assert cost(allocated_at, NOW) == dollars


def test_the_total_counts_orphans_and_leaves_others_out(eip: Eip, world: Workers) -> None:
    """What is another cluster's is shown, and not paid for by this one."""
    world.serve()
    world.ec2.give(OTHER, "gone")
    world.ec2.give(OTHER, "theirs", **{names.CLUSTER_UID_TAG: "another"})

    shown = eip("addresses").out

    assert "not ours" in shown
    assert "2 addresses of this cluster, 1 orphaned: 0.010 USD an hour" in shown


def test_a_lent_address_that_is_free_has_no_pod(eip: Eip, world: Workers) -> None:
    """Nobody is shown as a dash."""
    world.ec2.lend("prod")

    [line] = [line for line in eip("addresses").out.splitlines() if "lent" in line]

    assert line.split()[2:5] == ["-", "-", "lent"]


def test_rows_say_whether_an_address_is_an_orphan(eip: Eip, world: Workers) -> None:
    """For scripts: true, false, or null where it is not known."""
    world.ec2.give(OTHER, "gone")

    [item] = json.loads(eip("addresses", "-o", "json").out)["items"]

    assert item["orphan"] is True


def test_without_kubernetes_nothing_is_called_an_orphan(eip: Eip, world: Workers, reach: Reach) -> None:
    """A list that could not be read is no empty list."""
    world.ec2.give(OTHER, "gone")
    reach.lose("kubernetes")

    shown = eip("addresses")

    assert shown.code == 3
    assert "not known how many orphaned" in shown.out


def test_without_ec2_there_is_nothing_to_show(eip: Eip, reach: Reach) -> None:
    """Only what to do about it."""
    reach.lose("ec2")

    shown = eip("addresses")

    assert (shown.code, shown.out) == (3, "")
    assert "AWS_REGION" in shown.err


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_without_ec2_a_program_can_read_the_answer(eip: Eip, reach: Reach, output: str) -> None:
    """The exit code says that it is not all."""
    reach.lose("ec2")

    shown = eip("addresses", "-o", output)

    assert (shown.code, msgspec.yaml.decode(shown.out)) == (3, {"items": []})
    assert "EC2 could not be seen" in shown.err
