"""Annotate: what the pod says of its address, in one PATCH of pods/status."""

from eip.claim import Claim, expected_writing, gone
from eip.names import EventReason
from eip.workqueue import changed
from eip.writing import annotations_of, condition_of, seen_on
from workers.outcome import Done, Outcome, TryLater
from workers.world import Job

MEND_INTERVAL_MS = 10_000
"""What another removes is written again, but not in a fight: at most so often."""


def annotate(job: Job) -> Outcome:
    """Write what is true on the pod; a pod that is gone needs no writing."""
    claim, now, world = job.held.claim, job.held.now, job.world
    expected = expected_writing(claim)
    if claim.last_written == expected and now - claim.written_at < MEND_INTERVAL_MS:
        raise TryLater((claim.written_at + MEND_INTERVAL_MS - now) / 1000, "was written a short while ago")
    job.served()
    pod = world.kubernetes.patch_pod_status(
        claim.namespace,
        claim.name,
        claim.uid,
        annotations_of(claim, world.external_dns),
        condition_of(claim),
    )
    if pod is None:
        return Done("the pod is gone", gone)
    _tell(job, claim)
    written = seen_on(pod, world.external_dns)
    version = int(pod.metadata.resource_version or 0)
    return Done(
        f"wrote {claim.public_ip}" if claim.serving else "wrote that there is no address",
        lambda c: changed(
            c,
            written=written,
            last_written=expected,
            written_at=now,
            resource_version=max(c.resource_version, version),
        ),
    )


def _tell(job: Job, claim: Claim) -> None:
    if claim.serving:
        message = f"{claim.public_ip} ({claim.allocation_id}) is associated with {claim.pod_ip}"
        job.world.teller.tell(claim, EventReason.READY, message, warning=False)
    elif claim.warn:
        job.world.teller.tell(claim, EventReason.REFUSED, claim.reason, warning=True)
