"""What holds for every request: its errors, time-outs, credentials and connections."""

import email.utils
import socket
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from eip.errors import KubernetesError, SettingsError
from eip.kubernetes import http as requests
from eip.kubernetes.configuration import Connection
from eip.kubernetes.http import Http
from eip.kubernetes.patience import patiently

if TYPE_CHECKING:
    from tests.kube.conftest import Script


class Hands:
    """A clock whose every look is `step` seconds later."""

    def __init__(self, step: float = 0.0) -> None:
        self.time = 0.0
        self.step = step

    def now(self) -> float:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_connections_are_kept(http: Http, script: "Script") -> None:
    """Requests after each other, answers and refusals alike, share one connection."""
    script.answer(b"{}")
    script.refuse(404, "NotFound")
    script.answer(b"{}")

    http.request("GET", "/a")
    with pytest.raises(KubernetesError):
        http.request("GET", "/b")
    http.request("GET", "/c")

    assert script.connections == 1


def test_no_answer_is_code_0(pool: urllib3.PoolManager) -> None:
    """An API server that is not there is an error of its own, and asked only once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        http = Http(lambda: Connection(f"http://127.0.0.1:{port}", pool, lambda: None))

        with pytest.raises(KubernetesError, match="no answer from the API server") as raised:
            http.request("GET", "/a")

    assert (raised.value.code, raised.value.retry_after) == (0, None)


def test_an_answer_that_breaks_off_is_code_0(http: Http, script: "Script") -> None:
    """Half an answer is none."""
    script.answer(b'{"metadata"', Content_Length="100", Connection="close")

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert raised.value.code == 0


def test_an_answer_that_drips_is_given_up(base_url: str, pool: urllib3.PoolManager, script: "Script") -> None:
    """The body has a time limit as a whole, not only between its parts."""
    script.answer(b"x" * 200_000)
    http = Http(lambda: Connection(base_url, pool, lambda: None), timeout=5.0, clock=Hands(step=3.0))

    with pytest.raises(KubernetesError, match="not complete after 5 s"):
        http.request("GET", "/a")


def test_the_connection_is_bounded_in_time(
    monkeypatch: pytest.MonkeyPatch, base_url: str, pool: urllib3.PoolManager
) -> None:
    """Both waits have limits, and nothing is repeated or redirected behind the caller's back."""
    seen: dict[str, Any] = {}

    def request(*_: object, **options: object) -> None:
        seen.update(options)
        raise urllib3.exceptions.ReadTimeoutError(pool.connection_from_url(base_url), "/a", "slow")

    monkeypatch.setattr(pool, "request", request)
    with pytest.raises(KubernetesError, match="slow"):
        Http(lambda: Connection(base_url, pool, lambda: None), timeout=2.0).request("GET", "/a")

    assert (seen["timeout"].total, seen["timeout"].connect_timeout) == (2.0, 1.5)
    assert (seen["retries"], seen["redirect"]) == (False, False)


def test_a_redirect_is_not_followed(http: Http, script: "Script") -> None:
    """The token must not travel to where an answer points."""
    script.answer(b"", code=302, Location="http://127.0.0.1:1/")

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert raised.value.code == 302


@pytest.mark.parametrize(
    ("header", "expected"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("", None)],
    ids=["seconds", "now", "nonsense", "empty"],
)
def test_retry_after_is_told(http: Http, script: "Script", header: str, expected: float | None) -> None:
    """What the header says reaches the caller; what it can't say is left out."""
    script.answer(b"{}", code=429, Retry_After=header)

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert expected == raised.value.retry_after


def test_retry_after_may_be_a_date(http: Http, script: "Script") -> None:
    """A date counts from now."""
    script.answer(b"{}", code=503, Retry_After=email.utils.formatdate(time.time() + 3600, usegmt=True))

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert raised.value.retry_after is not None
    assert 3000 < raised.value.retry_after <= 3600


@pytest.mark.parametrize(("said", "seconds"), [(3, 3.0), (10**400, 3600.0)], ids=["3", "absurd"])
def test_retry_after_may_be_in_the_status(http: Http, script: "Script", said: int, seconds: float) -> None:
    """Without the header, details.retryAfterSeconds counts, up to an hour."""
    script.refuse(429, "TooManyRequests", "slow down", retryAfterSeconds=said)

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert raised.value.retry_after == seconds


def test_a_long_message_is_trimmed(http: Http, script: "Script") -> None:
    """A message of any length costs at most a line of the log."""
    script.refuse(500, "InternalError", "x" * 5000)

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert len(str(raised.value)) < 300


def test_credentials_go_with_each_request_and_into_no_error(http: Http, script: "Script") -> None:
    """The token is a header, and never part of what is told about a failure."""
    script.refuse(500, "InternalError", "boom")

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert script.asked[0].headers["authorization"] == "Bearer sesame"
    assert "sesame" not in f"{raised.value!r} {raised.value.__cause__!r}"


@pytest.mark.parametrize(
    "token",
    ["sesame\n", "ses\name", "sesame\n folded", "sesame\x00", "sesame\u2026", "sesame\xe9"],
    ids=["line end", "two lines", "folded line", "control character", "no latin-1", "no ascii"],
)
def test_a_token_that_no_header_may_hold_is_neither_sent_nor_told(
    base_url: str, pool: urllib3.PoolManager, script: "Script", token: str
) -> None:
    """http.client would refuse it with the whole token in its words."""
    script.answer(b"{}")
    http = Http(lambda: Connection(base_url, pool, lambda: f"Bearer {token}"))

    with pytest.raises(KubernetesError, match="write it on one line") as raised:
        http.request("GET", "/a")

    assert (raised.value.code, raised.value.reason) == (0, "Credentials")
    assert "ses" not in "".join(traceback.format_exception_only(raised.value))
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert script.asked == []


def connections(base_url: str, pool: urllib3.PoolManager, *tokens: str | None) -> Callable[[], Connection]:
    """A way to connect that finds other credentials each time; None stands for none readable."""
    left = list(tokens)

    def connect() -> Connection:
        token = left.pop(0)
        if token is None:
            raise SettingsError("no kubeconfig")
        return Connection(base_url, pool, lambda: token)

    return connect


def test_a_401_is_asked_again_with_new_credentials(
    base_url: str, pool: urllib3.PoolManager, script: "Script"
) -> None:
    """Credentials that were replaced behind our back are read again, once."""
    script.refuse(401, "Unauthorized")
    script.answer(b"{}")
    clock = Hands()
    http = Http(connections(base_url, pool, "old", "new"), clock=clock)
    clock.sleep(requests.RECONNECT_INTERVAL)

    http.request("GET", "/a")

    assert [request.headers["authorization"] for request in script.asked] == ["old", "new"]


def test_credentials_are_not_read_again_at_each_401(
    base_url: str, pool: urllib3.PoolManager, script: "Script"
) -> None:
    """An exec plugin must not be run for every request of a service that is not allowed in."""
    script.refuse(401, "Unauthorized")
    clock = Hands()
    http = Http(connections(base_url, pool, "old", "new"), clock=clock)
    clock.sleep(requests.RECONNECT_INTERVAL)

    for _ in range(3):
        with pytest.raises(KubernetesError):
            http.request("GET", "/a")

    assert [request.headers["authorization"] for request in script.asked] == ["old", "new", "new", "new"]


def test_unreadable_new_credentials_leave_the_old_ones(
    base_url: str, pool: urllib3.PoolManager, script: "Script"
) -> None:
    """While the file is being replaced the refusal is what the caller hears."""
    script.refuse(401, "Unauthorized")
    clock = Hands()
    http = Http(connections(base_url, pool, "old", None), clock=clock)
    clock.sleep(requests.RECONNECT_INTERVAL)

    with pytest.raises(KubernetesError) as raised:
        http.request("GET", "/a")

    assert raised.value.code == 401


@pytest.mark.parametrize("code", [0, 429, 500, 502, 503, 504])
def test_patience_asks_again_for_what_may_pass(code: int) -> None:
    """A read that somebody must have is asked again."""
    errors = [KubernetesError(code, "Busy", "", retry_after=0.001)]

    def read() -> str:
        if errors:
            raise errors.pop()
        return "pod"

    assert patiently(read) == "pod"


@pytest.mark.parametrize(
    "error",
    [KubernetesError(403, "Forbidden", ""), KubernetesError(404, "NotFound", ""), ValueError()],
    ids=["denied", "not found", "a fault of our own"],
)
def test_patience_does_not_ask_again_for_what_stays(error: Exception) -> None:
    """A refusal is final."""
    asked = []

    def read() -> str:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        patiently(read)

    assert len(asked) == 1


def test_patience_does_not_outwait_its_limit() -> None:
    """A Retry-After beyond the limit is the caller's to know at once."""

    def read() -> str:
        raise KubernetesError(503, "Maintenance", "", retry_after=3600.0)

    with pytest.raises(KubernetesError):
        patiently(read)
