"""A worker asks which cluster it is in before it does anything, and waits for an API server that is away."""

import os
import signal
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import structlog

from eip.errors import KubernetesError, SettingsError
from workers.cluster_uid import LONGEST_PAUSE, cluster_uid

if TYPE_CHECKING:
    from eip.kubernetes.client import Kubernetes

UID = "0b5c8d5e-3a2f-4a0e-9c0b-5f3d1c2b7a61"


class Api:
    """An API server that fails first, as often as it is told to."""

    def __init__(self, *failures: KubernetesError) -> None:
        self.failures = list(failures)

    def kube_system_uid(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return UID


@pytest.fixture(autouse=True)
def alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the liveness probe looks at."""
    path = tmp_path / "alive"
    monkeypatch.setenv("EIP_ALIVE_FILE", str(path))
    return path


def failure(code: int, retry_after: float | None = None) -> KubernetesError:
    """What the API server, or the way to it, said."""
    return KubernetesError(code, "Reason", "it said so", retry_after)


def ask(*failures: KubernetesError, sleep: Callable[[float], None] = lambda _: None) -> str:
    """The uid, from an API server that fails so first."""
    return cluster_uid(cast("Kubernetes", Api(*failures)), sleep)


def test_an_api_server_that_answers(alive: Path) -> None:
    """Nothing is said, and the first sign of life is left to the one who keeps house."""
    with structlog.testing.capture_logs() as lines:
        assert ask() == UID

    assert lines == []
    assert not alive.exists()


@pytest.mark.parametrize("code", [0, 429, 500, 503, 504, 507])
def test_what_passes_is_waited_for(code: int) -> None:
    """For as long as it takes; one line says that it begins, and one that it is over."""
    with structlog.testing.capture_logs() as lines:
        assert ask(*repeat(failure(code), 1000)) == UID

    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert "it said so" in lines[0]["error"]


def test_the_pauses_grow() -> None:
    """Many workers start at once after an outage; none waits long for an API server that is back."""
    pauses: list[float] = []

    ask(*repeat(failure(0), 20), sleep=pauses.append)

    assert len(pauses) == 20
    assert pauses[0] <= 1
    assert LONGEST_PAUSE / 2 <= min(pauses[-5:]) <= max(pauses) <= LONGEST_PAUSE
    assert len(set(pauses)) == 20


def test_the_server_says_how_long() -> None:
    """Within what the liveness probe allows."""
    pauses: list[float] = []

    ask(failure(429, 7), failure(429, 3600), sleep=pauses.append)

    assert pauses[0] == 7
    assert pauses[1] == 30


def test_a_worker_that_waits_is_alive(alive: Path) -> None:
    """To restart it would help nobody; the probe looks at the file."""
    touched: list[bool] = []

    def sleep(_: float) -> None:
        touched.append(alive.exists())
        alive.unlink()

    ask(failure(0), failure(503), sleep=sleep)

    assert touched == [True, True]


def test_a_file_that_cannot_be_written_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps house says so."""
    monkeypatch.setenv("EIP_ALIVE_FILE", "/proc/nope")

    assert ask(failure(0)) == UID


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_right_that_is_missing_ends_it(code: int) -> None:
    """It has to be given, or the uid to be set; also after a wait."""
    with pytest.raises(SettingsError, match=f"{code} Reason.*the right to get it, or set EIP_CLUSTER_UID"):
        ask(failure(0), failure(code))


@pytest.mark.parametrize("code", [400, 410])
def test_another_refusal_is_no_matter_of_rights(code: int) -> None:
    """It is said as it is."""
    with pytest.raises(SettingsError, match=f"{code} Reason.*set EIP_CLUSTER_UID") as raised:
        ask(failure(code))

    assert "right" not in str(raised.value)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_worker_that_waits(number: signal.Signals) -> None:
    """Celery only notes it for its consumer, which does not run yet."""
    noted: list[int] = []
    before = signal.signal(number, lambda got, _: noted.append(got))
    try:
        with pytest.raises(SystemExit) as ended:
            ask(*repeat(failure(0), 9), sleep=lambda _: os.kill(os.getpid(), number))
        os.kill(os.getpid(), number)
    finally:
        signal.signal(number, before)

    assert ended.value.code == 0
    assert noted == [number]
