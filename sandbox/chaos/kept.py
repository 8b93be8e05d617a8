"""Kept addresses in a record: whether pods that came back under a name had the address from before; pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.chaos.record import Life, Record, Sighting
from sandbox.pod_network import Tenancy


@dataclass(frozen=True)
class Return:
    """A pod of a name, whose predecessor had the public IP `before`; it had `after` first."""

    name: str
    before: str
    after: str
    why: str = ""
    """What explains that they differ."""

    @property
    def changed(self) -> bool:
        """Whether they differ."""
        return self.before != self.after


def returns(record: Record) -> Iterator[Return]:
    """Every pod that had an address after another of its name, and was to have the same.

    Whoever takes the label away gives the address back, so nothing is expected of the pod after that one.
    """
    seen = _by_uid(record)
    last: dict[str, Sighting] = {}
    for life in record.lives:
        if not life.ask.keep:
            continue
        name, own = life.ask.name, seen[life.uid]
        before = last.get(name)
        if before and own:
            why = _why(record, life, before, own[0]) if before.public_ip != own[0].public_ip else ""
            yield Return(name, before.public_ip, own[0].public_ip, why)
        if own:
            last[name] = own[-1]
        if life.unlabelled:
            last.pop(name, None)


def _why(record: Record, life: Life, before: Sighting, after: Sighting) -> str:
    ended = max(
        (t.until or record.ended_at for t in _tenancies(record, before.uid)), default=before.span.since
    )
    idle = after.span.since - ended
    if idle > life.ask.keep:
        return f"asked for it to be kept for {life.ask.keep} s, and came after {idle:.0f} s"
    if {before.uid, after.uid} & {wish.uid for wish in record.doubled}:
        return "had two for a while, and either may be kept"
    return ""


def _tenancies(record: Record, uid: str) -> Iterator[Tenancy]:
    return (t for tenancies in record.tenancies.values() for t in tenancies if t.uid == uid)


def _by_uid(record: Record) -> dict[str, list[Sighting]]:
    """Each pod's addresses on IPs of its own, in the order in which they came."""
    found: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in sorted(record.sightings, key=lambda sighting: sighting.span.since):
        if any(t.uid == sighting.uid for t in record.tenancies.get(sighting.private_ip, ())):
            found[sighting.uid].append(sighting)
    return found
