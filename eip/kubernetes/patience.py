"""Asking again, for reads that nobody else repeats: at start, and page by page."""

from collections.abc import Callable
from typing import TypeVar

import stamina

from eip.errors import KubernetesError

T = TypeVar("T")

PASSING = frozenset({0, 429, 500, 502, 503, 504})


def patiently(read: Callable[[], T], attempts: int = 4, timeout: float = 20.0) -> T:
    """What `read` returns, asked up to `attempts` times within `timeout` seconds.

    Only what may pass is asked again, with jitter, and not before the server's Retry-After;
    when that is further away than `timeout`, the error is raised at once.
    """
    for attempt in stamina.retry_context(on=_delay_within(timeout), attempts=attempts, timeout=timeout):
        with attempt:
            return read()
    raise AssertionError  # stamina raises the last error itself


def _delay_within(timeout: float) -> Callable[[Exception], bool | float]:
    def delay(error: Exception) -> bool | float:
        if not isinstance(error, KubernetesError) or error.code not in PASSING:
            return False
        return (error.retry_after or True) if (error.retry_after or 0) < timeout else False

    return delay
