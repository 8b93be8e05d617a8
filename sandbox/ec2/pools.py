"""Pools of public IPv4 addresses that an account has beside Amazon's: brought to AWS, or of IPAM.

AllocateAddress takes from them by PublicIpv4Pool or IpamPoolId. One of an IPAM pool is named by Address
beside the pool, one of a pool of EC2 by Address alone: both together are refused.
Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html and
https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-eip-pool.html
"""

import re
from collections.abc import Container
from ipaddress import IPv4Address, IPv4Network

from sandbox.ec2.errors import Ec2Error, invalid_value, not_found
from sandbox.ec2.wire import Params

AMAZON = "amazon"
IPAM = "ipam-pool-"

_EC2_POOL = re.compile(r"ipv4pool-ec2-[0-9a-f]+")


class Pools:
    """The account's own pools, each of one block of addresses."""

    def __init__(self) -> None:
        self._blocks: dict[str, IPv4Network] = {}

    def add(self, pool_id: str, cidr: str) -> None:
        """A new pool; InvalidParameterValue when the id or the block is none, or another pool has a part."""
        if not (_EC2_POOL.fullmatch(pool_id) or pool_id.startswith(IPAM)):
            raise invalid_value("id", pool_id, f"It begins with ipv4pool-ec2- or {IPAM}.")
        try:
            block = IPv4Network(cidr)
        except ValueError as error:
            raise invalid_value("cidr", cidr, str(error)) from error
        if any(block.overlaps(other) for other in self._blocks.values()):
            raise invalid_value("cidr", cidr, "Another pool has a part of it.")
        self._blocks[pool_id] = block

    def choose(self, params: Params, taken: Container[str]) -> tuple[str, str]:
        """The pool that a request takes from, and the address; '' for any of Amazon's."""
        _exclude(params)
        pool, wanted = (
            params.get("IpamPoolId") or params.get("PublicIpv4Pool", AMAZON),
            params.get("Address", ""),
        )
        if pool == AMAZON and not wanted:
            return AMAZON, ""
        if pool == AMAZON:
            pool = self._with(wanted)
        self._check(pool, ipam="IpamPoolId" in params)
        return pool, self._free(pool, wanted, taken)

    def _check(self, pool: str, *, ipam: bool) -> None:
        if ipam and pool not in self._blocks:
            raise not_found("InvalidIpamPoolId", "ipam-pool ID", pool)
        if not ipam and not _EC2_POOL.fullmatch(pool):
            raise Ec2Error("InvalidParameterValue", f"invalid value for parameter pool: {pool}")
        if not ipam and pool not in self._blocks:
            raise not_found("InvalidPublicIpv4PoolID", "pool ID", pool)

    def _with(self, wanted: str) -> str:
        """The pool of EC2 that has this address; what was released to Amazon's is not to be had again."""
        of_ec2 = {pool: block for pool, block in self._blocks.items() if not pool.startswith(IPAM)}
        found = [pool for pool, block in of_ec2.items() if _has(block, wanted)]
        if not found:
            raise _unavailable(wanted)
        return found[0]

    def _free(self, pool: str, wanted: str, taken: Container[str]) -> str:
        if wanted:
            if wanted in taken or not _has(self._blocks[pool], wanted):
                raise _unavailable(wanted)
            return wanted
        free = next((str(ip) for ip in self._blocks[pool] if str(ip) not in taken), "")
        if not free:
            text = "Not enough available addresses to satisfy your minimum request."
            raise Ec2Error("InsufficientAddressCapacity", text)
        return free


def _has(block: IPv4Network, wanted: str) -> bool:
    try:
        return IPv4Address(wanted) in block
    except ValueError as error:
        raise invalid_value("address", wanted, "It is not an IPv4 address.") from error


def _unavailable(wanted: str) -> Ec2Error:
    text = f"The Elastic IP address '{wanted}' does not exist or is not available."
    return Ec2Error("InvalidAddress.NotFound", text)


def _exclude(params: Params) -> None:
    for other in ("Address", "IpamPoolId"):
        if {"PublicIpv4Pool", other} <= params.keys():
            text = f"The parameter PublicIpv4Pool cannot be used with the parameter {other}"
            raise Ec2Error("InvalidParameterCombination", text)
