"""Kubernetes Events on a pod: each reason at most once in ten minutes, and all at a limited rate."""

import datetime as dt

import structlog

from eip import names
from eip.claim import Claim
from eip.errors import EipError
from eip.ledger import Ledger
from eip.limiter import Limiter
from eip.names import EventReason
from workers.ports import Kubernetes

log = structlog.get_logger(__name__)

QUIET = 600
"""Seconds for which the same reason is not told again for the same pod."""


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
            self._kubernetes.create_event(_event(claim, reason, message, warning=warning), claim.namespace)
        except EipError as error:
            log.warning("event not posted", pod=claim.key, reason=reason, error=str(error))


def _event(claim: Claim, reason: EventReason, message: str, *, warning: bool) -> dict[str, object]:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{claim.name[:200]}.", "namespace": claim.namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": claim.namespace,
            "name": claim.name,
            "uid": claim.uid,
        },
        "reason": reason.value,
        "message": message[:1024],
        "type": "Warning" if warning else "Normal",
        "source": {"component": names.EVENT_SOURCE},
        "reportingComponent": names.EVENT_SOURCE,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
