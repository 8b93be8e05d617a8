"""Holding the Lease: one round reads or renews it, a thin loop repeats the rounds."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from eip import names
from eip.clock import Clock
from eip.errors import KubernetesError
from eip.kubernetes.leases import Lease, LeaseSpec
from producer.backoff import DENIED, Chance
from producer.lease import Observation, Term, Times, bid, given_back, observe

log = structlog.get_logger(__name__)

_CONFLICT = 409


class LeaseCalls(Protocol):
    """What is asked of the API server; each raises KubernetesError, 409 when another was quicker."""

    def get(self, namespace: str, name: str) -> Lease | None:
        """The Lease, or None."""
        ...

    def create(self, namespace: str, lease: Lease) -> Lease:
        """The Lease as created."""
        ...

    def replace(self, namespace: str, name: str, lease: Lease) -> Lease:
        """The Lease as it became."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Elector:
    """One candidate. `identity` must be this process's alone: a restarted one is another candidate."""

    def __init__(
        self,
        leases: LeaseCalls,
        namespace: str,
        identity: str,
        clock: Clock,
        *,
        wall: Callable[[], datetime] = _utc_now,
        times: Times | None = None,
        chance: Chance = random.uniform,
    ) -> None:
        self.identity = identity
        self.answered = False
        self.turned_at = clock.now()
        self._leases = leases
        self._namespace = namespace
        self._clock = clock
        self._wall = wall
        self._times = times or Times()
        self._chance = chance
        self._lock = threading.Lock()
        self._seen: Observation | None = None
        self._read_first = True
        self._highest = 0
        self._term: Term | None = None
        self._aside_until = clock.now()
        self._trouble: tuple[int, str] | None = None

    @property
    def fence(self) -> int | None:
        """The fence of the current term; None when we don't lead, or can't be certain that we still do."""
        term = self._term
        return term.fence if term and self._clock.now() < term.until else None

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop`."""
        while not stop.is_set():
            stop.wait(self.turn())

    def turn(self) -> float:
        """One round; the seconds until the next."""
        with self._lock:
            began = self.turned_at = self._clock.now()
            try:
                self._round(began)
                self._trouble = None
            except KubernetesError as error:
                # The write may have been carried out although its answer was lost.
                self._read_first = True
                self._tell(error)
            return self._delay()

    def release(self) -> None:
        """Stop leading and let another lead at once. Call it when nothing writes any more.

        We stand aside until every other has looked.
        """
        with self._lock:
            self._term = None
            self._aside_until = self._clock.now() + 2 * self._times.look
            if not self._seen or self._seen.lease.spec.holder_identity != self.identity:
                return
            try:
                self._write(given_back(self._seen.lease.spec, self._wall()))
            except KubernetesError as error:
                log.warning(
                    "the Lease could not be given back: another takes it when it has run out",
                    lease=names.LEASE_NAME,
                    seconds=self._times.duration,
                    error=str(error),
                )
            self._read_first = True

    def _round(self, began: float) -> None:
        if self._read_first:
            self._read()
        spec = bid(
            self._seen, self.identity, self._clock.now(), self._wall(), self._times, above=self._highest
        )
        if spec is None or began < self._aside_until:
            self._stand_by()
            return
        self._write(spec)
        self._lead(Term(spec.lease_transitions or 0, began + self._times.deadline))

    def _read(self) -> None:
        lease = self._leases.get(self._namespace, names.LEASE_NAME)
        self.answered = True
        self._see(lease)

    def _write(self, spec: LeaseSpec) -> None:
        if self._seen:
            lease = Lease(self._seen.lease.metadata, spec)
            written = self._leases.replace(self._namespace, names.LEASE_NAME, lease)
        else:
            metadata = {"name": names.LEASE_NAME, "namespace": self._namespace}
            written = self._leases.create(self._namespace, Lease(metadata, spec))
        self._see(written)
        self._read_first = False

    def _see(self, lease: Lease | None) -> None:
        self._seen = observe(self._seen, lease, self._clock.now()) if lease else None
        if lease:
            self._highest = max(self._highest, lease.spec.lease_transitions or 0)

    def _lead(self, term: Term) -> None:
        if self.fence != term.fence:
            log.info("leading", lease=names.LEASE_NAME, identity=self.identity, fence=term.fence)
        self._term = term

    def _stand_by(self) -> None:
        if self._term:
            log.warning("another leads", lease=names.LEASE_NAME, holder=self._holder)
        self._term = None

    def _delay(self) -> float:
        if self._term is None:
            return self._chance(self._times.look / 2, self._times.look)
        return self._times.retry if self._read_first else self._times.renew

    def _tell(self, error: KubernetesError) -> None:
        """One line for each new trouble, and one when it has cost us the lead."""
        if self._term and self.fence is None:
            log.error(
                "no longer leading: the Lease could not be renewed in time",
                lease=names.LEASE_NAME,
                seconds=self._times.deadline,
                error=str(error),
            )
            self._term = None
        trouble = (error.code, error.reason)
        if error.code == _CONFLICT or trouble == self._trouble:
            return
        self._trouble = trouble
        log.warning(_CONSEQUENCE[error.code in DENIED], lease=names.LEASE_NAME, error=str(error))

    @property
    def _holder(self) -> str:
        return (self._seen.lease.spec.holder_identity if self._seen else None) or "nobody"


_CONSEQUENCE = {
    True: "not allowed to use the Lease: this replica never leads; grant it get, create and update on leases",
    False: "the Lease could not be read or renewed and is tried again",
}
