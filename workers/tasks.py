"""The Celery tasks: thin shells around the steps. A message says which pod to look at, and no more."""

import uuid
from typing import Any

import structlog

from eip import names
from eip.names import Step
from workers import state
from workers.app import app
from workers.perform import perform
from workers.waiting import WAITING

log = structlog.get_logger(__name__)


def _step(step: Step, task: Any, uid: object) -> str:
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
def release(self: Any, uid: str, pod: str = "") -> str:  # noqa: ARG001 - for people
    """Take a pod's address off its IP, or give it back to EC2; `pod` is for people to read."""
    return _step(Step.RELEASE, self, uid)


@app.task(name=Step.ANNOTATE.task, bind=True)
def annotate(self: Any, uid: str, pod: str = "") -> str:  # noqa: ARG001 - for people
    """Write on a pod what is true of its address; `pod` is for people to read."""
    return _step(Step.ANNOTATE, self, uid)


@app.task(name=Step.ASSOCIATE.task, bind=True)
def associate(self: Any, uid: str, pod: str = "") -> str:  # noqa: ARG001 - for people
    """Associate a pod's address with its IP; `pod` is for people to read."""
    return _step(Step.ASSOCIATE, self, uid)


@app.task(name=Step.ALLOCATE.task, bind=True)
def allocate(self: Any, uid: str, pod: str = "") -> str:  # noqa: ARG001 - for people
    """Allocate an address for a pod; `pod` is for people to read."""
    return _step(Step.ALLOCATE, self, uid)


@app.task(name=names.SWEEP_TASK, bind=True)
def sweep(self: Any) -> str:
    """Compare EC2, the claims and Kubernetes, and mend what differs."""
    WAITING.served(self.request.id)
    return state.running().sweeper.sweep()
