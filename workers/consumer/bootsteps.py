"""What starts and stops with the worker: Celery's features that we leave off, and our own thread."""

import time
from typing import Any

import structlog
from celery import bootsteps
from celery.apps.worker import Worker as CeleryWorker
from celery.worker.consumer import Consumer
from kombu.common import ignore_errors
from prometheus_client.registry import REGISTRY

from eip import health
from eip.broker import MessageSender
from eip.errors import EipError
from workers import state
from workers.alive import PULSE
from workers.build import build
from workers.consumer.error_replies import ERROR_REPLIES
from workers.consumer.waiting import WAITING

log = structlog.get_logger(__name__)

RESTART_PAUSE = 2.0
"""Seconds until a consumer begins anew after an error reply; Celery logs an alarm after five in a second."""


class OperatorWorker(CeleryWorker):
    """Celery's worker without gossip and mingle, which keep a connection that a lost Redis breaks."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Say no to both, whatever the command line says."""
        options.update(without_gossip=True, without_mingle=True)
        super().__init__(*args, **options)

    def emit_banner(self) -> None:
        """One log line instead of Celery's picture, so that every line is of one format."""
        worker: Any = self
        log.info("worker starts", hostname=worker.hostname, threads=worker.concurrency)


class OperatorConsumer(Consumer):
    """Celery's consumer, at a steady pace while Redis answers its beginning with errors."""

    channel_errors: tuple[type[Exception], ...]
    connection: Any

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Close the connection; the next one is made after this.

        Celery would say each time that it was lost, and begin anew at once. What comes here is a Redis that
        does not take the names of our queues: once messages are read, the channel waits by itself.
        """
        if not isinstance(exc, self.channel_errors):
            super().on_connection_error_after_connected(exc)
            return
        ERROR_REPLIES.heard(exc)
        PULSE.polled(time.monotonic())
        ignore_errors(self.connection, self.connection.close)
        self.connection = None
        time.sleep(RESTART_PAUSE)


class World(bootsteps.StartStopStep):
    """Builds the world before the first task comes, and keeps house for as long as the worker runs."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        """Connect; a worker that cannot work says why in one line, and exits with 1."""
        WAITING.resize(parent.concurrency)
        PULSE.slots = parent.concurrency
        settings = state.settings()
        try:
            health.serve(settings.health_port, {"/healthz": _alive, "/readyz": _ready})
            worker = build(settings, MessageSender(parent.app))
        except EipError as error:
            raise SystemExit(f"k8s-eip-operator: the worker cannot start: {error}") from None
        state.worker = worker
        REGISTRY.register(worker.shared)
        worker.housekeeping.start()
        worker.observer.start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery calls it so
        """Stop keeping house, and wait for no rate token: the pool is waited for next."""
        if state.worker is not None:
            state.worker.world.budget.end()
            state.worker.housekeeping.stop()
            state.worker.observer.stop()


def _alive() -> str:
    """Why the kubelet should restart us; a Redis that is away is no reason."""
    return PULSE.trouble(time.monotonic())


def _ready() -> str:
    """Why we can't work yet, or can't work now."""
    return "" if PULSE.redis_since is not None else "Redis has not answered"
