"""Kubernetes Events on pods and nodes: each reason at most once in ten minutes, and all at a limited rate."""

import datetime as dt

import structlog

from eip import names
from eip.claim import Claim
from eip.errors import EipError
from eip.names import EventReason
from eip.node import about_node
from eip.store.ledger import Ledger
from eip.store.limiter import Limiter
from workers.ports import Kubernetes

log = structlog.get_logger(__name__)

QUIET = 600
"""Seconds for which the same reason is not told again for the same pod."""

EVENTS_OF_NODES = "default"
"""Where the API server wants Events of what is in no namespace."""


class Teller:
    """Posts Events. They help people, and never fail a step: what goes wrong is logged."""

    def __init__(self, kubernetes: Kubernetes, ledger: Ledger, limiter: Limiter) -> None:
        """All are shared by the worker's threads."""
        self._kubernetes = kubernetes
        self._ledger = ledger
        self._limiter = limiter

    def tell(self, claim: Claim, reason: EventReason, message: str, *, warning: bool) -> None:
        """Post an Event about the claim's pod, unless the same was told a short while ago."""
        try:
            if not self._limiter.take(names.EVENTS_BUCKET, 0).granted:
                log.info("event not posted, too many at once", pod=claim.key, reason=reason)
                return
            if not self._ledger.first_in(claim.uid, reason.value, QUIET):
                self._limiter.refund(names.EVENTS_BUCKET)
                return
            namespace = EVENTS_OF_NODES if claim.is_node else claim.namespace
            self._kubernetes.create_event(_event(claim, reason, message, warning=warning), namespace)
        except EipError as error:
            log.warning("event not posted", pod=claim.key, reason=reason, error=str(error))


def _event(claim: Claim, reason: EventReason, message: str, *, warning: bool) -> dict[str, object]:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about: dict[str, object] = {"apiVersion": "v1", "name": claim.name, "uid": claim.uid}
    if claim.is_node:
        about, message = {**about, "kind": "Node"}, about_node(message)
    else:
        about = {**about, "kind": "Pod", "namespace": claim.namespace}
    namespace = EVENTS_OF_NODES if claim.is_node else claim.namespace
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{claim.name[:200]}.", "namespace": namespace},
        "involvedObject": about,
        "reason": reason.value,
        "message": message[:1024],
        "type": "Warning" if warning else "Normal",
        "source": {"component": names.EVENT_SOURCE},
        "reportingComponent": names.EVENT_SOURCE,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
