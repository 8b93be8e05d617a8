"""What every act of the demo stands on: the stack, the view, and waiting while pictures are shown."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.demo.picture import Camera, Picture, Row
from sandbox.demo.view import View
from sandbox.stack import Stack

PATIENCE_SECONDS = 90.0


class StalledError(Exception):
    """What was waited for did not come: the message says where everything stands."""


@dataclass(frozen=True)
class Scene:
    """A stack that runs, and who looks at it; a picture is taken every `period` seconds."""

    stack: Stack
    view: View
    camera: Camera
    period: float

    def until(self, reached: Callable[[Picture], bool], period: float = 0.0) -> None:
        """Show pictures until one is as it should be; only pods that move keep the patience up."""
        last: list[Row] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not reached(picture := self.camera.take()):
            self.view.show(picture)
            if picture.rows != last:
                last, deadline = picture.rows, time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > deadline:
                raise StalledError(f"No pod has moved for {PATIENCE_SECONDS:.0f} s. {_standing(picture)}")
            time.sleep(period or self.period)
        self.view.show(picture)


def _standing(picture: Picture) -> str:
    states = ", ".join(f"{number} {state}" for state, number in picture.states.items())
    queues = ", ".join(f"{queue} {length}" for queue, length in picture.queues.items())
    return f"Pods: {states}. Queues: {queues}."
