"""From pods to claims: each pod is decided on, and its claim woken when something is to be done."""

from collections.abc import Sequence

from eip import names
from eip.claim import Claim
from eip.decide import Desired, EventType, Scope, decide
from eip.observe import left, observe
from eip.pod import Pod
from eip.store.workqueue import WorkQueue
from eip.writing import seen_on


class Enqueue:
    """Writes what the watch brings into the claims.

    Every method raises RedisAway, EpochChanged, and StaleLeader when another producer leads.
    """

    def __init__(self, queue: WorkQueue, scope: Scope, external_dns: Sequence[str]) -> None:
        """`external_dns` are the annotations that external-dns reads."""
        self._queue = queue
        self._scope = scope
        self._external_dns = external_dns
        self._epoch = ""

    def seen(self, event: EventType, pod: Pod, fence: int) -> None:
        """One pod changed."""
        self._observe(event, pod, fence, ensure=False)

    def page(self, pods: Sequence[Pod], fence: int) -> None:
        """Some pods of a list: each is woken if it has something to do that nobody will look at."""
        for pod in pods:
            self._observe(EventType.READ, pod, fence, ensure=True)

    def compare(self, namespace: str | None, uids: set[str], fence: int) -> None:
        """The list is complete: claims of other pods are of pods that went unseen.

        The release asks the API server before it touches anything.
        """
        ledger = self._queue.ledger
        missing = sorted(ledger.uids() - uids)
        for uid, claim in ledger.claims(missing).items():
            if _covers(namespace, claim):
                self._queue.update(uid, left, fence=fence, ensure=True)
        ledger.mark("listed")

    def epoch_changed(self) -> bool:
        """Whether Redis has lost what was written, or may have, since this was asked before."""
        before, self._epoch = self._epoch, self._queue.ledger.open_epoch().name
        return before not in ("", self._epoch)

    def _observe(self, event: EventType, pod: Pod, fence: int, *, ensure: bool) -> None:
        if not pod.uid:
            return
        decision = decide(event, pod, self._scope)
        written = seen_on(pod, self._external_dns)
        nobodys = self._is_nobodys(pod)
        released = decision.desired is Desired.RELEASE
        over = nobodys or (released and self._queue.ledger.tombstoned(pod.uid))

        def change(claim: Claim | None) -> Claim | None:
            if claim is None and over:
                return None
            return observe(claim, event, pod, decision, written, listed=ensure)

        self._queue.update(pod.uid, change, fence=fence, ensure=ensure)

    def _is_nobodys(self, pod: Pod) -> bool:
        """Whether a pod was only told of because no selector could leave it out: most of a cluster's are."""
        return not pod.is_node and not self._scope.selector and not self._scope.is_managed(pod)


def _covers(namespace: str | None, claim: Claim) -> bool:
    """Whether a complete list would have had the claim's pod; one of all namespaces has no nodes."""
    return claim.namespace != names.NODES if namespace is None else claim.namespace == namespace
