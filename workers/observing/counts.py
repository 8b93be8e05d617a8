"""How many claims are at what, and who has waited longest; without a call to anyone."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from eip.claim import Claim, next_step
from eip.metrics.definitions import Holding, State
from eip.names import Step
from workers.observing.promises import is_left_behind, is_ready, is_waiting

_AT = {
    Step.ALLOCATE: State.ALLOCATING,
    Step.ASSOCIATE: State.ASSOCIATING,
    Step.ANNOTATE: State.ANNOTATING,
    Step.RELEASE: State.RELEASING,
}


class Counts(msgspec.Struct, frozen=True):
    """What was counted: claims and addresses by state, and two longest waits in seconds."""

    claims: dict[str, int]
    addresses: dict[str, int]
    longest_wait: float = 0.0
    longest_held: float = 0.0


def state_of(claim: Claim, *, parked: bool = False) -> State:
    """What a claim is at; `parked` when it stands among those that wait for the quota.

    A pod that has its address is served, though the address has no name yet.
    """
    step = next_step(claim)
    if step is None or (step is Step.ANNOTATE and is_ready(claim)):
        return _resting(claim)
    if parked and step is Step.ALLOCATE:
        return State.PARKED
    return State.FAILING if claim.attempts else _AT[step]


def _resting(claim: Claim) -> State:
    if claim.serving:
        return State.SERVING
    if claim.idle_since:
        return State.KEPT
    return State.REFUSED if claim.warn else State.WAITING


def holdings_of(claim: Claim) -> Iterable[Holding]:
    """What becomes of each address of a claim."""
    yield from [Holding.DOUBLE] * len(claim.extra)
    if not claim.allocation_id:
        return
    if claim.lent:
        yield Holding.LENT
    elif claim.association_id:
        yield Holding.ASSOCIATED
    else:
        yield Holding.KEPT if claim.idle_since else Holding.IDLE


def count(claims: Iterable[tuple[Claim, bool]], now: int) -> Counts:
    """Count claims, each with whether it is parked; `now` is Redis' time in milliseconds."""
    states: Counter[State] = Counter(dict.fromkeys(State, 0))
    holdings: Counter[Holding] = Counter(
        {holding: 0 for holding in Holding if holding is not Holding.ORPHANED}
    )
    wanted_since = freed_since = now
    for claim, parked in claims:
        states[state_of(claim, parked=parked)] += 1
        holdings.update(holdings_of(claim))
        if is_waiting(claim):
            wanted_since = min(wanted_since, claim.wanted_at)
        if is_left_behind(claim):
            freed_since = min(freed_since, claim.freed_at)
    return Counts(
        {state.value: number for state, number in states.items()},
        {holding.value: number for holding, number in holdings.items()},
        (now - wanted_since) / 1000,
        (now - freed_since) / 1000,
    )
