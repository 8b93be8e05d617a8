"""Reverse DNS: the record (PTR) that an address is to have, for pods that ask for one; one call a task.

EC2 sets it once the name resolves to the address, which external-dns sees to after the pod was written on,
and then takes minutes. Nothing waits for it: what fails here does not count as the claim's failures.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from eip.claim import Claim, changed, without_name
from eip.errors import Ec2Error, LeaseLost
from eip.names import Action, EventReason
from eip.reverse_dns import BARE, DomainState
from workers.aws.codes import Verdict, verdict
from workers.failure import failed
from workers.outcome import Again, Change, Done, Failed, Outcome, TryLater
from workers.ports import ReverseDns
from workers.steps.not_found import gone_or_failed
from workers.world import Job

T = TypeVar("T")

INTERVAL_MS = 10_000
"""Between two calls for the record of one address, however often its pod's author has second thoughts."""

SHOWN_MS = 60_000
"""Within this time EC2 may not show yet what it said yes to."""

LONG_MS = 1_800_000
"""After this time the pod is told that EC2 is still at it."""

SHORTEST_LOOK, LONGEST_LOOK = 5.0, 60.0
"""Seconds between two looks: half the time that has passed, within these."""

FIRST_TRIES = 2
"""So often a missing forward record is no news: external-dns makes it after the pod was written on."""


def name_address(job: Job) -> Outcome:
    """Note what EC2 is going to be asked for, ask for it, look how far it is, or take it away."""
    claim = job.held.claim
    if not claim.reverse_dns:
        return _withdraw(job)
    if claim.domain_name != claim.reverse_dns or claim.domain_state in BARE:
        # Written first: who takes the wish back finds that there may be a record.
        name = claim.reverse_dns
        return Done(
            f"is going to ask for the reverse DNS record {name}",
            _noted(claim, domain_name=name, domain_state=DomainState.ASKED, domain_tries=0),
        )
    return _look(job) if claim.domain_state is DomainState.PENDING else _ask(job)


def _ask(job: Job) -> Outcome:
    _token(job, Action.MODIFY_ATTRIBUTE)
    claim, now = job.held.claim, job.held.now
    try:
        record = _changing(job, lambda: job.world.ec2.set_reverse_dns(claim.allocation_id, claim.domain_name))
    except Ec2Error as error:
        return _refused(job, error, domain_at=now)
    return _judged(job, record, now)


def _look(job: Job) -> Outcome:
    job.served()
    try:
        record = job.world.ec2.reverse_dns(job.held.claim.allocation_id)
    except Ec2Error as error:
        return _refused(job, error)
    return _judged(job, record, job.held.claim.domain_at)


def _judged(job: Job, record: ReverseDns, asked_at: int) -> Outcome:
    """What follows from what the record is, for which EC2 was asked at that time."""
    claim, age = job.held.claim, job.held.now - asked_at
    note = f"EC2 is setting the reverse DNS record {claim.domain_name}"
    pending = _noted(claim, domain_state=DomainState.PENDING, domain_at=asked_at)
    later = min(max(age / 2000, SHORTEST_LOOK), LONGEST_LOOK)
    if record.is_pending:
        if age < LONG_MS:
            return Again(later, note, pending)
        return replace(_failed(claim, "PtrPending", note, _forward(claim), pending), after=later)
    if record.name == claim.domain_name:
        return _is_set(job, asked_at)
    if not record.update and age < SHOWN_MS:
        return Again(later, note, pending)
    why = record.reason or "it was not set, and no reason is given"
    asked = _noted(claim, domain_state=DomainState.ASKED, domain_tries=claim.domain_tries + 1)
    return _failed(claim, "PtrFailed", why, _forward(claim, why) if _is_news(claim) else "", asked)


def _is_set(job: Job, asked_at: int) -> Done:
    claim = job.held.claim
    note = f"{claim.public_ip} resolves to {claim.domain_name}"
    job.world.teller.tell(claim, EventReason.REVERSE_DNS_READY, note, warning=False)
    return Done(note, _noted(claim, domain_state=DomainState.SET, domain_at=asked_at, domain_tries=0))


def _withdraw(job: Job) -> Outcome:
    """Nobody asks for the name any more, and the pod lives on."""
    _token(job, Action.RESET_ATTRIBUTE)
    claim, now = job.held.claim, job.held.now
    try:
        _changing(job, lambda: job.world.ec2.reset_reverse_dns(claim.allocation_id))
    except Ec2Error as error:
        means = verdict(error).verdict
        if claim.domain_state is not DomainState.ASKED or means not in (Verdict.REFUSED, Verdict.DENIED):
            return _refused(job, error, domain_at=now)
        # It was never said to be there.
    return Done(
        f"took the reverse DNS record off {claim.public_ip}",
        lambda c: without_name(c, DomainState.WITHDRAWN, now) if _same_address(c, claim) else c,
    )


def _token(job: Job, action: Action) -> None:
    claim, now = job.held.claim, job.held.now
    passed = now - claim.domain_at
    if claim.domain_at and passed < INTERVAL_MS:
        raise TryLater((INTERVAL_MS - passed) / 1000, "EC2 was asked a short while ago")
    job.token(action)


def _changing(job: Job, call: Callable[[], T]) -> T:
    """Make a call; one that came after the lease ran out may have undone another's, which is to look again.

    Raises:
        LeaseLost: another holds the claim, or it was changed since it was read.

    """
    try:
        return call()
    finally:
        try:
            job.held = job.world.ledger.renew(job.held)
        except LeaseLost:
            doubt = _noted(job.held.claim, domain_state=DomainState.ASKED, domain_at=job.held.now)
            job.world.queue.update(job.held.claim.uid, lambda c: doubt(c) if c else c)
            raise


def _refused(job: Job, error: Ec2Error, **fields: object) -> Outcome:
    """The failure that an error of EC2 is; a name that does not resolve to the address yet is the likely one.

    EC2's reference does not say by which code it tells that, so that any refusal is told as one.
    """
    claim, row = job.held.claim, verdict(error)
    change = _noted(claim, domain_tries=claim.domain_tries + 1, **fields)
    gone = row.verdict is Verdict.GONE
    outcome = gone_or_failed(job, error) if gone else failed(error, held=job.held)
    if not isinstance(outcome, Failed):
        return outcome
    remedy = outcome.remedy
    if row.verdict is Verdict.REFUSED and claim.reverse_dns:
        remedy = _forward(claim, str(error)) if _is_news(claim) else ""
    return replace(_failed(claim, error.code, str(error), remedy, change), slow=outcome.slow)


def _failed(claim: Claim, code: str, note: str, remedy: str, change: Change) -> Failed:
    return Failed(
        code,
        note,
        remedy,
        slow=True,
        change=change,
        reason=EventReason.REVERSE_DNS_FAILED,
        tries=claim.domain_tries,
    )


def _is_news(claim: Claim) -> bool:
    return claim.domain_tries >= FIRST_TRIES


def _forward(claim: Claim, said: str = "it is not done yet") -> str:
    name, ip = claim.domain_name, claim.public_ip
    return (
        f"{ip} does not resolve to {name} yet; EC2: {said[:256].removesuffix('.')}. EC2 needs a public DNS "
        f"record of type A, {name} -> {ip}, first: create it, or look why external-dns did not. It is tried "
        "again, and the address serves meanwhile."
    )


def _noted(claim: Claim, **fields: object) -> Change:
    return lambda c: changed(c, **fields) if _same_address(c, claim) else c


def _same_address(claim: Claim, other: Claim) -> bool:
    return claim.allocation_id == other.allocation_id
