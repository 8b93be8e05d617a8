"""What is printed of a run: a line for each fault and each look at the system, then the verdict; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eip.names import Queue
from sandbox.chaos.percentile import spread
from sandbox.chaos.schedule import Fault
from sandbox.chaos.verdict import Stay, Verdict

NAMED = 10
"""How many of a kind are named one by one."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The system at one moment; `queues` is None when Redis cannot say."""

    wanting: int
    served: int
    queues: Mapping[Queue, int] | None
    faults: Sequence[Fault] = ()


def at(seconds: float, text: str) -> str:
    """A line of the timeline."""
    return f"{int(seconds) // 60:3d}:{seconds % 60:04.1f}  {text}"


def begins(fault: Fault, seconds: float) -> str:
    """A fault begins."""
    return f"-> {fault}" + (f", for {seconds:.1f} s" if seconds else "")


def ends(fault: Fault) -> str:
    """A fault ends."""
    return f"<- {fault}: over"


def look(seen: Look) -> str:
    """The system's state."""
    queues = "Redis is away"
    if seen.queues is not None:
        queues = "queues " + ", ".join(f"{queue} {length}" for queue, length in seen.queues.items())
    return f"   {seen.served} of {seen.wanting} pods served; {queues}"


def report(verdict: Verdict, changes: Mapping[str, int]) -> list[str]:
    """The verdict and its figures, a line each."""
    record = verdict.record
    struck = Counter(struck.fault for struck in record.struck)
    served = [wait for wait in verdict.waits if wait.served]
    lines = [
        "",
        "faults: " + (", ".join(f"{fault} {count}x" for fault, count in sorted(struck.items())) or "none"),
        "changes: " + ", ".join(f"{change} {count}" for change, count in sorted(changes.items())),
        f"everything right {record.quiet:.1f} s after the last fault and change",
        f"addresses leaked: {len(record.leaked)}; rightly kept for pods that may come: {record.kept}",
        f"pods never served: {len(verdict.never_served)} of {len(verdict.waits)}",
        "pod IP to address associated: " + spread([wait.seconds for wait in served if not wait.borrows]),
        "the same, without the time of faults: "
        + spread(sorted(wait.counted for wait in served if not wait.borrows)),
        "pod IP to lent address associated: " + spread([wait.seconds for wait in served if wait.borrows]),
        "the same, without the time of faults and while others had them all: "
        + spread(sorted(wait.counted for wait in served if wait.borrows)),
        "IP freed to address off it: " + spread([stay.seconds for stay in verdict.stays]),
        "the same, without the time of faults: " + spread(sorted(stay.counted for stay in verdict.stays)),
        _doubled(verdict),
        *_kept(verdict),
        f"lent addresses: {len(record.lent)}, {_lent(verdict)}",
        *(f"  {what}" for what in record.lent_touched[:NAMED]),
        *_strangers(verdict),
        *_long_stays(verdict),
    ]
    lines += [f"  not right: {wrong}" for wrong in record.wrong[:NAMED]]
    problems = verdict.problems
    if not problems:
        return [*lines, "", "As promised: nothing lost, nothing leaked, nobody's traffic cut."]
    return [*lines, "", "NOT as promised:", *(f"  - {problem}" for problem in problems)]


def _doubled(verdict: Verdict) -> str:
    end = verdict.record.ended_at
    spans = [wish.span for wish in verdict.record.doubled]
    seconds = sorted((end if span.until is None else span.until) - span.since for span in spans)
    return "pods with a second address for a while: " + spread(seconds)


def _kept(verdict: Verdict) -> list[str]:
    changed, back = verdict.changed, len(verdict.returns)
    lines = [f"kept addresses changed: {len(changed)} of {back} pods that came back under a name"]
    return lines + [
        f"  {each.name}: {each.before} before, {each.after} after; "
        + (f"explained: {each.why}" if each.why else "not explained")
        for each in sorted(changed, key=lambda each: bool(each.why))[:NAMED]
    ]


def _lent(verdict: Verdict) -> str:
    wrong = len(verdict.record.lent_touched)
    return f"{wrong} things befell them that must not" if wrong else "all back when their pods had gone"


def _strangers(verdict: Verdict) -> list[str]:
    found = sorted(verdict.intrusions, key=lambda each: -each.seconds)
    lines = [f"addresses on a stranger's IP: {len(found)}"]
    for each in found[:NAMED]:
        why = "excused: " + ", ".join(each.stay.faults) if each.stay and each.excused else "not excused"
        lines.append(
            f"  {each.sighting.public_ip} of {each.sighting.uid} on {each.sighting.private_ip} of "
            f"{each.stranger} for {each.seconds:.1f} s; {why}"
        )
    return lines


def _long_stays(verdict: Verdict) -> list[str]:
    found = [stay for stay in reversed(verdict.stays) if stay.late]
    excused = [stay for stay in verdict.stays if not stay.late and stay.seconds > 30]  # noqa: PLR2004
    lines = [f"addresses longer than 30 s on a freed IP: {len(found)}, and {len(excused)} excused by faults"]
    return lines + [_named(stay) for stay in [*found, *reversed(excused)][:NAMED]]


def _named(stay: Stay) -> str:
    without = f"{stay.counted:.1f} s without {', '.join(stay.faults)}" if stay.faults else "no fault"
    return (
        f"  {stay.sighting.public_ip} of {stay.sighting.uid} on {stay.sighting.private_ip}: "
        f"{stay.seconds:.1f} s; {without}"
    )
