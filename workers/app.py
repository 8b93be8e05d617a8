"""The Celery application of `celery -A workers.app worker` and `celery -A workers.app flower`."""

import os
import time
from functools import cached_property
from typing import Any

import structlog
from celery import Celery, signals
from celery.app.amqp import AMQP
from kombu import Connection

from eip import log as eip_log
from eip import names
from eip.broker import make_app
from eip.errors import SettingsError
from eip.settings import Settings, unknown_variables
from workers import state
from workers.alive import PULSE, SLOT_DEADLINE, SWEEP_DEADLINE
from workers.consumer.bootsteps import World
from workers.consumer.transport import ScreenedTransport
from workers.consumer.waiting import WAITING

log = structlog.get_logger(__name__)

POLLING_INTERVAL = 0.25
"""Seconds of one BRPOP: so late a queue may be taken up again that was left out of it."""


# Flower hides what a task is about by default; its own variable, where it is set, wins.
os.environ.setdefault("FLOWER_TASKS_COLUMNS", "name,args,state,result,received,runtime,uuid,worker")


RECONNECT_SECONDS = 2.0
"""Between two tries to reach a Redis that is away. Celery's own pause grows to 30 s: so long nobody would
consume after an outage, and that is as long as an address may stay on a freed IP."""


class PromptConnection(Connection):
    """A connection that is tried again at a steady pace, and brings only messages that we sent."""

    def get_transport_cls(self) -> Any:
        """Ours, under the name of Celery's, which is part of the URL that Flower asks for."""
        return ScreenedTransport

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, however long it takes."""
        pace = {"interval_start": RECONNECT_SECONDS, "interval_step": 0, "interval_max": RECONNECT_SECONDS}
        return super().ensure_connection(*args, **pace | options)


class OperatorAmqp(AMQP):
    """Celery's, with our connection."""

    Connection = PromptConnection


class OperatorApp(Celery):
    """A Celery application whose worker needs no options."""

    amqp_cls = "workers.app:OperatorAmqp"

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's name
        """The worker class that `celery worker` starts."""
        return self.subclass_with_self("workers.consumer.bootsteps:OperatorWorker")  # type: ignore[arg-type]


def configure(settings: Settings) -> Celery:
    """The application with the worker's settings on top of the shared ones."""
    made = make_app(settings, OperatorApp)
    made.conf.broker_transport_options = {
        **made.conf.broker_transport_options,
        "queue_order_strategy": "workers.consumer.cycle:SafetyCycle",
        "polling_interval": POLLING_INTERVAL,
    }
    made.conf.update(
        include=["workers.tasks"],
        worker_pool="threads",
        worker_concurrency=settings.worker_concurrency,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_consumer="workers.consumer.bootsteps:OperatorConsumer",
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # The worker would end with an error reply that no channel of ours has waited for.
        broker_channel_error_retry=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
    )
    made.steps["worker"].add(World)
    return made


@signals.setup_logging.connect
def set_up_logging(**_: object) -> None:
    """Our log lines instead of Celery's; said once what the environment holds in vain."""
    configured = state.settings()
    eip_log.configure(configured.log_level, configured.log_format)
    for warning in unknown_variables(os.environ):
        log.warning(warning)


@signals.task_received.connect
def count_received(request: Any = None, **_: object) -> None:
    """A task waits for its token from here on."""
    queue = request.delivery_info.get("routing_key")
    # We send nothing that is to wait in a worker: such a message is forged, and may wait for ever.
    if queue in app.amqp.queues and request.eta is None:
        WAITING.received(queue, request.id)


@signals.task_prerun.connect
def count_started(task_id: str = "", task: Any = None, **_: object) -> None:
    """A slot is taken."""
    allowed = SWEEP_DEADLINE if task.name == names.SWEEP_TASK else SLOT_DEADLINE
    PULSE.task_started(task_id, time.monotonic() + allowed)


@signals.task_postrun.connect
def count_ended(task_id: str = "", **_: object) -> None:
    """A task that has ended waits no longer, and its slot is free."""
    WAITING.served(task_id)
    PULSE.task_ended(task_id)


try:
    app = configure(state.settings())
except SettingsError as error:
    raise SystemExit(f"k8s-eip-operator: {error}") from None
