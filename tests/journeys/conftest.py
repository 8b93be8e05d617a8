"""An installation for each module and cluster; every test leaves it as it found it."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest

from sandbox.kubernetes.real import RealControlPlane
from tests import clusters
from tests.journeys.installation import SHAPE, Installation

CLEANING_SECONDS = 60.0
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them all."""
    for item in items:
        if item.path.parent.name == "journeys":
            item.add_marker(pytest.mark.journey)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, None]:
    """Show what the processes logged last when a test failed."""
    outcome = yield
    report = outcome.get_result()
    stack = getattr(item, "funcargs", {}).get("stack")
    if not report.failed:
        return
    item.stash[FAILED] = True
    if isinstance(stack, Installation) and report.when != "teardown":
        report.sections.extend((f"log of {name}", log) for name, log in stack.tails())


@pytest.fixture(scope="session", params=clusters.PARAMETERS)
def control_plane(request: pytest.FixtureRequest) -> Iterator[RealControlPlane | None]:
    """A real one for the whole run; None stands for the double, which each installation starts."""
    with ExitStack() as opened:
        real = request.param == "real"
        yield opened.enter_context(clusters.real_control_plane()) if real else None


@pytest.fixture(scope="module")
def installation(
    request: pytest.FixtureRequest, control_plane: RealControlPlane | None
) -> Iterator[Installation]:
    """The operator in the shape that the module names."""
    with Installation(getattr(request.module, "SHAPE", SHAPE), control_plane) as running:
        yield running


@pytest.fixture
def stack(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Installation]:
    """The module's installation, without pods and addresses."""
    yield installation
    failed = request.node.stash.get(FAILED, False)
    try:
        installation.settle(CLEANING_SECONDS / 4 if failed else CLEANING_SECONDS)
    except AssertionError:
        for name, log in installation.tails():
            print(f"log of {name}", log, sep="\n")  # noqa: T201 - pytest shows it with the failure
        raise
