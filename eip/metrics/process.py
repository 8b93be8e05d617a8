"""What each of our processes says of itself."""

import platform
from importlib.metadata import PackageNotFoundError, version

from eip.metrics import definitions
from eip.metrics.make import counter, info

DISTRIBUTION = "k8s-eip-operator"


def installed_version() -> str:
    """The operator's version, or `unknown` when it runs without being installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


REDIS_CONNECTS = counter(definitions.REDIS_CONNECTS)
BUILD_INFO = info(
    definitions.BUILD_INFO, {"version": installed_version(), "python": platform.python_version()}
)
