"""What a run cost and how long it took, from EC2's call log and the kubelet's record of IPs; pure.

Both records are in seconds of the machine's monotonic clock, which all its processes share.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cli.doctor.finding import counted
from eip.names import Action
from sandbox.ec2.messages import Call, Calls
from sandbox.pod_network import Tenancy
from workers.steps.intent import MIN_AGE_MS

UP = (Action.ALLOCATE, Action.ASSOCIATE)
DOWN = (Action.DISASSOCIATE, Action.RELEASE)
BURST = 46
RATE = 5.0
"""Calls at once and calls a second that the operator allows itself by default."""

LONGEST_ON_FREED_IP = 30.0
"""Seconds for which the VPC CNI lets a freed IP rest, before another pod may get it."""

INTENT_SECONDS = MIN_AGE_MS / 1000
"""After so long, and two look-ups in vain, an address that may have been allocated is allocated."""

MEANINGFUL_BOUND = 10.0
"""A ratio to a shorter queueing bound would measure the start-up and not the queue."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was recorded: `tenancies` by IP are those of the labelled pods, which alone are served."""

    pods: int
    calls: Calls
    tenancies: Mapping[str, Sequence[Tenancy]]
    leaked: int = 0
    """Addresses that are still there after all pods are gone."""
    strangers_touched: int = 0
    """Pods without the label that were given an address or an annotation."""
    leases: Mapping[str, float] = field(default_factory=dict)
    """Until when a step that kill -9 cut off was leased to the dead worker, by its pod's uid."""
    unheard: Mapping[str, float] = field(default_factory=dict)
    """When such a step had written that it would allocate an address: whether it did nobody knows."""
    without_worker: float = 0.0
    """Seconds from kill -9 until the next worker took work."""


@dataclass(frozen=True)
class HeldUp:
    """Times, in seconds, that kill -9 made longer."""

    by_lease: Sequence[float] = ()
    """Until the dead worker's lease had ended, and the step was taken up."""
    by_intent: Sequence[float] = ()
    """Until it was sure that the dead worker had allocated nothing."""

    @property
    def all(self) -> list[float]:
        """Both."""
        return [*self.by_lease, *self.by_intent]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Figures of a run; times in seconds."""

    run: Run
    calls_up: int
    calls_down: int
    describes: Mapping[str, int]
    throttled: int
    waits: Sequence[float]
    """From a pod's IP to EC2's answer that its address is associated, shortest first."""
    served_in: float
    """From the first pod's IP to the last pod's association."""
    on_freed_ip: Sequence[float]
    """How long each address stayed on its IP after the IP was freed, shortest first."""
    held_up: HeldUp
    """Which of `waits` kill -9 explains."""
    held_on_ip: HeldUp
    """Which of `on_freed_ip` it explains."""

    @property
    def bound(self) -> float:
        """The time before which EC2's limit lets nobody serve so many pods."""
        return max(0.0, (self.run.pods - BURST) / RATE)

    @property
    def ratio(self) -> float | None:
        """How much longer than the bound it took; None where that says nothing."""
        return self.served_in / self.bound if self.bound >= MEANINGFUL_BOUND else None

    @property
    def repeated(self) -> int:
        """Calls up that were more than two a pod."""
        return self.calls_up - len(UP) * self.run.pods


def summarize(run: Run) -> Summary:
    """The figures of a run."""
    served, left = list(_served(run)), list(_left(run))
    began = min((span.since for span in served), default=0.0)
    return Summary(
        run=run,
        calls_up=sum(run.calls.count(action) for action in UP),
        calls_down=sum(run.calls.count(action) for action in DOWN),
        describes={name: run.calls.count(name) for name in run.calls.counts if name.startswith("Describe")},
        throttled=sum(run.calls.count(action, "RequestLimitExceeded") for action in run.calls.counts),
        waits=sorted(span.seconds for span in served),
        served_in=max((span.end - began for span in served), default=0.0),
        on_freed_ip=sorted(span.seconds for span in left),
        held_up=_held_up(run, served),
        held_on_ip=_held_up(run, left),
    )


def problems(summary: Summary) -> list[str]:
    """What is wrong with a run, a sentence each; nothing when it went as promised."""
    return [sentence for wrong, sentence in _checks(summary) if wrong]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values does not exceed; NaN of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def _checks(summary: Summary) -> Iterator[tuple[bool, str]]:
    run, late = summary.run, [seconds for seconds in summary.on_freed_ip if seconds > LONGEST_ON_FREED_IP]
    unserved = run.pods - len(summary.waits)
    extra_down = summary.calls_down - len(DOWN) * run.pods
    cut = len(run.leases)
    yield unserved > 0, f"No address was ever associated for {unserved} of {counted(run.pods, 'pod')}."
    yield (
        summary.throttled > 0,
        f"EC2 throttled {counted(summary.throttled, 'call')}; the rate budget must prevent that.",
    )
    yield (
        run.leaked > 0,
        f"No pod wants what is left: {counted(run.leaked, 'address')} that would cost money.",
    )
    overstay = (
        f"{counted(len(late), 'address')} stayed on a freed IP for more than {LONGEST_ON_FREED_IP:.0f} s "
        f"({max(late, default=0):.1f} s the longest): another pod may have that IP by then."
    )
    yield bool(late), overstay
    yield (
        summary.repeated > cut,
        f"EC2 had {counted(summary.repeated, 'call')} up too many; kill -9 cut off {counted(cut, 'step')}.",
    )
    yield extra_down > 0, f"EC2 had {counted(extra_down, 'call')} down too many: two a pod are needed."
    yield (
        run.strangers_touched > 0,
        f"The operator touched {counted(run.strangers_touched, 'pod')} without the label.",
    )


@dataclass(frozen=True)
class _Span:
    """What took a pod from one moment to another."""

    uid: str
    since: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took, 0 when the end was there before."""
        return max(0.0, self.end - self.since)


def _held_up(run: Run, spans: Iterable[_Span]) -> HeldUp:
    """Those that began before the pod's lease of the killed worker ended, and ended after it."""
    late = [s for s in spans if s.uid in run.leases and s.since < run.leases[s.uid] <= s.end]
    settled = {uid: at + INTENT_SECONDS for uid, at in run.unheard.items()}
    return HeldUp(
        by_lease=[span.seconds for span in late if span.end < settled.get(span.uid, math.inf)],
        by_intent=[span.seconds for span in late if span.end >= settled.get(span.uid, math.inf)],
    )


def _served(run: Run) -> Iterator[_Span]:
    """From when each pod that was served had its IP to when first an address was associated with it."""
    associated = _by_ip(run.calls.calls)
    for ip, tenancy in _each(run):
        ends = [_end(call) for call in associated.get(ip, []) if _during(call, tenancy)]
        if ends:
            yield _Span(tenancy.uid, tenancy.since, min(ends))


def _left(run: Run) -> Iterator[_Span]:
    """From when each IP was freed to when its address was off it: never, when it was not taken away."""
    associated = _by_ip(run.calls.calls)
    removed = {
        call.ids.get("AssociationId", ""): _end(call)
        for call in _succeeded(run.calls.calls, Action.DISASSOCIATE)
    }
    for ip, tenancy in _each(run):
        ids = [call.ids.get("AssociationId", "") for call in associated.get(ip, []) if _during(call, tenancy)]
        if ids and tenancy.until is not None:
            yield _Span(tenancy.uid, tenancy.until, removed.get(ids[-1], math.inf))


def _each(run: Run) -> Iterator[tuple[str, Tenancy]]:
    return ((ip, tenancy) for ip, tenancies in run.tenancies.items() for tenancy in tenancies)


def _by_ip(calls: Iterable[Call]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in _succeeded(calls, Action.ASSOCIATE):
        found.setdefault(call.ids.get("PrivateIpAddress", ""), []).append(call)
    return found


def _succeeded(calls: Iterable[Call], action: Action) -> Iterator[Call]:
    return (call for call in calls if call.action == action and call.outcome == "ok")


def _during(call: Call, tenancy: Tenancy) -> bool:
    return tenancy.since <= _end(call) and (tenancy.until is None or call.time <= tenancy.until)


def _end(call: Call) -> float:
    return call.time + call.latency
