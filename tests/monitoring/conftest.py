"""Where promtool is missing its tests are skipped; .ci/run gets it, or says loudly that they are left out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.monitoring import promtool


def pytest_report_header() -> str:
    """Say in one line what checks the rules."""
    return f"rules checked by {promtool.find() or 'nobody: ' + promtool.INSTALL}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run where whoever runs the tests has said so."""
    if os.environ.get("EIP_TEST_PROMTOOL") == "absent":
        asking = [item for item in items if "ask_promtool" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=asking)
        items[:] = [item for item in items if item not in asking]


@pytest.fixture
def ask_promtool() -> Callable[..., str]:
    """Asks promtool; PromtoolError when it says no."""
    if not promtool.find():
        pytest.skip(promtool.INSTALL)
    return promtool.ask


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file for promtool."""

    def write(text: str) -> Path:
        path = tmp_path / "monitoring.yaml"
        path.write_text(text)
        return path

    return write
