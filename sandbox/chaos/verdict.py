"""The verdict on a run: who waited how long, what stayed where it must not, what excuses it; pure.

An address must be off its IP 30 s after the IP was freed. Time in which EC2, the API server or Redis could
not be reached does not count: without them nothing can be taken off, or it is not known whether it may be.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sandbox.chaos.kept import Return, returns
from sandbox.chaos.lent import attributed, none_free
from sandbox.chaos.record import Record, Sighting, Span, Struck
from sandbox.chaos.schedule import UNREACHABLE, UNSERVING, Fault
from sandbox.pod_network import Tenancy

COOL_DOWN = 30.0
"""Seconds for which the VPC CNI lets a freed IP rest, before another pod may get it."""

PATIENCE = 60.0
"""Seconds of reachable EC2, API server and Redis after which a pod that waits counts as not served."""


@dataclass(frozen=True)
class Wait:
    """A pod that was to be served; `seconds` until it was, or for which it was not."""

    uid: str
    private_ip: str
    seconds: float
    served: bool
    counted: float
    """Of `seconds`, those in which everything could be reached and there was an address to be had."""
    borrows: bool = False
    """Whether it asked for a lent address, and so may have had to wait for another pod's."""


@dataclass(frozen=True)
class Stay:
    """An address on an IP that was freed."""

    sighting: Sighting
    seconds: float
    counted: float
    faults: tuple[str, ...]
    """What could not be reached meanwhile."""

    @property
    def late(self) -> bool:
        """Whether it took too long, and nothing excuses it."""
        return self.counted > COOL_DOWN


@dataclass(frozen=True)
class Intrusion:
    """An address on the IP of another pod than its own, for so many seconds."""

    sighting: Sighting
    stranger: str
    seconds: float
    stay: Stay | None
    """How it came, if the address had stayed where its own pod had been."""

    @property
    def excused(self) -> bool:
        """Whether it stayed only because something could not be reached."""
        return self.stay is not None and not self.stay.late


@dataclass(frozen=True)
class Verdict:
    """What the record amounts to."""

    record: Record
    waits: Sequence[Wait]
    stays: Sequence[Stay]
    intrusions: Sequence[Intrusion]
    returns: Sequence[Return] = ()

    @property
    def changed(self) -> list[Return]:
        """Pods that should have had the address from before, and had another; explained or not."""
        return [each for each in self.returns if each.changed]

    @property
    def never_served(self) -> list[Wait]:
        """Pods that waited longer than is right, and were not served for as long as they wanted to be."""
        return [wait for wait in self.waits if not wait.served and wait.counted > PATIENCE]

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each; nothing when the run went as promised."""
        return [sentence for wrong, sentence in _checks(self) if wrong]


def judge(record: Record) -> Verdict:
    """The verdict."""
    record = replace(record, sightings=attributed(record))
    names = {life.uid: life.ask.name for life in record.lives}
    stays = [
        stay
        for sighting in record.sightings
        if (stay := _stay(record, sighting, lambda uid: names.get(uid, uid)))
    ]
    by_sighting = {id(stay.sighting): stay for stay in stays}
    return Verdict(
        record=record,
        waits=sorted(_waits(record), key=lambda wait: wait.seconds),
        stays=sorted(stays, key=lambda stay: stay.seconds),
        intrusions=[
            Intrusion(sighting, uid, seconds, by_sighting.get(id(sighting)))
            for sighting in record.sightings
            for uid, seconds in _strangers(record, sighting)
        ],
        returns=list(returns(record)),
    )


def overlap(one: Span, other: Span, end: float) -> float:
    """For how many seconds both last; what is open lasts until `end`."""
    return max(0.0, min(_until(one, end), _until(other, end)) - max(one.since, other.since))


def unreachable(struck: Iterable[Struck], span: Span, end: float) -> float:
    """For how many seconds of the span something could not be reached; faults at once count once."""
    return covered((each.span for each in struck), span, end)


def covered(parts: Iterable[Span], span: Span, end: float) -> float:
    """How many seconds of the span lie in any of the parts."""
    total, reached = 0.0, span.since
    for part in sorted(parts, key=lambda part: part.since):
        since, until = max(part.since, reached), min(_until(part, end), _until(span, end))
        if until > since:
            total, reached = total + until - since, until
    return total


def _waits(record: Record) -> Iterator[Wait]:
    lent = {life.uid: life.ask.lent for life in record.lives}
    unserving = [struck.span for struck in _of(record, UNSERVING)]

    @cache
    def excuses(lent: frozenset[str]) -> list[Span]:
        return unserving + none_free(record, lent)

    for wish in record.wishes:
        for ip, tenancy in _tenancies(record, wish.uid):
            since = max(wish.span.since, tenancy.since)
            until = min(_until(wish.span, record.ended_at), _end(tenancy, record.ended_at))
            if until > since:
                wanted = Span(since, until)
                found = _wait(record, wish.uid, ip, wanted, excuses(lent.get(wish.uid, frozenset())))
                yield replace(found, borrows=bool(lent.get(wish.uid)))


def _wait(record: Record, uid: str, ip: str, wanted: Span, excuses: Sequence[Span]) -> Wait:
    served = [
        max(sighting.span.since, wanted.since)
        for sighting in record.sightings
        if (sighting.uid, sighting.private_ip) == (uid, ip)
        and sighting.span.since <= _until(wanted, record.ended_at) + record.period
        and _until(sighting.span, record.ended_at) > wanted.since
    ]
    waited = Span(wanted.since, min(served, default=_until(wanted, record.ended_at)))
    seconds = _until(waited, record.ended_at) - waited.since
    excused = covered(excuses, waited, record.ended_at)
    return Wait(uid, ip, seconds, bool(served), seconds - excused)


def _stay(record: Record, sighting: Sighting, kin: Callable[[str], str]) -> Stay | None:
    """None where the pod has the IP still, and where it never had it.

    A kept address may be the next pod's by its tags while it is on the IP of the pod before it.
    """
    own = [t for t in record.tenancies.get(sighting.private_ip, ()) if kin(t.uid) == kin(sighting.uid)]
    before = [t for t in own if t.since <= sighting.span.since] or own
    freed = before[-1].until if before else None
    until = _until(sighting.span, record.ended_at)
    if freed is None or until <= freed:
        return None
    span = Span(freed, until)
    faults = [struck for struck in _of(record, UNREACHABLE) if overlap(struck.span, span, record.ended_at)]
    seconds = until - freed
    excused = unreachable(faults, span, record.ended_at)
    return Stay(sighting, seconds, seconds - excused, tuple(struck.fault for struck in faults))


def _strangers(record: Record, sighting: Sighting) -> Iterator[tuple[str, float]]:
    for tenancy in record.tenancies.get(sighting.private_ip, ()):
        shared = overlap(sighting.span, Span(tenancy.since, tenancy.until), record.ended_at)
        # Both ends of a sighting are up to a period late.
        if tenancy.uid != sighting.uid and shared > record.period:
            yield tenancy.uid, shared


def _tenancies(record: Record, uid: str) -> Iterator[tuple[str, Tenancy]]:
    return ((ip, t) for ip, tenancies in record.tenancies.items() for t in tenancies if t.uid == uid)


def _of(record: Record, faults: Collection[Fault]) -> list[Struck]:
    return [struck for struck in record.struck if struck.fault in faults]


def _until(span: Span, end: float) -> float:
    return end if span.until is None else span.until


def _end(tenancy: Tenancy, end: float) -> float:
    return end if tenancy.until is None else tenancy.until


def _checks(verdict: Verdict) -> Iterator[tuple[bool, str]]:
    record = verdict.record
    late = [stay for stay in verdict.stays if stay.late]
    intruders = [intrusion for intrusion in verdict.intrusions if not intrusion.excused]
    yield (
        bool(verdict.never_served),
        f"{len(verdict.never_served)} pods wanted an address for more than {PATIENCE:.0f} s and got none.",
    )
    yield bool(record.leaked), f"{len(record.leaked)} addresses leaked: {', '.join(record.leaked)}."
    yield (
        bool(late),
        f"{len(late)} addresses stayed on a freed IP for over {COOL_DOWN:.0f} s, and no fault excuses it.",
    )
    yield (
        bool(intruders),
        f"{len(intruders)} addresses were on a stranger's IP, and no fault excuses it.",
    )
    unexplained = [each for each in verdict.changed if not each.why]
    yield (
        bool(unexplained),
        f"{len(unexplained)} pods came back with another address than was kept for them.",
    )
    yield bool(record.lent_touched), f"{len(record.lent_touched)} things befell addresses that are only lent."
    yield bool(record.wrong), f"{len(record.wrong)} things are not right though all faults are over."
