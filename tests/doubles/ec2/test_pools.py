"""AllocateAddress from pools of the account's own, of EC2 and of IPAM, and what EC2 refuses of it."""

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ec2.control import ControlError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from sandbox.ec2.control import Control

EC2_POOL = "ipv4pool-ec2-0a1b2c3d4e5f60718"
IPAM_POOL = "ipam-pool-0a1b2c3d4e5f60718"


@pytest.fixture(autouse=True)
def _pools(control: "Control") -> None:
    """One pool of each kind, of two addresses each."""
    control.add_pool(EC2_POOL, "203.0.113.0/31")
    control.add_pool(IPAM_POOL, "203.0.113.8/31")


@pytest.mark.parametrize(
    ("parameter", "pool", "expected"),
    [
        pytest.param("PublicIpv4Pool", EC2_POOL, ["203.0.113.0", "203.0.113.1"], id="of EC2"),
        pytest.param("IpamPoolId", IPAM_POOL, ["203.0.113.8", "203.0.113.9"], id="of IPAM"),
    ],
)
def test_a_pool_gives_what_it_has(
    ec2: "EC2Client", refused: Any, parameter: str, pool: str, expected: list[str]
) -> None:
    """Its own addresses, each once, and then InsufficientAddressCapacity; a released one can be had again."""
    wanted: Any = {parameter: pool}
    made = [ec2.allocate_address(**wanted) for _ in expected]
    assert [address["PublicIp"] for address in made] == expected
    assert {address["PublicIpv4Pool"] for address in made} == {pool}
    with refused("InsufficientAddressCapacity"):
        ec2.allocate_address(**wanted)

    ec2.release_address(AllocationId=made[0]["AllocationId"])

    assert ec2.allocate_address(**wanted)["PublicIp"] == expected[0]


@pytest.mark.parametrize(
    ("request_", "pool"),
    [
        pytest.param(
            {"IpamPoolId": IPAM_POOL, "Address": "203.0.113.9"}, IPAM_POOL, id="beside an IPAM pool"
        ),
        pytest.param({"Address": "203.0.113.1"}, EC2_POOL, id="alone, of a pool of EC2"),
    ],
)
def test_one_address_can_be_named(ec2: "EC2Client", request_: Any, pool: str) -> None:
    """The very address that is asked for, and the pool that has it."""
    allocated = ec2.allocate_address(**request_)

    assert (allocated["PublicIp"], allocated["PublicIpv4Pool"]) == (request_["Address"], pool)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param(
            {"PublicIpv4Pool": EC2_POOL, "Address": "203.0.113.1"},
            "InvalidParameterCombination",
            id="a pool of EC2 and an address of it",
        ),
        pytest.param(
            {"PublicIpv4Pool": EC2_POOL, "IpamPoolId": IPAM_POOL},
            "InvalidParameterCombination",
            id="two pools",
        ),
        pytest.param({"PublicIpv4Pool": "web"}, "InvalidParameterValue", id="an id that is none"),
        pytest.param({"PublicIpv4Pool": IPAM_POOL}, "InvalidParameterValue", id="an IPAM pool as one of EC2"),
        pytest.param(
            {"PublicIpv4Pool": "ipv4pool-ec2-0"}, "InvalidPublicIpv4PoolID.NotFound", id="no such pool"
        ),
        pytest.param({"IpamPoolId": "ipam-pool-0"}, "InvalidIpamPoolId.NotFound", id="no such IPAM pool"),
        pytest.param(
            {"IpamPoolId": IPAM_POOL, "Address": "203.0.113.1"},
            "InvalidAddress.NotFound",
            id="an address of another pool",
        ),
        pytest.param({"Address": "203.0.113.9"}, "InvalidAddress.NotFound", id="an IPAM address alone"),
        pytest.param({"Address": "192.0.2.1"}, "InvalidAddress.NotFound", id="an address of nobody"),
        pytest.param({"Address": "web"}, "InvalidParameterValue", id="an address that is none"),
    ],
)
def test_what_cannot_be_is_refused(
    ec2: "EC2Client", control: "Control", refused: Any, request_: Any, code: str
) -> None:
    """With EC2's code, and nothing is allocated."""
    with refused(code):
        ec2.allocate_address(**request_)

    assert control.addresses() == []


def test_an_address_is_allocated_once(ec2: "EC2Client", refused: Any) -> None:
    """Who asks for one that is taken is told that it is not available."""
    wanted: Any = {"IpamPoolId": IPAM_POOL, "Address": "203.0.113.9"}
    ec2.allocate_address(**wanted)

    with refused("InvalidAddress.NotFound"):
        ec2.allocate_address(**wanted)


@pytest.mark.parametrize(
    ("pool", "cidr"),
    [
        pytest.param("web", "192.0.2.0/31", id="an id that is none"),
        pytest.param("ipam-pool-1", "192.0.2.1/31", id="a block that is none"),
        pytest.param("ipam-pool-1", "203.0.113.0/24", id="a block that another has a part of"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(control: "Control", pool: str, cidr: str) -> None:
    """The control API says what is wrong with it."""
    with pytest.raises(ControlError, match="InvalidParameterValue"):
        control.add_pool(pool, cidr)
