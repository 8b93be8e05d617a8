"""How a benchmark says what it measured, and on what: machine, versions, CPU seconds, spreads."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from sandbox.demo.summary import percentile
from sandbox.processes import Process
from sandbox.stack import Shape, Stack

LIBRARIES = ("celery", "kombu", "redis", "boto3", "kubernetes")
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(shape: Shape) -> Iterator[tuple[Stack, dict[str, Process]]]:
    """A stack with producer and one worker, ready; and its processes by what they are called."""
    with Stack(shape) as stack:
        processes = {"producer": stack.producer(), "worker": stack.worker()}
        for process in processes.values():
            process.start(wait=False)
        for process in processes.values():
            process.wait_until_ready()
        yield stack, processes


def machine(**settings: object) -> str:
    """Where and with what it was measured, in a few lines."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{platform.machine()}, {platform.system()} {platform.release()}"
    lines = [
        f"machine:  {os.cpu_count()} cores, {system}, load before {load}",
        f"versions: Python {platform.python_version()}, {libraries}",
        "settings: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items()),
    ]
    return "\n".join(lines)


def spread(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and the longest."""
    ordered = sorted(seconds)
    middle, most = percentile(ordered, 0.5), percentile(ordered, 0.95)
    return f"p50 {middle:.3f} s, p95 {most:.3f} s, longest {ordered[-1]:.3f} s, n {len(ordered)}"


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used; NaN where there is no /proc."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return float("nan")
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_used(processes: Mapping[str, Process], began: Mapping[str, float]) -> str:
    """CPU seconds of each process since `began`."""
    used = {name: cpu_seconds(process.pid) - began[name] for name, process in processes.items()}
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in used.items())
