"""The Celery tasks: thin shells around the steps. A message says which pod to look at, and no more.

Whoever reaches Redis can send one, so every task takes whatever arguments come, and believes the first alone.
"""

import uuid
from typing import Any

import structlog

from eip import names
from eip.broker import SWEEP_ID
from eip.names import Step
from workers import state
from workers.app import app
from workers.consumer.waiting import WAITING
from workers.perform import perform

log = structlog.get_logger(__name__)


def _step(step: Step, task: Any, arguments: tuple[object, ...]) -> str:
    uid = arguments[0] if arguments else None
    if not _is_uid(uid):
        log.warning(
            "task refused: its first argument is no pod's uid", task=step.task, argument=repr(uid)[:80]
        )
        return "refused: no pod's uid"
    return perform(step, str(uid), state.running().world, lambda: WAITING.served(task.request.id))


def _is_uid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


@app.task(name=Step.RELEASE.task, bind=True)
def release(self: Any, /, *arguments: object, **_: object) -> str:
    """Take a pod's address off its IP, or give it back to EC2."""
    return _step(Step.RELEASE, self, arguments)


@app.task(name=Step.ANNOTATE.task, bind=True)
def annotate(self: Any, /, *arguments: object, **_: object) -> str:
    """Write on a pod what is true of its address."""
    return _step(Step.ANNOTATE, self, arguments)


@app.task(name=Step.ASSOCIATE.task, bind=True)
def associate(self: Any, /, *arguments: object, **_: object) -> str:
    """Associate a pod's address with its IP."""
    return _step(Step.ASSOCIATE, self, arguments)


@app.task(name=Step.ALLOCATE.task, bind=True)
def allocate(self: Any, /, *arguments: object, **_: object) -> str:
    """Allocate an address for a pod."""
    return _step(Step.ALLOCATE, self, arguments)


@app.task(name=names.SWEEP_TASK, bind=True)
def sweep(self: Any, /, *_: object, **__: object) -> str:
    """Compare EC2, the claims and Kubernetes, and mend what differs."""
    WAITING.served(self.request.id)
    return state.running().sweeper.sweep(_asked_at(self.request.id))


def _asked_at(task_id: str) -> int | None:
    """When a sweep was asked for, by its id; None for an id that is not ours."""
    begins, _, at = task_id.partition(SWEEP_ID)
    return int(at) if not begins and at.isascii() and at.isdecimal() else None
