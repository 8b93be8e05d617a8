"""What a move is to do: facts in, ordered steps out, without a call to anyone.

| the address or object                            | phase | to do                                         |
|--------------------------------------------------|-------|-----------------------------------------------|
| an address to move (`judge`)                     | 1     | label its pod, then tag the address           |
| a pod that asks, without an address              | 1     | label it: this operator allocates one         |
| an address that is ours, its pod has a finalizer | 2     | remove the other operator's finalizer         |
| a pod with a finalizer and nothing to lose       | 2     | remove it                                     |
| the Eip of an address that is ours               | 2     | remove its finalizer, which would release it  |
| the same, `--remove-old`                         | 3     | delete the Eip                                |
| its pod, `--remove-old`                          | 4     | remove what the other wrote on it             |
| an address that is ours, `--remove-old`          | 4, 5  | rename it, remove the other's tags            |
| everything else                                  |       | nothing: it is named with what is wrong       |

The label comes first: a labelled pod whose address is not tagged costs a refused association, while a tagged
address whose pod is not labelled would be released by the sweep. A pod's finalizer goes last: until EC2 shows
our tags, it is what keeps the pod until somebody has taken its address away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cli.migrate.facts import Eip, Facts, Pod
from cli.migrate.judge import Judged, Request, Verdict, judge
from cli.migrate.origin import ours_running
from cli.migrate.steps import Kind, Step, finalizers, patch
from eip import names
from eip.aliases import managed_by_alias
from eip.request import FOREVER, keep_text
from workers.aws.tags import LONGEST_VALUE, tags_of
from workers.ports import Owner

NO_ADDRESS = "has no address yet; this operator allocates one"
NOTHING_TO_LOSE = "has no address; its deletion would hang without the other operator"


@dataclass(frozen=True, slots=True)
class Row:
    """One line for people."""

    verdict: Verdict
    pod: str
    public_ip: str = ""
    allocation_id: str = ""
    why: str = ""
    todo: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows for people, steps in their order, and what forbids to begin."""

    rows: tuple[Row, ...] = ()
    steps: tuple[Step, ...] = ()
    obstacles: tuple[str, ...] = ()
    associations: Mapping[str, str] = field(default_factory=dict)
    """What must not change, by allocation id."""

    @property
    def due(self) -> tuple[Step, ...]:
        """The steps of the first phase that has any."""
        first = min((step.phase for step in self.steps), default=0)
        return tuple(step for step in self.steps if step.phase == first)


def plan(facts: Facts, request: Request) -> Plan:
    """Compare what is there with what a finished move looks like."""
    judged = judge(facts, request)
    rows, steps = [], []
    for one in judged:
        own = list(_steps_of(one, facts, request))
        rows.append(_row(one, request, own))
        steps += own
    for pod, why, own in _others(judged, facts, request):
        rows.append(Row(Verdict.MOVE, pod.key, why=why, todo=tuple(step.kind for step in own)))
        steps += own
    ordered = tuple(sorted(steps, key=lambda step: step.phase))
    taken = any(step.kind is Kind.TAG for step in steps)
    return Plan(
        tuple(rows), ordered, tuple(obstacles(facts, request, ours_rests=taken)), associations(judged)
    )


def obstacles(facts: Facts, request: Request, *, ours_rests: bool) -> Iterator[str]:
    """What forbids to begin: two operators at work on the same address, and rights that lack.

    `ours_rests` says that our own must not run: not while addresses change hands.
    """
    if running := request.origin.running(facts.pods):
        yield (
            f"the other operator runs in {', '.join(running)}: it would take back what is moved. "
            "Scale its Deployment to 0 and wait for its pods to end; do not delete its Eips."
        )
    if ours_rests and (running := ours_running(facts.pods)):
        yield (
            f"this operator runs in {', '.join(running)}: it would allocate second addresses before it "
            "knows of the first. Scale its producer and workers to 0 for the move, and empty its Redis "
            "before they start again."
        )
    yield from (f"a right is missing: {right}" for right in facts.denied)


def associations(judged: list[Judged]) -> dict[str, str]:
    """The associations of the addresses that are moved, or were."""
    mine = [one.address for one in judged if one.verdict in (Verdict.MOVE, Verdict.MOVED)]
    return {address.allocation_id: address.association for address in mine}


def eip_of(one: Judged, facts: Facts, request: Request) -> Eip | None:
    """The resource that the address' tag names."""
    uid = one.address.tags.get(request.origin.eip_uid_tag)
    return next((eip for eip in facts.eips if eip.metadata.uid == uid), None) if uid else None


def _row(one: Judged, request: Request, steps: list[Step]) -> Row:
    address = one.address
    pod = one.pod.key if one.pod else request.origin.pod_key(address.tags)
    todo = tuple(dict.fromkeys(step.kind for step in steps))
    return Row(one.verdict, pod, address.public_ip, address.allocation_id, one.why, todo)


def _steps_of(one: Judged, facts: Facts, request: Request) -> Iterator[Step]:
    if one.pod is None or one.verdict not in (Verdict.MOVE, Verdict.MOVED):
        return
    if one.verdict is Verdict.MOVE:
        keep = bool(request.origin.kept(one.pod, one.address.tags))
        yield _label(one.pod, keep=keep)
        yield _tag(one, one.pod, request, keep=keep)
    yield from _free(one.pod, request)
    eip = eip_of(one, facts, request)
    if eip and request.origin.eip_finalizer in eip.metadata.finalizers:
        left = [f for f in eip.metadata.finalizers if f != request.origin.eip_finalizer]
        yield finalizers(Kind.FREE_EIP, eip, left)
    if request.remove_old:
        yield from _remove_old(one, one.pod, eip, request)


def _label(pod: Pod, *, keep: bool) -> Step:
    """Also where the label is there: it confirms that the pod is, right before its address is tagged."""
    annotations = {"annotations": {names.KEEP_ANNOTATION: keep_text(FOREVER)}} if keep else {}
    return patch(Kind.LABEL, pod, labels={names.MANAGE_LABEL: "true"}, **annotations)


def _tag(one: Judged, pod: Pod, request: Request, *, keep: bool) -> Step:
    """Our tags, all in one call; a Name that is there stays until there is no way back."""
    owner = Owner(pod.metadata.uid, pod.metadata.namespace, pod.metadata.name)
    identity = request.identity
    made = tags_of(owner, identity.cluster_name, identity.cluster_uid, request.tags, request.now)
    tags = {tag["Key"]: tag["Value"] for tag in made if tag["Key"] not in _present_name(one)}
    if keep:
        tags[names.KEEP_TAG] = keep_text(FOREVER)
    return Step(Kind.TAG, one.address.public_ip, one.address.allocation_id, pod.metadata.uid, tags)


def _present_name(one: Judged) -> set[str]:
    return {names.NAME_TAG} & one.address.tags.keys()


def _free(pod: Pod, request: Request) -> Iterator[Step]:
    finalizer = request.origin.pod_finalizer
    if finalizer in pod.metadata.finalizers:
        yield finalizers(Kind.FREE_POD, pod, [f for f in pod.metadata.finalizers if f != finalizer])


def _remove_old(one: Judged, pod: Pod, eip: Eip | None, request: Request) -> Iterator[Step]:
    origin, address = request.origin, one.address
    if eip:
        yield Step(Kind.DELETE_EIP, eip.key, eip.path, eip.metadata.uid)
    if origin.own_name and address.tags.get(names.NAME_TAG, "").startswith(origin.own_name):
        name = f"{request.identity.cluster_name}/{pod.key}"[:LONGEST_VALUE]
        yield Step(Kind.RENAME, address.public_ip, address.allocation_id, body={names.NAME_TAG: name})
    present = tuple(key for key in origin.tags if key in address.tags)
    yield Step(Kind.UNTAG, address.public_ip, address.allocation_id, keys=present)
    labels = {key: None for key in origin.labels if key in pod.metadata.labels}
    annotations = {key: None for key in origin.annotations if key in pod.metadata.annotations}
    if labels or annotations:
        yield patch(Kind.CLEAN_POD, pod, labels=labels, annotations=annotations)


def _others(judged: list[Judged], facts: Facts, request: Request) -> Iterator[tuple[Pod, str, list[Step]]]:
    """Pods that have no address of the other operator, and no Eip that may have one for them."""
    busy = {one.pod.key for one in judged if one.pod} | {eip.pod_key for eip in facts.eips}
    busy |= {request.origin.pod_key(one.address.tags) for one in judged if one.verdict is not Verdict.LEAVE}
    for pod in facts.pods:
        if pod.key in busy or (request.namespaces and pod.metadata.namespace not in request.namespaces):
            continue
        asks = managed_by_alias(pod.metadata.labels, pod.metadata.annotations, {request.origin.alias})
        label = [_label(pod, keep=False)] if asks and not pod.ended else []
        free = list(_free(pod, request))
        if label or free:
            yield pod, NO_ADDRESS if label else NOTHING_TO_LOSE, [*label, *free]
