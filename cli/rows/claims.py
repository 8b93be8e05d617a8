"""Rows of `eip status`, from claims, pods and what stands in the queues; without a call to anyone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cli.rows.kept import is_kept, seconds_left
from cli.rows.mode import mode
from cli.rows.words import age, moment, parsed, plain
from eip import names
from eip.claim import Claim, next_step
from eip.decide import Desired, EventType, Scope, decide
from eip.names import Step
from eip.observe import observe
from eip.pod import Pod
from eip.writing import seen_on
from workers.ports import Address
from workers.shown import with_address

if TYPE_CHECKING:
    from eip.store.backlog import Backlog


class State(StrEnum):
    """Where a claim is on its way."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    LATER = "later"
    KEPT = "kept"
    PARKED = "parked"
    IDLE = "idle"
    UNREPORTED = "unreported"
    REFUSED = "refused"
    UNSEEN = "unseen"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A state, since when, how many are before it in its line, and seconds until it is looked at again.

    `kept_for` is for how many seconds its address still stays, None without end.
    """

    state: State
    since: datetime | None = None
    ahead: int | None = None
    again_in: float | None = None
    kept_for: float | None = None


class ClaimRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One pod: what it is to have, what it has, and what comes next."""

    namespace: str
    name: str
    uid: str
    mode: str
    desired: str
    reason: str
    actual: str
    next_step: str
    state: State
    since: datetime | None
    ahead: int | None
    again_in: float | None
    kept_for: float | None
    attempts: int
    error: str
    message: str
    public_ip: str
    allocation_id: str
    associated_ip: str
    pod_ip: str
    node: str
    interface_id: str

    @property
    def where(self) -> str:
        """The state in a few words."""
        match self.state:
            case State.QUEUED | State.PARKED if self.ahead:
                return f"{self.state}, {self.ahead} ahead"
            case State.QUEUED | State.PARKED:
                return f"{self.state}, first"
            case State.LATER if self.again_in is not None:
                return f"again in {age(self.again_in)}"
            case State.UNSEEN:
                return "?"
        return self.state.value


def claim_rows(
    claims: Mapping[str, Claim], pods: Mapping[str, Pod], backlog: "Backlog | None", scope: Scope
) -> list[ClaimRow]:
    """A row a claim, and one for each labelled pod that has none; by namespace and name."""
    rows = [claim_row(claim, place(claim, backlog), pods.get(uid)) for uid, claim in claims.items()]
    for uid in pods.keys() - claims.keys():
        claim = seen_claim(pods[uid], scope)
        if claim is not None:
            rows.append(_unclaimed_row(claim, pods[uid]))
    return sorted(rows, key=lambda row: (row.namespace, row.name, row.uid))


def seen_claim(pod: Pod, scope: Scope, address: Address | None = None) -> Claim | None:
    """The claim that Redis would hold for this pod, as far as the pod and EC2 tell."""
    decision = decide(EventType.READ, pod, scope)
    claim = observe(None, EventType.READ, pod, decision, seen_on(pod, ()))
    return with_address(claim, address) if claim is not None and address is not None else claim


def seen_claims(pods: Mapping[str, Pod], addresses: Iterable[Address], scope: Scope) -> dict[str, Claim]:
    """The claims as far as Kubernetes and EC2 tell, for when Redis cannot be seen."""
    owned = {address.tags.get(names.POD_UID_TAG, ""): address for address in addresses}
    found = ((uid, seen_claim(pod, scope, owned.get(uid))) for uid, pod in pods.items())
    return {uid: claim for uid, claim in found if claim is not None}


def _unclaimed_row(claim: Claim, pod: Pod) -> ClaimRow:
    """A refused pod's claim is over as soon as the pod says so; any other should be there."""
    created = parsed(pod.metadata.creation_timestamp or "")
    if claim.desired is Desired.RELEASE:
        return claim_row(claim, Place(state=State.REFUSED, since=created), pod)
    row = claim_row(claim, Place(state=State.UNREPORTED, since=created), pod)
    return msgspec.structs.replace(row, actual="?", next_step="")


def claim_row(claim: Claim, where: Place, pod: Pod | None) -> ClaimRow:
    """The row of one claim, whose pod may not be seen. What is kept waits for no step of its own."""
    step = None if where.state is State.KEPT else next_step(claim)
    return ClaimRow(
        namespace=claim.namespace,
        name=claim.name,
        uid=claim.uid,
        mode=mode(claim, pod),
        desired=claim.desired.value,
        reason=plain(claim.reason),
        actual=_actual(claim),
        next_step=step.value if step else "",
        state=where.state,
        since=where.since,
        ahead=where.ahead,
        again_in=where.again_in,
        kept_for=where.kept_for,
        attempts=claim.attempts,
        error=plain(claim.error),
        message=plain(claim.message),
        public_ip=claim.public_ip,
        allocation_id=claim.allocation_id,
        associated_ip=claim.associated_ip,
        pod_ip=claim.pod_ip,
        node=plain(claim.node),
        interface_id=claim.interface_id,
    )


def place(claim: Claim, backlog: "Backlog | None") -> Place:
    """Where the claim is: under a lease, in a queue, parked, due later, or at rest."""
    if backlog is None:
        return Place(state=State.UNSEEN)
    if claim.lease_until > backlog.now:
        return Place(state=State.RUNNING)
    step = next_step(claim)
    if step is None:
        return Place(state=State.DONE, since=moment(claim.changed_at or claim.allocated_at))
    return _waiting(claim, step, backlog)


def _waiting(claim: Claim, step: Step, backlog: "Backlog") -> Place:
    if queued := backlog.queues[step.queue].wakeups.get(claim.uid):
        return Place(state=State.QUEUED, since=moment(queued.at), ahead=queued.ahead)
    if parked := backlog.parked.get(claim.uid):
        return Place(state=State.PARKED, since=moment(parked.at), ahead=parked.ahead)
    if due := backlog.due.get(claim.uid):
        again_in = max(0, due.at - backlog.now) / 1000
        if is_kept(claim):
            left = seconds_left(claim, backlog.now)
            return Place(state=State.KEPT, since=moment(claim.idle_since), again_in=again_in, kept_for=left)
        return Place(state=State.LATER, again_in=again_in)
    return Place(state=State.IDLE)


def _actual(claim: Claim) -> str:
    more = f" and {len(claim.extra)} more" if claim.extra else ""
    if claim.associated_ip:
        return f"{claim.public_ip} on {claim.associated_ip}{more}"
    if claim.allocation_id:
        return f"{claim.public_ip}, not associated{more}"
    return "asked for, no answer yet" if claim.intent_at else f"no address{more}"
