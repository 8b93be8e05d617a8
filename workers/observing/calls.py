"""Counts the calls of EC2, and how long each took."""

from collections.abc import Iterator
from contextlib import contextmanager

from eip.errors import Ec2Error
from eip.names import Action
from workers import metrics
from workers.aws.codes import verdict


@contextmanager
def calling(action: Action) -> Iterator[None]:
    """One call; an Ec2Error leaves through here and says what came of it."""
    try:
        with metrics.EC2_CALL_DURATION.labels(action.value).time():
            yield
    except Ec2Error as error:
        metrics.EC2_CALLS.labels(action.value, verdict(error).verdict.value).inc()
        raise
    metrics.EC2_CALLS.labels(action.value, metrics.OK).inc()
