"""What becomes of a claim by what is seen of its pod: in a watch, in a list, or by a read."""

import msgspec

from eip import names
from eip.claim import NOT_READY_WRITTEN, NOTHING_WRITTEN, Claim, changed
from eip.decide import NOT_MANAGED, POOL_NOT_LENT, UNUSABLE_REQUEST, Decision, Desired, EventType, serve_with
from eip.pod import Pod
from eip.request import Request, Unusable, requested


def observe(
    claim: Claim | None,
    event: EventType,
    pod: Pod,
    decision: Decision,
    written: str,
    *,
    listed: bool = False,
) -> Claim | None:
    """The claim after the pod was seen; the same object when nothing that matters has changed.

    None when nothing is known of the pod and it wants nothing. A DELETED event of an unknown pod makes
    a claim that is looked up by tag, an unknown pod that is ending and asks for a lent address one that is
    looked up by its IP. An older resourceVersion than the last one changes nothing, unless
    the pod was `listed`: versions begin anew when etcd was restored from a backup.
    """
    version = int(pod.metadata.resource_version or 0)
    if claim is None:
        return _first_sight(event, pod, decision, written, version)
    if version < claim.resource_version and event is not EventType.DELETED and not listed:
        return claim
    after = msgspec.structs.replace(_desire(claim, pod, decision), written=written)
    if after == claim:
        return claim
    return msgspec.structs.replace(after, resource_version=version)


def _first_sight(event: EventType, pod: Pod, decision: Decision, written: str, version: int) -> Claim | None:
    deleted = event is EventType.DELETED
    if decision.desired is Desired.RELEASE and not deleted and not decision.warn:
        # Where all pods are watched, most are nobody's business, whatever they say for external-dns.
        stale = written not in ("", NOTHING_WRITTEN, NOT_READY_WRITTEN) and decision.rule != NOT_MANAGED
        if not stale:
            return None
    claim = _desire(Claim(uid=pod.uid), pod, decision)
    # Redis may have been lost since it took one: a lent address carries no pod's tags.
    ending = claim.desired is Desired.SERVE and claim.terminating and claim.request.lent
    return msgspec.structs.replace(
        claim, written=written, resource_version=version, look_up=deleted or ending
    )


def _desire(claim: Claim, pod: Pod, decision: Decision) -> Claim:
    request = _request(claim, pod)
    if decision.rule in (UNUSABLE_REQUEST, POOL_NOT_LENT) and claim.allocation_id:
        decision = serve_with(pod)
    served = decision.desired is Desired.SERVE
    return msgspec.structs.replace(
        claim,
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        desired=decision.desired,
        rule=decision.rule,
        reason=decision.reason,
        warn=decision.warn,
        terminating=pod.metadata.deletion_timestamp is not None,
        pod_ip=pod.ipv4 if served else "",
        node=pod.spec.node_name,
        host_ip=pod.status.host_ip,
        eni_hint=pod.annotation(names.POD_ENI_ANNOTATION)[:4096],
        request_address=request.address,
        pool=request.pool,
        public_ipv4_pool=request.public_ipv4_pool,
        keep=request.keep,
        reverse_dns=request.reverse_dns,
        idle_since=claim.idle_since if decision.desired is Desired.RELEASE else 0,
    )


def _request(claim: Claim, pod: Pod) -> Request:
    """What holds of what is asked for: once there is an address, another is not looked for."""
    try:
        request = requested(pod)
    except Unusable:
        return claim.request
    if not claim.allocation_id and not claim.intent_at:
        return request
    if claim.lent:
        return msgspec.structs.replace(claim.request, keep=0, reverse_dns="")
    return msgspec.structs.replace(claim.request, keep=request.keep, reverse_dns=request.reverse_dns)


def gone(claim: Claim) -> Claim:
    """The claim once the API server confirmed that this uid exists no longer: nothing to write on."""
    return msgspec.structs.replace(
        claim,
        desired=Desired.RELEASE,
        rule="gone",
        reason="the pod is gone",
        warn=False,
        pod_ip="",
        written="",
    )


def left(claim: Claim | None) -> Claim | None:
    """The claim of a pod that a complete list does not have; the release confirms that it is gone."""
    if claim is None or claim.desired is Desired.RELEASE:
        return claim
    return changed(
        claim, desired=Desired.RELEASE, rule="left-watch", reason="the pod is not there any more", pod_ip=""
    )
