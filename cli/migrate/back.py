"""The way back: what the other operator needs to take its addresses up again where it left them.

| the address                                    | phase | to do                                            |
|------------------------------------------------|-------|--------------------------------------------------|
| ours and the other's, its Eip is there         | 1     | the finalizers of Eip and pod as they were       |
|                                                | 2     | our tags go                                      |
|                                                | 3     | our label and annotations go from the pod        |
| the other's alone, its pod still has our label | 3     | our label and annotations go                     |
| ours and the other's, its Eip was deleted      |       | nothing: the other would release it at its start |
| ours alone: allocated after the move           |       | nothing: the other would release it at its start |

The label goes after the tags: what is without our tags is not touched by our workers, whatever the pod says.
"""

from collections.abc import Iterator

from cli.migrate.facts import Facts, Pod
from cli.migrate.judge import Judged, Request, Verdict, judge
from cli.migrate.plan import Plan, Row, associations, eip_of, obstacles
from cli.migrate.steps import Kind, Step, finalizers, patch
from eip import names

OUR_TAGS = (
    names.POD_UID_TAG,
    names.CLUSTER_NAME_TAG,
    names.CLUSTER_UID_TAG,
    names.NAMESPACE_TAG,
    names.POD_NAME_TAG,
    names.ALLOCATED_AT_TAG,
    names.KEEP_TAG,
)
OUR_ANNOTATIONS = (names.PUBLIC_IP_ANNOTATION, names.ALLOCATION_ID_ANNOTATION, names.KEEP_ANNOTATION)

LOST = "the other operator would release it at its start: {}"


def back(facts: Facts, request: Request) -> Plan:
    """Compare what is there with what the other operator left."""
    judged = judge(facts, request)
    rows, steps = [], []
    for one in judged:
        row, own = _of(one, facts, request)
        rows.append(row)
        steps += own
    rows += _allocated_since(facts, request)
    ordered = tuple(sorted(steps, key=lambda step: step.phase))
    return Plan(tuple(rows), ordered, tuple(obstacles(facts, request, ours_rests=True)), associations(judged))


def _of(one: Judged, facts: Facts, request: Request) -> tuple[Row, list[Step]]:
    address, pod = one.address, one.pod
    key = pod.key if pod else request.origin.pod_key(address.tags)
    verdict, why, steps = Verdict.LEAVE, one.why or "was not moved", list[Step]()
    if pod and one.verdict is Verdict.MOVED and _releasable(one, facts, request):
        verdict, why = Verdict.PROBLEM, LOST.format("its Eip was deleted. It stays this operator's")
    elif pod and one.verdict is Verdict.MOVED:
        verdict, why, steps = Verdict.MOVE, "", list(_give_back(one, pod, facts, request))
    elif pod and one.verdict is Verdict.MOVE and names.MANAGE_LABEL in pod.metadata.labels:
        verdict, why, steps = Verdict.MOVE, "", [_unlabel(pod)]
    todo = tuple(step.kind for step in steps)
    return Row(verdict, key, address.public_ip, address.allocation_id, why, todo), steps


def _releasable(one: Judged, facts: Facts, request: Request) -> bool:
    return bool(request.origin.eip_uid_tag) and eip_of(one, facts, request) is None


def _give_back(one: Judged, pod: Pod, facts: Facts, request: Request) -> Iterator[Step]:
    origin = request.origin
    eip = eip_of(one, facts, request)
    if eip and origin.eip_finalizer not in eip.metadata.finalizers and not eip.metadata.deletion_timestamp:
        yield finalizers(Kind.HOLD_EIP, eip, [*eip.metadata.finalizers, origin.eip_finalizer])
    missing = origin.pod_finalizer and origin.pod_finalizer not in pod.metadata.finalizers
    if missing and not pod.metadata.deletion_timestamp:
        yield finalizers(Kind.HOLD_POD, pod, [*pod.metadata.finalizers, origin.pod_finalizer])
    keys = tuple(key for key in OUR_TAGS if key in one.address.tags)
    yield Step(Kind.DISOWN, one.address.public_ip, one.address.allocation_id, keys=keys)
    yield _unlabel(pod)


def _unlabel(pod: Pod) -> Step:
    annotations = {key: None for key in OUR_ANNOTATIONS if key in pod.metadata.annotations}
    return patch(Kind.UNLABEL, pod, labels={names.MANAGE_LABEL: None}, annotations=annotations)


def _allocated_since(facts: Facts, request: Request) -> Iterator[Row]:
    """Materialize's operator takes our cluster's tag for one of its own first version's."""
    if not request.origin.eip_uid_tag:
        return
    for address in facts.addresses:
        tags = address.tags
        named = tags.get(names.CLUSTER_NAME_TAG) == request.old_cluster
        if named and request.origin.marker_tag not in tags:
            key = f"{tags.get(names.NAMESPACE_TAG, '')}/{tags.get(names.POD_NAME_TAG, '')}"
            why = LOST.format("it was allocated by this operator. Delete its pod first, or its label")
            yield Row(Verdict.PROBLEM, key, address.public_ip, address.allocation_id, why)
