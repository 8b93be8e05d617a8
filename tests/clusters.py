"""Which clusters the tests run against: the double, and a real kube-apiserver where its binaries are.

Without the binaries the real one's tests are not collected, and one line of the report says so.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox import kube_assets
from sandbox.kubernetes.real import RealControlPlane

REQUIRED = os.environ.get("EIP_TEST_CLUSTER") == "required"
ASSETS = kube_assets.find()
REAL = bool(ASSETS) or REQUIRED
KINDS = ["double", "real"] if REAL else ["double"]
PARAMETERS = [pytest.param(kind, marks=[pytest.mark.cluster] if kind == "real" else []) for kind in KINDS]


def report_line() -> str:
    """What the tests run against, and how to get what is left out."""
    left_out = "" if REAL else "; kube-apiserver left out, `make kube-assets` builds it"
    return f"kubernetes: {', '.join(KINDS)}{left_out}"


@contextmanager
def real_control_plane() -> Iterator[RealControlPlane]:
    """A real control plane; a failure of the test where it is required and missing."""
    if ASSETS is None:
        pytest.fail("EIP_TEST_CLUSTER=required, but there is no kube-apiserver; run `make kube-assets`")
    with RealControlPlane(ASSETS) as running:
        yield running


NEAREST = pytest.mark.parametrize("control_plane", PARAMETERS[-1:], indirect=True, scope="session")
"""For all journeys but the main one, as each takes long: on the real cluster, or the double without one."""
