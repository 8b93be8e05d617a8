"""The whole operator on this machine, without a cluster and without an AWS account."""

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import redis
import urllib3
from rich.console import Console
from rich.text import Text

from sandbox.accounts import ApiRefusedError
from sandbox.demo import closing
from sandbox.demo.picture import Camera, State
from sandbox.demo.pool import share
from sandbox.demo.rolling import roll
from sandbox.demo.scene import Scene, StalledError
from sandbox.demo.stays import pool_problems, roll_problems
from sandbox.demo.story import Story, shape_for
from sandbox.demo.summary import problems, summarize
from sandbox.demo.view import View, opened
from sandbox.processes import ProcessFailedError
from sandbox.redis import RedisServerFailedError
from sandbox.redis_program import RedisServerNotFoundError
from sandbox.stack import Stack

WHAT_IT_IS = (
    "The operator gives every labelled pod a public IPv4 address of its own, an Elastic IP, and gives it "
    "back when the pod goes. Here it does so from beginning to end, and is broken on the way, in a minute."
)
PIPE_COLUMNS = 200
"""Where there is no terminal, for the tables; texts are not broken there."""

INTERRUPTED = 130
ENDED = "\nEnded: every process is stopped and the temporary folder is gone."
MOST_PODS = 2000
FEW_PODS = 60
PERIOD, PERIOD_OF_MANY = 0.25, 1.0
"""Seconds between two pictures, of up to so many pods or of more."""
KEPT_PERIOD = 1.0
FAILURES = (
    ProcessFailedError,
    RedisServerFailedError,
    RedisServerNotFoundError,
    ApiRefusedError,
    redis.RedisError,
    urllib3.exceptions.HTTPError,
)
"""What ends the sandbox and not the operator: said in a sentence, as a traceback would not help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all went as promised, 1 when not, 130 after Ctrl-C before the end."""
    options = _parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    console.print(WHAT_IT_IS, soft_wrap=not console.is_terminal)
    try:
        with opened(console) as view:
            return run(view, options.pods, keep=options.keep)
    except KeyboardInterrupt:
        console.print(ENDED)
        return INTERRUPTED
    except FAILURES as error:
        console.print(f"The demo can't go on: {error}", style="red", markup=False)
        return 1


def run(view: View, pods: int, *, keep: bool) -> int:
    """The demo on a stack of its own."""
    view.phase(
        "A cluster starts on this machine",
        "Redis is real. The Kubernetes API, the nodes and EC2 are stand-ins; EC2 refuses and throttles as "
        "Amazon's does. Nothing else is needed, and nothing costs anything.",
    )
    began = time.monotonic()
    with Stack(shape_for(pods, tls=keep)) as stack:
        view.note(f"{len(stack.nodes)} nodes are ready after {time.monotonic() - began:.1f} s")
        scene = Scene(stack, view, Camera(stack), PERIOD if pods <= FEW_PODS else PERIOD_OF_MANY)
        try:
            wrong = _perform(scene, pods, keep=keep)
        except StalledError as error:
            view.end(Text(f"\n{error}", "bold red"), closing.complaints(stack))
            return 1
        if keep:
            _stay(scene)
    if keep:
        print(ENDED)
    return 1 if wrong else 0


def _perform(scene: Scene, pods: int, *, keep: bool) -> list[str]:
    """All acts, and the last words; what was wrong."""
    summary = summarize(Story(scene, pods).tell())
    scene = dataclasses.replace(scene, period=PERIOD)
    rolled, shared = roll(scene), share(scene)
    wrong = [*problems(summary), *roll_problems(rolled), *pool_problems(shared)]
    last = [closing.figures(summary), closing.stays(rolled, shared), closing.verdict(wrong)]
    if wrong:
        last.append(closing.complaints(scene.stack))
    if keep:
        _welcome(scene)
    scene.view.end(*last)
    return wrong


def _welcome(scene: Scene) -> None:
    """A pod that is served, so that there is something to look at."""
    scene.view.phase(f"A pod called {closing.GUEST} stays", "It is for your own trials, as all the rest is.")
    scene.stack.create_pod(closing.GUEST)
    scene.until(lambda now: now.row(closing.GUEST).state is State.READY)


def _stay(scene: Scene) -> None:
    """Until Ctrl-C, which is the way to end it and no failure."""
    console, camera = Console(), scene.camera
    console.print(closing.invitation(scene.stack, camera.flower), soft_wrap=True)
    camera.forget()
    with suppress(KeyboardInterrupt), opened(console) as view:
        while True:
            view.show(camera.take())
            time.sleep(KEPT_PERIOD)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--pods", type=_pods, default=30, help="pods that ask for an address (default 30)")
    parser.add_argument("--keep", action="store_true", help="stay up at the end, for one's own trials")
    return parser.parse_args(arguments)


def _pods(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= MOST_PODS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pods from 1 to {MOST_PODS}")
    return number


if __name__ == "__main__":
    sys.exit(main())
