"""Minutes of chaos with the real processes, then the verdict: exit 0 as promised, 1 not, 2 not run."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.accounts import ApiRefusedError
from sandbox.chaos import timeline
from sandbox.chaos.cluster import opened
from sandbox.chaos.run import Options, Run, shape_for
from sandbox.kube_assets import AssetsError
from sandbox.kubernetes.real import ControlPlaneError
from sandbox.processes import ProcessFailedError
from sandbox.redis import RedisServerFailedError
from sandbox.redis_program import RedisServerNotFoundError

BROKEN = (
    ApiRefusedError,
    AssetsError,
    ControlPlaneError,
    ProcessFailedError,
    RedisServerFailedError,
    RedisServerNotFoundError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parse(arguments)
    try:
        return _run(options)
    except BROKEN as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Ended: every process is stopped.", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    with opened(shape_for(options.pods), real=options.real) as cluster:
        _say(f"Chaos with seed {options.seed}, on {cluster.described}.")
        chosen = Options(seconds=options.minutes * 60, pods=options.pods, seed=options.seed)
        run = Run(cluster, chosen, _say)
        verdict = run.verdict()
        _say("\n".join(timeline.report(verdict, run.churn.changes)))
        if options.logs:
            _write(options.logs, cluster.stack.logs() | run.logs())
    return 1 if verdict.problems else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _write(folder: Path, logs: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in logs.items():
        (folder / f"{name}.log").write_text(text)
    _say(f"The processes' logs are in {folder}.")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long things fail (default 5)")
    parser.add_argument("--pods", type=int, default=200, help="pods in churn (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="what fails when, and which pods change")
    parser.add_argument("--logs", type=Path, help="folder for the processes' logs")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--real", action="store_true", default=None, help="only on a real kube-apiserver")
    where.add_argument(
        "--double", action="store_false", dest="real", help="on the Kubernetes double, even if there is one"
    )
    options = parser.parse_args(arguments)
    if options.minutes <= 0 or options.pods < 1:
        parser.error("--minutes and --pods must be above 0")
    return options


if __name__ == "__main__":
    sys.exit(main())
