"""Which replica leads: a Lease of coordination.k8s.io/v1, held as client-go holds it.

Nobody compares another's clock with its own: a Lease has run out when it was *seen* unchanged, by the
observer's monotonic clock, for as long as it says. The holder stops leading earlier, counted from before it
asked for the renewal, so that two never lead at once however slow an answer was.

| the Lease is                     | what we do                                    | leaseTransitions |
|----------------------------------|-----------------------------------------------|------------------|
| not there                        | create it                                     | minutes since 1970 |
| ours                             | renew it                                      | same             |
| nobody's                         | take it                                       | + 1              |
| another's, unchanged too long    | take it                                       | + 1              |
| another's                        | look again                                    |                  |

leaseTransitions is the fence of every write: the ledger refuses a lower number than it has seen. A Lease that
was deleted and is made again must not begin below that; minutes since 1970 grow faster than leaders change.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from eip.kubernetes.leases import Lease, LeaseSpec


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds: a leader that dies is replaced after `duration` + `look` and two requests, so within 15 s.

    `deadline` is shorter than `duration`: between them nobody leads.
    """

    duration: float = 10.0
    renew: float = 2.5
    retry: float = 1.0
    deadline: float = 7.0
    look: float = 2.0


@dataclass(frozen=True, slots=True)
class Observation:
    """A Lease, and since when (monotonic seconds) it has been seen with this spec."""

    lease: Lease
    since: float


@dataclass(frozen=True, slots=True)
class Term:
    """A time of leading: its fence, and until when (monotonic seconds) nobody else can lead."""

    fence: int
    until: float


def observe(before: Observation | None, lease: Lease, now: float) -> Observation:
    """A label on the Lease is no sign of life: only another spec begins the time anew."""
    if before and before.lease.spec == lease.spec:
        return Observation(lease, before.since)
    return Observation(lease, now)


def expired(seen: Observation, now: float, times: Times) -> bool:
    """Whether nobody holds the Lease, or its holder had the time that it says."""
    spec = seen.lease.spec
    return not spec.holder_identity or now >= seen.since + (spec.lease_duration_seconds or times.duration)


def bid(
    seen: Observation | None, identity: str, now: float, wall: datetime, times: Times, above: int = 0
) -> LeaseSpec | None:
    """What to write on the Lease, or None while another leads; `above` is the highest fence seen so far."""
    if seen is None:
        return _taken(identity, max(int(wall.timestamp() // 60), above + 1), wall, times)
    spec = seen.lease.spec
    if spec.holder_identity == identity:
        return _renewed(spec, wall)
    if expired(seen, now, times):
        return _taken(identity, max(spec.lease_transitions or 0, above) + 1, wall, times)
    return None


def given_back(spec: LeaseSpec, wall: datetime) -> LeaseSpec:
    """What to write on our Lease so that another may take it at once, and go on from our fence."""
    return LeaseSpec(
        lease_duration_seconds=1,
        acquire_time=spec.acquire_time,
        renew_time=micro_time(wall),
        lease_transitions=spec.lease_transitions,
    )


def micro_time(wall: datetime) -> str:
    """Kubernetes' MicroTime."""
    return wall.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _taken(identity: str, transitions: int, wall: datetime, times: Times) -> LeaseSpec:
    return LeaseSpec(
        holder_identity=identity,
        lease_duration_seconds=int(times.duration),
        acquire_time=micro_time(wall),
        renew_time=micro_time(wall),
        lease_transitions=transitions,
    )


def _renewed(spec: LeaseSpec, wall: datetime) -> LeaseSpec:
    return msgspec.structs.replace(spec, renew_time=micro_time(wall))
