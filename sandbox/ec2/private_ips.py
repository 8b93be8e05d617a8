"""Free addresses of a subnet: single ones from its low end, /28 prefixes from its high end."""

from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from typing import TypeVar

from sandbox.ec2.errors import Ec2Error

RESERVED_BY_AWS = 4
PREFIX_LENGTH = 28

Free = TypeVar("Free")


def free_ips(
    subnet: IPv4Network, ips: Collection[str], prefixes: Collection[IPv4Network], count: int
) -> list[str]:
    """`count` addresses neither taken nor in a prefix; AWS keeps a subnet's first four and its last."""
    blocks = {prefix.network_address for prefix in prefixes}
    free = (
        str(ip)
        for ip in islice(subnet, RESERVED_BY_AWS, subnet.num_addresses - 1)
        if str(ip) not in ips and _block(ip) not in blocks
    )
    return _take(free, count, subnet, "InsufficientFreeAddressesInSubnet")


def free_prefixes(
    subnet: IPv4Network, ips: Collection[str], prefixes: Collection[IPv4Network], count: int
) -> list[IPv4Network]:
    """`count` blocks of 16 that hold no taken address, and neither the subnet's first nor its last block."""
    used = {_block(IPv4Address(ip)) for ip in ips} | {prefix.network_address for prefix in prefixes}
    first, last = int(subnet.network_address), int(subnet.broadcast_address)
    size = 2 ** (32 - PREFIX_LENGTH)
    starts = (IPv4Address(number) for number in range(last + 1 - 2 * size, first, -size))
    free = (IPv4Network((start, PREFIX_LENGTH)) for start in starts if start not in used)
    return _take(free, count, subnet, "InsufficientCidrBlocks")


def _block(ip: IPv4Address) -> IPv4Address:
    return IPv4Address(int(ip) & -(2 ** (32 - PREFIX_LENGTH)))


def _take(free: Iterator[Free], count: int, subnet: IPv4Network, code: str) -> list[Free]:
    found = list(islice(free, count))
    if len(found) < count:
        raise Ec2Error(
            code, f"The subnet {subnet} has room for {len(found)} more, and {count} were asked for."
        )
    return found
