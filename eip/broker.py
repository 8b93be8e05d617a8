"""The Celery application that producer, workers and Flower share: its queues, and how a wake-up is sent.

A message carries a pod's uid, and its name for people to read; what is done is decided from the claim.
"""

import ssl
from typing import Any

import structlog
from celery import Celery
from kombu import Queue as KombuQueue
from kombu.exceptions import OperationalError

from eip import names
from eip.claim import Claim
from eip.names import Queue, Step
from eip.settings import Settings

log = structlog.get_logger(__name__)

SWEEP_ID = "sweep."
"""What a sweep's task id begins with; behind it stands when it was asked for."""

VISIBILITY_TIMEOUT = 300
"""Seconds until a dead worker's messages come back; recovery does not wait: see eip.store.workqueue."""


def transport_options() -> dict[str, Any]:
    """Time-outs on every socket, and one retry: whoever sends has other things to do while Redis is away.

    A dead worker's messages are looked for every 5 s, not every 100 s.
    """
    return {
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_retries": 1,
        "interval_start": 0,
    }


def make_app(settings: Settings, app_class: type[Celery] = Celery) -> Celery:
    """A Celery application on the settings' Redis; nothing is connected yet."""
    url = settings.redis_url.get_secret_value()
    app = app_class("k8s-eip-operator", broker=url)
    if url.startswith("rediss://"):
        tls: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
        if settings.redis_ca_file:
            tls["ssl_ca_certs"] = settings.redis_ca_file
        app.conf.broker_use_ssl = tls
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        event_serializer="json",
        result_serializer="json",
        task_queues=[KombuQueue(queue.value) for queue in Queue],
        task_default_queue=Queue.RELEASE.value,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_send_sent_event=True,
        task_publish_retry=False,
        broker_transport_options=transport_options(),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        enable_utc=True,
    )
    return app


class MessageSender:
    """Sends wake-ups and sweeps; a failure is logged, for `resync` sends again what was lost."""

    def __init__(self, app: Celery) -> None:
        """`app` holds the pool of connections."""
        self._app = app

    def __call__(self, step: Step, claim: Claim, sequence: int) -> None:
        """Send one wake-up."""
        self._send(
            step.task,
            queue=step.queue.value,
            args=[claim.uid, claim.key],
            argsrepr=f"{claim.key} {claim.uid}",
            task_id=f"{claim.uid}.{step.value}.{sequence}",
        )

    def sweep(self, asked_at: int) -> None:
        """Send one sweep; `asked_at` is Redis' time in milliseconds."""
        self._send(
            names.SWEEP_TASK,
            queue=Queue.RELEASE.value,
            argsrepr="everything",
            task_id=f"{SWEEP_ID}{asked_at}",
        )

    def _send(self, task: str, **options: Any) -> None:
        try:
            self._app.send_task(task, kwargsrepr="", **options)
        except (OperationalError, OSError) as error:
            log.warning("message not sent, it will be sent again", task=task, error=str(error)[:256])
