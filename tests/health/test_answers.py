"""What the port answers: probes, metrics, and everything else."""

import http.client
from collections.abc import Iterator
from functools import partial

import pytest

from eip import health as eip_health
from eip.errors import SettingsError
from eip.health import Health, _Handler
from producer import metrics


class Checks(dict[str, str]):
    """The reasons why a check fails; none is all well."""

    def of(self, path: str) -> str:
        return self.get(path, "")


@pytest.fixture
def checks() -> Checks:
    """All is well at first."""
    return Checks()


@pytest.fixture
def port(checks: Checks) -> Iterator[int]:
    """A port that answers."""
    paths = ("/healthz", "/readyz")
    health = Health(0, {path: partial(checks.of, path) for path in paths}, host="127.0.0.1")
    health.start()
    yield health.server_port
    health.stop()


def get(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Code, content type and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose"])
def test_all_well_is_200(port: int, path: str) -> None:
    """The kubelet needs no more."""
    assert get(port, path) == (200, "text/plain; charset=utf-8", "ok\n")


def test_a_failing_check_is_503_with_its_reason(port: int, checks: Checks) -> None:
    """The reason shows in the pod's events; the other check is not touched by it."""
    checks["/readyz"] = "leading, but not all pods are listed and written yet"

    assert get(port, "/readyz")[::2] == (503, "leading, but not all pods are listed and written yet\n")
    assert get(port, "/healthz")[0] == 200


def test_metrics_are_exposed(port: int) -> None:
    """What Prometheus scrapes, in its own format."""
    metrics.LEADING.set(0)

    code, content_type, body = get(port, "/metrics")

    assert code == 200
    assert content_type.startswith("text/plain; version=")
    assert "# TYPE eip_producer_leading gauge" in body


@pytest.mark.parametrize("path", ["/", "/healthz/x", "/metricsx"])
def test_anything_else_is_404(port: int, path: str) -> None:
    """And says what there is."""
    code, _, body = get(port, path)

    assert code == 404
    assert "/healthz" in body


def test_nothing_can_be_written(port: int) -> None:
    """Only GET is known."""
    assert get(port, "/healthz", "POST")[0] == 501


def test_a_silent_client_is_dropped() -> None:
    """A connection that asks nothing does not hold its thread for ever."""
    health = Health(0, {}, host="127.0.0.1")
    health.server_close()

    assert health.RequestHandlerClass is _Handler
    assert _Handler.timeout == 5.0


def test_a_taken_port_is_a_settings_error(port: int) -> None:
    """It is found at start, not by the kubelet, and its message says which setting to change."""
    with pytest.raises(SettingsError, match=f"port {port} cannot be opened: .* in use; set EIP_HEALTH_PORT"):
        eip_health.serve(port, {}, host="127.0.0.1")


def test_a_served_port_answers_at_once() -> None:
    """Port 0 takes any that is free."""
    served = eip_health.serve(0, {"/healthz": lambda: ""}, host="127.0.0.1")

    assert get(served.server_port, "/healthz")[0] == 200
    served.stop()
