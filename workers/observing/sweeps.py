"""Counts sweeps, and remembers when the last one was done: whoever sweeps no more finds no leak."""

from collections.abc import Iterator
from contextlib import contextmanager

from eip.errors import EipError
from workers import metrics


@contextmanager
def sweeping() -> Iterator[None]:
    """One sweep; an error that puts it off leaves through here."""
    try:
        yield
    except EipError:
        metrics.SWEEPS.labels("put-off").inc()
        raise
    metrics.SWEEPS.labels("done").inc()
    metrics.SWEPT_AT.set_to_current_time()
