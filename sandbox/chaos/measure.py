"""Measure how long it takes until all is right again: the figures of docs/reliability.md.

python -m sandbox.chaos.measure worker-killed quota
python -m sandbox.chaos.measure all
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.chaos import crowds, deaths, outages
from sandbox.chaos.lab import Lab, NeverCameError, Setting, lab
from sandbox.chaos.operator import PRODUCERS, WORKERS
from sandbox.stack import Shape

ROOMY = Shape(nodes=6, ips_per_node=128, settings={"sweep_interval": "30"})
UNSWEPT = Shape(nodes=2, ips_per_node=64, settings={"sweep_interval": "300"})


@dataclass(frozen=True)
class Measure:
    """What is measured, and on what."""

    run: Callable[[Lab], None]
    setting: Setting


MEASURES = {
    "worker-killed": Measure(deaths.worker_killed, Setting(workers=WORKERS[:1])),
    "leader-killed": Measure(deaths.leader_killed, Setting(producers=PRODUCERS)),
    "redis-away": Measure(outages.redis_away, Setting()),
    "redis-empty": Measure(outages.redis_empty, Setting()),
    "flushall": Measure(outages.flushall, Setting()),
    "api-away": Measure(outages.api_away, Setting(real=None)),
    "ec2-hangs": Measure(outages.ec2_hangs, Setting()),
    "quota": Measure(crowds.quota, Setting(shape=UNSWEPT)),
    "many-parked": Measure(crowds.many_parked, Setting(shape=UNSWEPT)),
    "mass-deletion": Measure(crowds.mass_deletion, Setting(shape=ROOMY)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when everything came that was waited for."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.chaos.measure", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="+", choices=[*MEASURES, "all"], help="what to measure")
    names = parser.parse_args(arguments).names
    results = [measure(name) for name in (MEASURES if "all" in names else names)]
    return 0 if all(results) else 1


def measure(name: str) -> bool:
    """Measure one thing and say what was seen; whether it came to its end."""
    chosen = MEASURES[name]
    print(f"{name}: {inspect.getdoc(chosen.run)}", flush=True)
    with lab(chosen.setting) as laboratory:
        try:
            chosen.run(laboratory)
        except NeverCameError as error:
            laboratory.say(f"FAILED: {error}")
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
