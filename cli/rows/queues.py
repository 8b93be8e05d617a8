"""Rows of `eip queues`, from what stands in Redis; without a call to anyone."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from cli.rows.words import age, moment
from eip.names import Queue

if TYPE_CHECKING:
    from eip.store.backlog import Backlog
    from eip.store.limiter import Rate


class QueueRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One queue: messages in Celery's list, wake-ups that wait, and since when the oldest does."""

    queue: str
    messages: int
    wakeups: int
    oldest: datetime | None


class BucketRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One action's rate budget: tokens there (below zero: promised), and tokens a second now and at best."""

    action: str
    tokens: float
    burst: int
    rate: float
    full_rate: float

    @property
    def slowed(self) -> bool:
        """Whether EC2 has throttled the action a while ago."""
        return self.rate < self.full_rate


class QueuesView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of `eip queues`; `breaker_open` while the account's quota of addresses is used up."""

    queues: list[QueueRow]
    due_now: int
    due_later: int
    parked: int
    parked_oldest: datetime | None
    breaker_open: bool
    next_probe: datetime | None
    permits: int
    claims_filled: bool
    buckets: list[BucketRow]


def queues_view(
    backlog: "Backlog", rates: "Mapping[str, Rate]", peek: Callable[[str], tuple[float, float]]
) -> QueuesView:
    """The view; `peek` answers with a bucket's tokens and rate."""
    return QueuesView(
        queues=[_queue_row(queue, backlog) for queue in Queue],
        due_now=sum(waiting.at <= backlog.now for waiting in backlog.due.values()),
        due_later=sum(waiting.at > backlog.now for waiting in backlog.due.values()),
        parked=len(backlog.parked),
        parked_oldest=moment(min((waiting.at for waiting in backlog.parked.values()), default=0)),
        breaker_open=backlog.breaker.open,
        next_probe=moment(backlog.breaker.probe_at) if backlog.breaker.open else None,
        permits=backlog.breaker.permits,
        claims_filled=backlog.filled,
        buckets=[_bucket_row(action, rates[action], *peek(action)) for action in rates],
    )


def _queue_row(queue: Queue, backlog: "Backlog") -> QueueRow:
    line = backlog.queues[queue]
    oldest = min((waiting.at for waiting in line.wakeups.values()), default=0)
    return QueueRow(
        queue=queue.value, messages=line.messages, wakeups=len(line.wakeups), oldest=moment(oldest)
    )


def _bucket_row(action: str, full: "Rate", tokens: float, rate: float) -> BucketRow:
    return BucketRow(action=action, tokens=tokens, burst=full.burst, rate=rate, full_rate=full.rate)


def waiting_in_words(view: QueuesView, now: datetime) -> list[str]:
    """What waits outside the queues, and why."""
    lines = [f"Due now: {view.due_now}, later: {view.due_later}."]
    parked = f"Parked for the quota: {view.parked}"
    if view.parked_oldest:
        parked += f", the first since {age((now - view.parked_oldest).total_seconds())}"
    lines.append(f"{parked}.")
    lines.append(_breaker(view, now))
    if not view.claims_filled:
        lines.append("The claims are being filled from EC2 and Kubernetes: Redis is new, or lost its data.")
    return lines


def _breaker(view: QueuesView, now: datetime) -> str:
    if not view.breaker_open:
        return "Quota breaker: closed."
    probe = f"the next probe in {age((view.next_probe - now).total_seconds())}" if view.next_probe else ""
    permits = f", {view.permits} may try at once" if view.permits else ""
    return (
        f"Quota breaker: open, {probe or 'no probe is set'}{permits}. EC2 said AddressLimitExceeded: "
        "release addresses, or have the quota L-0263D0A3 raised."
    )
