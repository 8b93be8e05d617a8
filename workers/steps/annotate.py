"""Annotate: what the pod says of its address, in one PATCH of pods/status."""

import structlog

from eip.claim import Claim, changed, expected_writing, writing_is_right
from eip.decide import Desired
from eip.errors import KubernetesError, LeaseLost
from eip.names import EventReason
from eip.observe import gone
from eip.writing import annotations_of, condition_of, seen_on
from workers.outcome import Change, Done, Failed, Outcome, TryLater
from workers.steps.borrow import NO_ADDRESS_FREE, NOT_LENT
from workers.steps.reverse_dns import name_address
from workers.world import Job, World

log = structlog.get_logger(__name__)

MEND_INTERVAL_MS = 10_000
"""What another removes is written again, but not in a fight: at most so often."""


def annotate(job: Job) -> Outcome:
    """Write what is true on the pod; once that is so, see to the reverse DNS that it asks for.

    A pod that is gone needs no writing.
    """
    claim, now, world = job.held.claim, job.held.now, job.world
    lives = claim.desired is Desired.SERVE or claim.warn
    if lives and not claim.allocation_id and not world.ledger.open_epoch().refilled:
        raise TryLater(1.0, "waits until it is known which addresses there are")
    if claim.owes_name and writing_is_right(claim):
        return name_address(job)
    expected = expected_writing(claim)
    if claim.last_written == expected and now - claim.written_at < MEND_INTERVAL_MS:
        raise TryLater((claim.written_at + MEND_INTERVAL_MS - now) / 1000, "was written a short while ago")
    job.served()
    written = _write(world, claim, now)
    if written is gone:
        return Done("the pod is gone", gone)
    _tell(job, claim)
    return Done(f"wrote {claim.public_ip}" if claim.serving else "wrote that there is no address", written)


def take_back(job: Job, outcome: Outcome) -> Change:
    """Let a pod that has no address on its IP say so, when it still names one; answers what it becomes.

    Otherwise external-dns would publish, for as long as a step fails, what may be a stranger's by then. It is
    not insisted on: the step goes first, and the pod is written on after it in any case.
    """
    change = outcome.change
    after, now = change(job.held.claim), job.held.now
    if after.desired not in {Desired.SERVE, Desired.HOLD} or after.serving or writing_is_right(after):
        return change
    if after.last_written == expected_writing(after) and now - after.written_at < MEND_INTERVAL_MS:
        return change
    if not _is_known(job, after, outcome):
        return change
    try:
        job.renew()
        written = _write(job.world, after, now)
    except LeaseLost:
        return change
    except KubernetesError as error:
        log.warning("the pod still names an address that it does not have", pod=after.key, error=str(error))
        return change
    return lambda claim: written(change(claim))


def _is_known(job: Job, claim: Claim, outcome: Outcome) -> bool:
    """Whether it is known that the claim's address is not on its IP, since Redis may have lost the claims.

    EC2 shows which addresses are the operator's own, and to who looks for a lent one whether it is there.
    """
    if claim.allocation_id:
        return True
    if not job.world.ledger.open_epoch().refilled:
        return False
    looked = isinstance(outcome, Failed) and outcome.code in {NOT_LENT, NO_ADDRESS_FREE}
    return looked or not claim.request.lent


def _write(world: World, claim: Claim, now: int) -> Change:
    pod = world.kubernetes.patch_pod_status(
        claim.namespace,
        claim.name,
        claim.uid,
        annotations_of(claim, world.external_dns),
        condition_of(claim),
    )
    if pod is None:
        return gone
    version = int(pod.metadata.resource_version or 0)
    fields = {"written": seen_on(pod, world.external_dns), "last_written": expected_writing(claim)}
    return lambda c: changed(c, **fields, written_at=now, resource_version=max(c.resource_version, version))


def _tell(job: Job, claim: Claim) -> None:
    if claim.serving:
        message = f"{claim.public_ip} ({claim.allocation_id}) is associated with {claim.pod_ip}"
        job.world.teller.tell(claim, EventReason.READY, message, warning=False)
    elif claim.warn:
        job.world.teller.tell(claim, EventReason.REFUSED, claim.reason, warning=True)
