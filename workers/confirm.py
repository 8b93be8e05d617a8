"""The confirming read: what the API server says of the claim's pod, at this moment.

The name that is asked for is the claim's. Only 404 and another uid mean gone; every other failure is
raised, and means that nothing is known.
"""

from eip.claim import Claim, gone, observe
from eip.decide import EventType, decide
from eip.names import Action
from eip.pod import Pod
from eip.writing import seen_on
from workers.outcome import Change
from workers.world import Job, World


def confirm(world: World, claim: Claim) -> Change:
    """Read the pod; answers what the claim becomes by it.

    Raises:
        KubernetesError: it is not known whether the pod exists.

    """
    if not claim.namespace or not claim.name:
        return gone
    pod = world.kubernetes.get_pod(claim.namespace, claim.name)
    if pod is None or pod.uid != claim.uid:
        return gone
    return seen(world, pod)


def confirm_for(job: Job, action: Action) -> Change:
    """Read the job's pod; a token for `action` is given back when nothing is learned."""
    try:
        return confirm(job.world, job.held.claim)
    except Exception:
        job.world.budget.refund(action)
        raise


def seen(world: World, pod: Pod) -> Change:
    """What a claim becomes when its pod was read."""
    decision = decide(EventType.READ, pod, world.scope)
    written = seen_on(pod, world.external_dns)

    def change(claim: Claim) -> Claim:
        return observe(claim, EventType.READ, pod, decision, written) or claim

    return change
