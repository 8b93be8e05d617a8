"""Borrow: a pod takes an address that an admin lends, by its name or from a pool."""

from collections.abc import Sequence

from eip.claim import Claim, changed
from eip.errors import NamespaceFull
from eip.names import LEND_TAG, EventReason
from eip.store.handover import OWN, Candidate, Waits
from workers.aws.interface import NotServable, NotYet
from workers.failure import namespace_full
from workers.ours import is_lent_to
from workers.outcome import Done, Failed, Outcome
from workers.ports import Address
from workers.shown import place_of, with_association
from workers.steps.wait import wait_for_interface
from workers.world import Job

NOT_LENT = "NotLent"
NO_ADDRESS_FREE = "NoAddressFree"

WAIT = 600.0
"""Seconds until the next look: who returns an address wakes the next, and a sweep sees what an admin adds."""


def borrow(job: Job) -> Outcome:
    """Look what there is, and take the first that nobody has; what is on the pod's IP already goes first.

    Who may have none of them lines up too: an admin may lend it one, and it lets pass who stands behind it.
    """
    job.served()
    claim, world = job.held.claim, job.world
    # It may have waited for a new one before its author asked for this.
    world.quota.pass_on(claim.uid)
    shown = world.ec2.lent_addresses(pool=claim.pool, address=claim.request_address)
    usable = [a for a in shown if is_lent_to(a, world.identity, claim.namespace, claim.name)]
    here = _here(job, usable)
    if claim.terminating:
        # It gets no other than the one that it has.
        usable = here
    resource = f"pool:{claim.pool}" if claim.pool else f"address:{claim.request_address}"
    candidates = [Candidate(a.allocation_id, a.public_ip, OWN) for a in here]
    candidates += [Candidate(a.allocation_id, a.public_ip, a.association_id) for a in usable if a not in here]
    try:
        answer = world.handover.borrow(job.held, resource, candidates, world.limit_of(claim.namespace))
    except NamespaceFull as error:
        return namespace_full(error)
    if isinstance(answer, Waits) and claim.terminating:
        return Done("it is ending, and has no lent address", without_look_up)
    if isinstance(answer, Waits):
        return _in_use(job, usable, answer) if usable else _not_lent(claim, shown)
    job.held = answer
    taken = next((a for a in here if a.allocation_id == answer.claim.allocation_id), None)
    return Done(
        f"took {answer.claim.public_ip}, which is lent to it",
        (lambda c: with_association(without_look_up(c), taken)) if taken else without_look_up,
    )


def without_look_up(claim: Claim) -> Claim:
    """The claim once it is known whether there is a lent address on its pod's IP."""
    return changed(claim, look_up=False)


def _here(job: Job, usable: Sequence[Address]) -> list[Address]:
    """Those on the pod's own IP: nothing but an association remembers who had what, once Redis was lost.

    Raises:
        TryLater: the pod's interface cannot be told yet.

    """
    claim = job.held.claim
    same = [a for a in usable if a.private_ip == claim.pod_ip]
    if not same:
        return []
    found = job.world.finder.find(place_of(claim))
    if isinstance(found, NotYet):
        raise wait_for_interface(job, 2.0, found.reason, EventReason.ALLOCATE_FAILED)
    if isinstance(found, NotServable):
        return []
    return [a for a in same if a.interface_id == found.interface_id]


def _not_lent(claim: Claim, shown: Sequence[Address]) -> Failed:
    asked = _asked(claim)
    note = f"{asked} is not lent to this pod" if shown else f"there is no {asked}"
    remedy = (
        f"{note[0].upper()}{note[1:]}. Ask whoever runs the cluster to tag an address with {LEND_TAG}, "
        f"naming the cluster or {claim.key}; or change what the pod asks for."
    )
    return Failed(NOT_LENT, note, remedy, after=WAIT)


def _in_use(job: Job, usable: Sequence[Address], waits: Waits) -> Failed:
    claim = job.held.claim
    holder = job.world.ledger.claim(waits.holder) if waits.holder else None
    sits = next((a for a in usable if a.association_id), None)
    if claim.pool:
        note = f"all {len(usable)} addresses of the pool {claim.pool} that are lent to this pod are in use"
    elif holder:
        note = f"{_asked(claim)} is in use by the pod {holder.key}"
    else:
        note = f"{_asked(claim)} is associated with {sits.private_ip if sits else 'another IP'}"
    remedy = f"{note[0].upper()}{note[1:]}. The pod is served as soon as one is free."
    return Failed(NO_ADDRESS_FREE, note, remedy, after=WAIT, reason=EventReason.NOT_FREE)


def _asked(claim: Claim) -> str:
    return f"address of the pool {claim.pool}" if claim.pool else f"address {claim.request_address}"
