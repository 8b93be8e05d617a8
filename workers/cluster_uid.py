"""Which cluster this is: the uid of its namespace kube-system; an API server that is away is waited for."""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from eip.errors import KubernetesError, SettingsError
from eip.kubernetes import client as kubernetes_client
from workers import alive

log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 10.0
"""Seconds between two looks for an API server that is away."""

LONGEST_ASKED_FOR = 30.0
"""Seconds that the API server may ask for: half of those after which a worker counts as dead."""

TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
REFUSALS = frozenset({401, 403, 404})
"""What the API server says to someone who may not read a namespace."""


def cluster_uid(kubernetes: kubernetes_client.Kubernetes, sleep: Callable[[float], None]) -> str:
    """The uid of the namespace kube-system; an API server that is away is waited for, however long it takes.

    Raises:
        SettingsError: it refuses to say it.

    """
    pause = 0.0
    with _ended_by_signals():
        while isinstance(answer := _uid_or_failure(kubernetes), KubernetesError):
            if not pause:
                log.warning("the API server is away; the worker starts when it answers", error=str(answer))
            # The probe would restart a worker that is no help by starting again.
            with suppress(OSError):
                alive.file().touch()
            pause = min(2 * pause or FIRST_PAUSE, LONGEST_PAUSE)
            asked_for = min(answer.retry_after or 0.0, LONGEST_ASKED_FOR)
            sleep(max(asked_for, pause * random.uniform(0.5, 1)))  # noqa: S311 - spreads workers
    if pause:
        log.info("the API server answers")
    return answer


def _uid_or_failure(kubernetes: kubernetes_client.Kubernetes) -> str | KubernetesError:
    """The uid, or a failure that passes."""
    try:
        return kubernetes.kube_system_uid()
    except KubernetesError as error:
        if not _passes(error):
            raise _unreadable(error) from error
        return error


def _passes(error: KubernetesError) -> bool:
    return error.code in {0, TOO_MANY_REQUESTS} or error.code >= SERVER_ERRORS


def _unreadable(error: KubernetesError) -> SettingsError:
    right = "give the worker's service account the right to get it, or " if error.code in REFUSALS else ""
    return SettingsError(
        f"the uid of the namespace kube-system cannot be read ({error}); {right}set EIP_CLUSTER_UID"
    )


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Celery's own handlers only leave a note for the consumer, which does not run yet."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
