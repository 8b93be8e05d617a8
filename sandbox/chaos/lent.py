"""Lent addresses in a record: whose one was, for it does not say so itself, and when none was free; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sandbox.chaos.record import Record, Sighting, Span
from sandbox.ec2.messages import AddressSnapshot, Calls
from sandbox.pod_network import Tenancy

NOBODY = ""
WRITES = ("ReleaseAddress", "CreateTags", "DeleteTags")
"""What must never be asked of EC2 for an address that an admin lends."""


def attributed(record: Record) -> list[Sighting]:
    """All sightings; a lent address is the pod's that has the IP, if it may have it, and else nobody's."""
    may_have = {life.uid: life.ask.lent for life in record.lives}

    def pieces(sighting: Sighting) -> Iterable[Sighting]:
        if sighting.public_ip not in record.lent:
            return [sighting]
        tenancies = record.tenancies.get(sighting.private_ip, ())
        return _pieces(
            sighting, tenancies, {t for t in tenancies if sighting.public_ip in may_have.get(t.uid, ())}
        )

    return [piece for sighting in record.sightings for piece in pieces(sighting)]


def none_free(record: Record, lent: frozenset[str]) -> list[Span]:
    """When others had all of these public IPs; `record` has its sightings attributed.

    A pod without network has its address still, on no IP.
    """
    taken = [list(_taken(record, public_ip)) for public_ip in lent]
    edges = sorted({edge for spans in taken for span in spans for edge in (span.since, _end(span, record))})
    return [
        Span(since, until)
        for since, until in pairwise(edges)
        if all(any(s.since <= since and until <= _end(s, record) for s in spans) for spans in taken)
    ]


def touched(lent: Sequence[AddressSnapshot], present: Sequence[AddressSnapshot], calls: Calls) -> list[str]:
    """What became of lent addresses that must not, once the pods that had them are gone; a sentence each."""
    here = {address.allocation_id: address for address in present}
    found = [f"{address.public_ip} {what}" for address in lent if (what := _became(address, here))]
    ids = {address.allocation_id for address in lent}
    asked = [call for call in calls.calls if call.action in WRITES and ids & set(call.ids.values())]
    return found + [f"{call.action} was called for {ids & set(call.ids.values())}" for call in asked]


def _became(lent: AddressSnapshot, here: dict[str, AddressSnapshot]) -> str:
    address = here.get(lent.allocation_id)
    if address is None:
        return "was released"
    if address.tags != lent.tags:
        return f"has other tags: {address.tags}"
    return f"is on {address.private_ip} though its pods are gone" if address.private_ip else ""


def _pieces(sighting: Sighting, tenancies: Iterable[Tenancy], entitled: set[Tenancy]) -> Iterator[Sighting]:
    """From the IP's tenant to each later one who may have the address too, and finds it there."""
    since, until = sighting.span.since, sighting.span.until
    before = [t for t in tenancies if t.since <= since]
    owner = before[-1].uid if before and before[-1] in entitled else NOBODY
    later = sorted(
        (t for t in entitled if t.since > since and (until is None or t.since < until)), key=lambda t: t.since
    )
    starts = [since, *(t.since for t in later)]
    owners = [owner, *(t.uid for t in later)]
    for start, end, uid in zip(starts, [*starts[1:], until], owners, strict=True):
        yield replace(sighting, uid=uid, span=Span(start, end))


def _taken(record: Record, public_ip: str) -> Iterator[Span]:
    for sighting in record.sightings:
        if sighting.public_ip == public_ip:
            until = _end(sighting.span, record)
            held = [
                _end(wish.span, record)
                for wish in record.wishes
                if wish.uid == sighting.uid and wish.span.since <= until
            ]
            yield Span(sighting.span.since, max([until, *held]))


def _end(span: Span, record: Record) -> float:
    return record.ended_at if span.until is None else span.until
