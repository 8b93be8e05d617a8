"""The workers' Celery application, as `celery -A workers.app worker` loads it."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def app() -> Iterator[Any]:
    """The application with its tasks; it connects to nothing."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("EIP_CLUSTER_NAME", "prod")
        made = importlib.import_module("workers.app").app
        importlib.import_module("workers.tasks")
        yield made
