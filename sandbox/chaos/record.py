"""What is recorded of a run: plain values from the doubles' own accounts, in monotonic seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sandbox.chaos.asks import Ask
from sandbox.chaos.schedule import Fault
from sandbox.pod_network import Tenancy


@dataclass(frozen=True)
class Span:
    """From one moment to another; `until` None: it lasts."""

    since: float
    until: float | None = None


@dataclass(frozen=True)
class Wish:
    """A pod's uid that was to be served for this time, whenever it had an IP."""

    uid: str
    span: Span


@dataclass(frozen=True)
class Life:
    """A pod of a name; `unlabelled`: its label was taken away, at least for a while."""

    uid: str
    ask: Ask
    unlabelled: bool = False


@dataclass(frozen=True)
class Sighting:
    """An address of the pod `uid`, which a lent one does not name, on a private IP, as EC2 had it.

    Its ends are those of the samples in which it was there first, and not any more: neither is too early.
    """

    public_ip: str
    uid: str
    private_ip: str
    span: Span


Lasting = TypeVar("Lasting", Wish, Sighting)


def ended(lasting: Lasting, now: float) -> Lasting:
    """The same, over at `now`."""
    return replace(lasting, span=replace(lasting.span, until=now))


@dataclass(frozen=True)
class Struck:
    """A fault, and when it was there."""

    fault: Fault
    span: Span


@dataclass(frozen=True, kw_only=True)
class Record:
    """A run: all that the verdict is made from."""

    ended_at: float
    period: float
    """Seconds between two samples of EC2: nothing is known more exactly."""
    wishes: Sequence[Wish] = ()
    lives: Sequence[Life] = ()
    """All pods, those of the same name in the order in which they came."""
    lent: frozenset[str] = frozenset()
    """Public IPs that an admin lends."""
    lent_touched: Sequence[str] = ()
    """What became of lent addresses that must not: tagged, released, not back when their pods had gone."""
    kept: int = 0
    """Addresses that were rightly kept at the end for pods that may come."""
    tenancies: Mapping[str, Sequence[Tenancy]] = field(default_factory=dict)
    sightings: Sequence[Sighting] = ()
    doubled: Sequence[Wish] = ()
    """When a pod had more than one address."""
    struck: Sequence[Struck] = ()
    wrong: Sequence[str] = ()
    """What was still not as it should be when the quiet time was over."""
    leaked: Sequence[str] = ()
    """Public IPs that were still there then though no pod wanted them."""
    quiet: float = 0.0
    """Seconds from the last fault and the last change until everything was right."""
