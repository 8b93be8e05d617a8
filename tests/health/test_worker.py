"""What a worker answers to the kubelet, and what it says when its port is taken."""

import socket
import time
from types import SimpleNamespace

import pytest

from workers import state
from workers.alive import Pulse
from workers.consumer import bootsteps
from workers.consumer.bootsteps import World, _alive, _ready


@pytest.fixture
def pulse(monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """The signs of life of a worker that has just started."""
    pulse = Pulse(polled_at=time.monotonic())
    monkeypatch.setattr(bootsteps, "PULSE", pulse)
    return pulse


def test_a_worker_is_ready_when_redis_answers(pulse: Pulse) -> None:
    """And not before; a Redis that goes away is no reason to restart the worker."""
    assert (_alive(), _ready()) == ("", "Redis has not answered")

    pulse.redis_answered(time.monotonic())
    assert (_alive(), _ready()) == ("", "")

    pulse.redis_away()
    assert (_alive(), _ready()) == ("", "Redis has not answered")


def test_a_worker_with_a_stuck_slot_is_to_be_restarted(pulse: Pulse) -> None:
    """As its liveness probe says."""
    pulse.task_started("one", time.monotonic() - 1)

    assert "over their deadline" in _alive()


def test_a_worker_whose_port_is_taken_says_which_setting_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it takes a task."""
    with socket.create_server(("", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(state, "settings", lambda: SimpleNamespace(health_port=port))

        with pytest.raises(SystemExit, match=f"port {port} cannot be opened: .*; set EIP_HEALTH_PORT"):
            World.start(World.__new__(World), SimpleNamespace(concurrency=16))
