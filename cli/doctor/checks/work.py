"""Somebody leads, somebody works, and the work moves."""

from datetime import datetime, timedelta

from cli.doctor.facts import Facts, WorkSeen
from cli.doctor.finding import Finding, counted, fails, passes, warns
from cli.doctor.seen import known
from cli.reach.installation import Component
from eip.kubernetes.leases import LeaseSpec
from eip.names import LEASE_NAME, Queue

SLOW = 60.0
"""Seconds that a wake-up may wait before it is worth a look; EC2's rate alone makes 300 pods wait so long."""

OVERDUE = 30.0
"""Seconds by which dispatch, which every worker does twice a second, may be late."""

MOST_NAMED = 10

SKEW = timedelta(seconds=20)
"""How far the producer's clock, which dates the Lease, may be from ours before we doubt the Lease."""


def producer(facts: Facts) -> list[Finding]:
    """The Lease is held, and was renewed a short while ago."""
    seen = known(facts.kubernetes.lease)
    where = f"the Lease {seen.namespace}/{LEASE_NAME}"
    if seen.lease is None or not seen.lease.spec.holder_identity:
        state = "is held by nobody" if seen.lease else "is not there"
        return [fails("producer", f"{where} {state}: no producer watches pods", _producers_log(facts))]
    spec = seen.lease.spec
    age = _age(spec, facts.looked_at)
    if age is None or age > timedelta(seconds=spec.lease_duration_seconds or 0) + SKEW:
        late = "at no known time" if age is None else f"{age.total_seconds():.0f} s ago"
        return [
            fails("producer", f"{where} was renewed {late} by {spec.holder_identity}", _producers_log(facts))
        ]
    return [passes("producer", f"{spec.holder_identity} leads; it renewed {where} a moment ago")]


def workers(facts: Facts) -> list[Finding]:
    """Heartbeats are heard; without any, nobody serves the queues."""
    heard = known(facts.redis.heartbeats)
    if not heard:
        return [fails("workers", "no worker was heard: nothing is done for any pod", _workers_log(facts))]
    shown = ", ".join(sorted(heard)[:MOST_NAMED]) + (", ..." if len(heard) > MOST_NAMED else "")
    return [passes("workers", f"{len(heard)} heard: {shown}")]


def queues(facts: Facts) -> list[Finding]:
    """What stands in the queues is taken, and what is due is handed out."""
    before, after = known(facts.redis.before), known(facts.redis.after)
    late = (after.now - after.due) / 1000 if after.due else 0.0
    if late > OVERDUE:
        return [
            fails("queues", f"work is due since {late:.0f} s and nobody hands it out", _workers_log(facts))
        ]
    waits = {queue: wait for queue in Queue if (wait := _wait(after, queue)) > SLOW}
    stuck = [queue for queue in waits if _same(before, after, queue)]
    if stuck:
        return [fails("queues", f"nothing is taken from {_lines(after, stuck)}", _workers_log(facts))]
    if waits:
        return [
            warns(
                "queues",
                f"it moves, but waits: {_lines(after, list(waits))}",
                "EC2 allows 5 calls a second of each kind; if there are not hundreds of pods, "
                f"{_workers_log(facts)}",
            )
        ]
    messages = sum(queue.messages for queue in after.queues.values())
    return [
        passes(
            "queues",
            f"{counted(messages, 'message')} queued, none for long; {counted(after.claims, 'pod')} known",
        )
    ]


def claims(facts: Facts) -> list[Finding]:
    """The claims are of this life of Redis, and were filled from EC2 and from Kubernetes."""
    epoch, server = known(facts.redis.after).epoch, known(facts.redis.server)
    if not epoch.get("epoch"):
        return [fails("claims", "Redis holds none: neither producer nor worker has reached it", "start both")]
    if epoch.get("run_id") != server.run_id:
        return [fails("claims", "Redis was restarted, and no worker has noticed", _workers_log(facts))]
    if epoch.get("refilled") != "1":
        return [fails("claims", "not filled from EC2: nothing is allocated until then", _workers_log(facts))]
    if epoch.get("listed") != "1":
        return [fails("claims", "no producer has listed the pods", _producers_log(facts))]
    return [passes("claims", "filled from EC2 and from Kubernetes")]


def _producers_log(facts: Facts) -> str:
    return f"see {facts.kubernetes.installation.logs(Component.PRODUCER)}"


def _workers_log(facts: Facts) -> str:
    return f"see {facts.kubernetes.installation.logs(Component.WORKER)}"


def _age(spec: LeaseSpec, now: datetime) -> timedelta | None:
    try:
        return now - datetime.fromisoformat(spec.renew_time or "")
    except (ValueError, TypeError):
        return None


def _wait(work: WorkSeen, queue: Queue) -> float:
    oldest = work.queues[queue].oldest
    return (work.now - oldest) / 1000 if oldest else 0.0


def _same(before: WorkSeen, after: WorkSeen, queue: Queue) -> bool:
    """Neither was anything taken, nor does something else stand first."""
    then, now = before.queues[queue], after.queues[queue]
    return (then.oldest, then.taken) == (now.oldest, now.taken)


def _lines(work: WorkSeen, queues: list[Queue]) -> str:
    return ", ".join(
        f"{queue} ({work.queues[queue].wakeups} wait, the oldest for {_wait(work, queue):.0f} s)"
        for queue in queues
    )
