"""`eip retry`: have a pod's next step tried now, whatever its claim waits for."""

from typing import TYPE_CHECKING

from cli.options import Context, Namespace, OnePod
from cli.output import printing
from cli.output.exits import EndedError, Exit
from cli.pod_name import pod_name
from cli.reach import connections, reading
from cli.reach.connections import Redis
from cli.reach.sight import Sight
from cli.rows.kept import is_kept, seconds_left
from cli.rows.words import age
from eip.claim import Claim, changed, next_step
from eip.names import Step

if TYPE_CHECKING:
    from eip.store.ledger import Schedule


def retry(pod: OnePod, namespace: Namespace = "", *, context: Context = "") -> None:
    """Have a pod's next step tried now, without waiting.

    The quota and EC2's rates hold all the same: a pod that is parked for the quota may park again.
    """
    name = pod_name(pod, namespace, lambda: connections.namespace_of(context))
    ways = connections.connect(context)
    sight = Sight(ways.installation)
    claims = reading.claims(sight, ways)
    if claims is None:
        printing.end(sight)
    found = [
        claim for claim in claims.values() if (claim.namespace, claim.name) == (name.namespace, name.name)
    ]
    if not found:
        raise EndedError(Exit.WRONG, f"nothing is known of the pod {name}; `eip status {name}` says why")
    backlog = reading.backlog(sight, ways)
    for claim in found:
        kept = backlog and _kept(claim, backlog.now)
        printing.say(f"{name}: {kept}" if kept else _retried(claim.uid, str(name), ways.redis()))
    if backlog is not None and backlog.breaker.open and any(claim.uid in backlog.parked for claim in found):
        printing.say(
            "The account's quota of Elastic IPs is used up: it waits again unless an address is free."
        )
    printing.end(sight)


def _kept(claim: Claim, now: int) -> str:
    """What is true while an address waits for the next pod; else nothing."""
    left = seconds_left(claim, now)
    if not is_kept(claim) or left == 0:
        return ""
    until = f"you release {claim.allocation_id} by hand" if left is None else f"it is released in {age(left)}"
    return (
        f"nothing is left to do: {claim.reason}, and {claim.public_ip} is kept for the next pod of its name, "
        f"until {until}"
    )


def _retried(uid: str, name: str, redis: Redis) -> str:
    while True:
        claim = redis.ledger.claim(uid)
        step = next_step(claim) if claim else None
        if claim is None or step is None:
            return f"{name}: nothing is left to do"
        after = changed(claim, attempts=0)
        written = redis.ledger.commit(claim, after, _now(step))
        if written.conflict:
            continue
        if not written.send:
            return f"{name}: {step} is waiting in its queue already, or a worker is at it"
        redis.send(step, after, written.sequence)
        return f"{name}: {step} is next, without waiting{_said(claim)}"


def _now(step: Step) -> "Schedule":
    from eip.store.ledger import Schedule  # noqa: PLC0415 - heavy to import

    return Schedule("wake", step.queue)


def _said(claim: Claim) -> str:
    return f"; it failed with {claim.error}" if claim.error else ""
