"""The confirming read: what the API server says of the claim's pod, at this moment.

The name that is asked for is the claim's. Only 404 and another uid mean gone; every other failure is
raised, and means that nothing is known. A claim without a name cannot be asked about.
"""

from eip.claim import Claim, next_step
from eip.decide import EventType, decide
from eip.names import Action, Step
from eip.observe import gone, observe
from eip.pod import Pod
from eip.writing import seen_on
from workers.outcome import Change, Done, TryLater
from workers.sweep.stray import confirm_stray, is_stray
from workers.world import Job, World

UNNAMED_SECONDS = 60.0
"""Until a claim without a name is looked at again: a sweep may have learned it from the pod itself."""


def confirm(world: World, claim: Claim) -> Change:
    """Read the pod; answers what the claim becomes by it.

    Raises:
        KubernetesError: it is not known whether the pod exists.
        TryLater: the claim does not say which pod it is.

    """
    if not claim.namespace or not claim.name:
        raise TryLater(UNNAMED_SECONDS, "the pod's name is not known, so nobody can be asked about it")
    pod = world.kubernetes.get_pod(claim.namespace, claim.name)
    if pod is None or pod.uid != claim.uid:
        return gone
    return seen(world, pod, claim)


def confirm_for(job: Job, action: Action) -> Change:
    """Read the job's pod; a token for `action` is given back when nothing is learned."""
    claim = job.held.claim
    try:
        return confirm_stray(job) if is_stray(claim) else confirm(job.world, claim)
    except Exception:
        job.world.budget.refund(action)
        raise


def confirm_to_associate(job: Job, action: Action) -> Change | Done:
    """Read the job's pod, whose IP is to have its address; what to say when the pod is not what it was."""
    confirmed = confirm_for(job, action)
    claim = job.held.claim
    after = confirmed(claim)
    if next_step(after) is Step.ASSOCIATE and after.pod_ip == claim.pod_ip:
        return confirmed
    job.world.budget.refund(action)
    return Done("the pod is not what it was", confirmed)


def seen(world: World, pod: Pod, before: Claim) -> Change:
    """What a claim becomes when its pod was read.

    A read is never older than the claim `before` it: a lower resourceVersion means that etcd was restored.
    """
    restored = int(pod.metadata.resource_version or 0) < before.resource_version
    decision = decide(EventType.READ, pod, world.scope)
    written = seen_on(pod, world.external_dns)

    def change(claim: Claim) -> Claim:
        return observe(claim, EventType.READ, pod, decision, written, listed=restored) or claim

    return change
