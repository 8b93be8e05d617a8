"""What pods ask for: most a new address each, some one that stays; and what an admin lends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eip.names import KEEP_ANNOTATION, POOL_ANNOTATION, REQUEST_ADDRESS_ANNOTATION
from sandbox.ec2.messages import AddressSnapshot
from sandbox.stack import CLUSTER_NAME, Stack
from sandbox.staying import lend

KEPT_SHARE, FIXED_SHARE, POOL_SHARE = 0.35, 0.05, 0.1
PODS_PER_FIXED = 2
ADDRESSES_PER_POOL_POD = 0.6
"""Fewer than pods, so that some always wait."""

POOL = "proxies"
LONG, SHORT = 3600, 20
"""Seconds for which addresses are kept: longer than a run, and so short that it ends in one."""

SHORT_EVERY = 4
"""One in so many kept addresses is kept for a short time."""


@dataclass(frozen=True)
class Ask:
    """What the pods of one name ask for; `keep` is in seconds, `lent` holds the public IPs they may have."""

    name: str
    annotations: Mapping[str, str] = field(default_factory=dict)
    keep: int = 0
    borrows: bool = False
    lent: frozenset[str] = frozenset()

    @property
    def servable(self) -> bool:
        """Whether they may have any address."""
        return bool(self.lent) or not self.borrows


@dataclass(frozen=True)
class Lent:
    """What the admin has lent: addresses of a pool, one of the pool for others, fixed ones by name."""

    pool: Sequence[AddressSnapshot] = ()
    for_others: Sequence[AddressSnapshot] = ()
    fixed: Sequence[AddressSnapshot] = ()

    @property
    def all(self) -> list[AddressSnapshot]:
        """All of them, as they were lent."""
        return [*self.pool, *self.for_others, *self.fixed]


def lend_for(stack: Stack, pods: int) -> Lent:
    """Lend as many as so many pods are to share."""
    return Lent(
        pool=[lend(stack, CLUSTER_NAME, pool=POOL) for _ in range(_of_pool(_share(pods, POOL_SHARE)))],
        for_others=[lend(stack, "another-cluster", pool=POOL)],
        fixed=[lend(stack, "default/mail-*") for _ in range(-(-_share(pods, FIXED_SHARE) // PODS_PER_FIXED))],
    )


def asks(pods: int, lent: Lent) -> list[Ask]:
    """What each of so many names asks for. One asks by name for what is lent to others only."""
    kept, fixed, pool = (_share(pods, share) for share in (KEPT_SHARE, FIXED_SHARE, POOL_SHARE))
    named = [_fixed(number, lent.fixed[number // PODS_PER_FIXED]) for number in range(fixed)]
    thieves = [Ask("thief-000", _by_address(address), borrows=True) for address in lent.fixed[:1]]
    others = pods - kept - fixed - pool - len(thieves)
    return [
        *(Ask(f"web-{number:03}") for number in range(others)),
        *map(_kept, range(kept)),
        *named,
        *(_pooled(number, lent.pool) for number in range(pool)),
        *thieves,
    ]


def servable(all_asks: Sequence[Ask]) -> int:
    """How many can have an address at the same time."""
    own = sum(not ask.borrows for ask in all_asks)
    return own + len(frozenset().union(*(ask.lent for ask in all_asks)))


def _kept(number: int) -> Ask:
    keep = SHORT if number % SHORT_EVERY == SHORT_EVERY - 1 else LONG
    return Ask(f"db-{number:03}", {KEEP_ANNOTATION: f"{keep}s"}, keep=keep)


def _fixed(number: int, address: AddressSnapshot) -> Ask:
    lent = frozenset({address.public_ip})
    return Ask(f"mail-{number:03}", _by_address(address), borrows=True, lent=lent)


def _pooled(number: int, pool: Sequence[AddressSnapshot]) -> Ask:
    lent = frozenset(address.public_ip for address in pool)
    return Ask(f"proxy-{number:03}", {POOL_ANNOTATION: POOL}, borrows=True, lent=lent)


def _by_address(address: AddressSnapshot) -> dict[str, str]:
    return {REQUEST_ADDRESS_ANNOTATION: address.public_ip}


def _share(pods: int, share: float) -> int:
    return int(pods * share)


def _of_pool(pods: int) -> int:
    return int(pods * ADDRESSES_PER_POOL_POD)
