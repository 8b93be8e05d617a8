"""Rows of `eip plan`: what a sweep would do, and why; without a call to anyone."""

from collections.abc import Iterator, Sequence

import msgspec

from cli.rows.words import age, plain
from eip import names
from eip.claim import Claim, next_step
from eip.decide import EventType, Scope, decide
from eip.observe import observe
from eip.pod import Pod
from eip.writing import seen_on
from workers.ports import Address
from workers.sweep.plan import Plan, Snapshot


class PlanRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that a sweep would do; `changes` says whether anything but a report comes of it."""

    what: str
    pod: str
    address: str
    why: str
    changes: bool = True


def plan_rows(
    todo: Plan, snapshot: Snapshot, scope: Scope, external_dns: Sequence[str], orphan_age: float
) -> list[PlanRow]:
    """The rows, the addresses first; `orphan_age` is in seconds."""
    return [
        *_adopted(todo, snapshot),
        *_suspected(todo, snapshot, orphan_age),
        *_lent(todo, snapshot),
        *(PlanRow(what="forget", pod=_key(uid, snapshot), address="", why=_LOST) for uid in todo.lost),
        *(PlanRow(what="release", pod=_key(uid, snapshot), address="", why=_LEFT) for uid in todo.left),
        *_observed(snapshot, scope, external_dns),
        *_reported(todo, snapshot),
    ]


_SHOWN = "it is lent to the pod, and EC2 and the claim disagree; EC2's word is taken"
_STRAY = "it is lent, and on an IP that no pod has"
_LOST = "its address is not in EC2 any more; the pod gets another"
_LEFT = (
    "the pod is not there any more, or lost its label; confirmed by the API server before anything is done"
)


def _adopted(todo: Plan, snapshot: Snapshot) -> Iterator[PlanRow]:
    for uid, addresses in todo.adopt.items():
        claim = snapshot.claims.get(uid)
        for address in addresses:
            yield PlanRow(
                what="adopt",
                pod=_key(uid, snapshot, address),
                address=address.allocation_id,
                why=_why_adopted(claim, uid in snapshot.pods, len(addresses)),
            )


def _why_adopted(claim: Claim | None, pod_is_there: bool, addresses: int) -> str:  # noqa: FBT001
    if addresses > 1:
        return f"the pod has {addresses} addresses; one stays"
    if claim is not None:
        return "EC2 and the claim disagree; EC2's word is taken"
    if pod_is_there:
        return "no claim knows it"
    return "nobody's for long enough; released once the API server confirms that the pod is gone"


def _lent(todo: Plan, snapshot: Snapshot) -> Iterator[PlanRow]:
    for uid, address in todo.shown.items():
        yield PlanRow(what="adopt", pod=_key(uid, snapshot), address=address.allocation_id, why=_SHOWN)
    for address in todo.strays:
        yield PlanRow(what="take off", pod="", address=address.allocation_id, why=_STRAY)


def _suspected(todo: Plan, snapshot: Snapshot, orphan_age: float) -> Iterator[PlanRow]:
    adopted = {address.allocation_id for addresses in todo.adopt.values() for address in addresses}
    for address in snapshot.addresses:
        since = todo.suspects.get(address.allocation_id)
        if since is None or address.allocation_id in adopted:
            continue
        left = orphan_age - (snapshot.taken_at - since) / 1000
        yield PlanRow(
            what="suspect",
            pod=_key("", snapshot, address),
            address=address.allocation_id,
            why=f"no pod and no claim; released by the first sweep after {age(left)}",
        )


def _observed(snapshot: Snapshot, scope: Scope, external_dns: Sequence[str]) -> Iterator[PlanRow]:
    for uid, pod in snapshot.pods.items():
        before = snapshot.claims.get(uid)
        after = _seen(before, pod, scope, external_dns)
        step = next_step(after) if after else None
        if after is None or after is before or step is None:
            continue
        yield PlanRow(what="observe", pod=pod.key, address="", why=f"{plain(after.reason)}; next: {step}")


def _seen(claim: Claim | None, pod: Pod, scope: Scope, external_dns: Sequence[str]) -> Claim | None:
    decision = decide(EventType.READ, pod, scope)
    return observe(claim, EventType.READ, pod, decision, seen_on(pod, external_dns))


def _reported(todo: Plan, snapshot: Snapshot) -> Iterator[PlanRow]:
    found = {address.allocation_id: address for address in snapshot.addresses}
    for allocation_id, why in todo.reports.items():
        key = _key("", snapshot, found.get(allocation_id))
        yield PlanRow(what="leave alone", pod=key, address=allocation_id, why=why, changes=False)


def _key(uid: str, snapshot: Snapshot, address: Address | None = None) -> str:
    """The pod's name, from whoever knows it."""
    if pod := snapshot.pods.get(uid):
        return pod.key
    if claim := snapshot.claims.get(uid):
        return claim.key
    return _tagged(address) if address else uid


def _tagged(address: Address) -> str:
    namespace, name = (address.tags.get(tag, "") for tag in (names.NAMESPACE_TAG, names.POD_NAME_TAG))
    return plain(f"{namespace}/{name}") if namespace or name else ""
