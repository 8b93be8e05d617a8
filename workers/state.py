"""The worker process' own: its settings, and its world once it has started."""

from functools import cache

from eip import settings as eip_settings
from eip.settings import Settings
from workers.build import Worker

worker: Worker | None = None


@cache
def settings() -> Settings:
    """The settings, read once."""
    return eip_settings.load()


def running() -> Worker:
    """The started worker; a task cannot come before it."""
    if worker is None:
        raise RuntimeError("a task ran before the worker had started")
    return worker
