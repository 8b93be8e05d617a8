"""What a run cost and how long it took, from EC2's call log and the kubelet's record of IPs; pure.

Both records are in seconds of the machine's monotonic clock, which all its processes share.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eip.names import Action
from sandbox.ec2.messages import Call, Calls
from sandbox.pod_network import Tenancy

UP = (Action.ALLOCATE, Action.ASSOCIATE)
DOWN = (Action.DISASSOCIATE, Action.RELEASE)
BURST = 46
RATE = 5.0
"""Calls at once and calls a second that the operator allows itself by default."""

LONGEST_ON_FREED_IP = 30.0
"""Seconds for which the VPC CNI lets a freed IP rest, before another pod may get it."""

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
    steps_cut: int = 0
    """Steps that the killed worker had in hand; each may have a call that must be repeated."""


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
    served = list(_served(run))
    began = min((since for since, _ in served), default=0.0)
    return Summary(
        run=run,
        calls_up=sum(run.calls.count(action) for action in UP),
        calls_down=sum(run.calls.count(action) for action in DOWN),
        describes={name: run.calls.count(name) for name in run.calls.counts if name.startswith("Describe")},
        throttled=sum(run.calls.count(action, "RequestLimitExceeded") for action in run.calls.counts),
        waits=sorted(end - since for since, end in served),
        served_in=max((end - began for _, end in served), default=0.0),
        on_freed_ip=sorted(_on_freed_ip(run)),
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
    yield unserved > 0, f"{unserved} of {run.pods} pods never had an address associated."
    yield (
        summary.throttled > 0,
        f"EC2 throttled {summary.throttled} calls; the rate budget must prevent that.",
    )
    yield run.leaked > 0, f"{run.leaked} addresses are left though no pod wants one: they would cost money."
    overstay = (
        f"{len(late)} addresses stayed on a freed IP for more than {LONGEST_ON_FREED_IP:.0f} s "
        f"({max(late, default=0):.1f} s the longest): another pod may have that IP by then."
    )
    yield bool(late), overstay
    yield (
        summary.repeated > run.steps_cut,
        f"{summary.repeated} calls up were repeated, but only {run.steps_cut} steps were cut off.",
    )
    yield extra_down > 0, f"{extra_down} calls down were more than two for each pod."
    yield run.strangers_touched > 0, f"{run.strangers_touched} pods without the label were touched."


def _served(run: Run) -> Iterator[tuple[float, float]]:
    """When each pod that was served had its IP, and when first an address was associated with it."""
    associated = _by_ip(run.calls.calls)
    for ip, tenancy in _each(run):
        ends = [_end(call) for call in associated.get(ip, []) if _during(call, tenancy)]
        if ends:
            yield tenancy.since, min(ends)


def _on_freed_ip(run: Run) -> Iterator[float]:
    """An association that was never taken away stays for ever."""
    associated = _by_ip(run.calls.calls)
    removed = {
        call.ids.get("AssociationId", ""): _end(call)
        for call in _succeeded(run.calls.calls, Action.DISASSOCIATE)
    }
    for ip, tenancy in _each(run):
        ids = [call.ids.get("AssociationId", "") for call in associated.get(ip, []) if _during(call, tenancy)]
        if ids and tenancy.until is not None:
            yield max(0.0, removed.get(ids[-1], math.inf) - tenancy.until)


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
