"""One request to the API server: bounded in time, never retried, its refusal told as KubernetesError."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError

from eip.clock import Clock, SystemClock
from eip.errors import KubernetesError, SettingsError
from eip.kubernetes.configuration import Connection
from eip.kubernetes.refusal import no_answer, refusal

JSON = "application/json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"

CONNECT_TIMEOUT = 1.5
RECONNECT_INTERVAL = 30.0
CHUNK = 64 * 1024
# etcd's default limit for a request is 1.5 MiB; what is much longer is no line of a watch.
LONGEST_LINE = 16 * 1024 * 1024
UNSENDABLE = (
    "the token for the API server holds a line end, a control character or one beyond ASCII, so that nothing "
    "was asked; write it on one line and start again"
)

_REFUSED = 300
_UNAUTHORIZED = 401


class Stream:
    """The lines of one answer without end, as they come."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        """Each line without its end; KubernetesError when nothing comes in time or the server breaks off."""
        buffer = b""
        try:
            while chunk := _read(self._response):
                *lines, buffer = (buffer + chunk).split(b"\n")
                yield from (line for line in lines if line)
                if len(buffer) > LONGEST_LINE:
                    raise KubernetesError(
                        0, "LineTooLong", f"a line of the watch exceeds {LONGEST_LINE} bytes"
                    )
        finally:
            self._response.close()

    def interrupt(self) -> None:
        """End the iteration soon, whichever thread it is in."""
        with contextlib.suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()


class Http:
    """Requests over one pool of connections; safe to share between threads.

    `connect` is called at once, and again after a 401, as the credentials may be new ones by then.
    `timeout` in seconds bounds the wait for the answer, and once more the reading of its body.
    """

    def __init__(
        self, connect: Callable[[], Connection], timeout: float = 2.0, clock: Clock | None = None
    ) -> None:
        self._connect = connect
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._connection = connect()
        self._connected_at = self._clock.now()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connection.pool.clear()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = JSON,
        timeout: float | None = None,
    ) -> bytes:
        """The body of the answer; KubernetesError when it is a refusal, or when none comes in time."""
        timeout = timeout or self._timeout
        limits = urllib3.Timeout(total=timeout, connect=min(timeout, CONNECT_TIMEOUT))
        response = self._open(method, _target(path, query), limits, body, content_type)
        return self._body(response, timeout)

    def stream(self, path: str, query: Mapping[str, str], read_timeout: float) -> Stream:
        """A watch; silence for longer than `read_timeout` seconds ends it with KubernetesError."""
        limits = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout)
        return Stream(self._open("GET", _target(path, query), limits))

    def _open(
        self,
        method: str,
        target: str,
        limits: urllib3.Timeout,
        body: bytes | None = None,
        content_type: str = JSON,
    ) -> urllib3.BaseHTTPResponse:
        connection = self._connection
        response = _send(connection, method, target, limits, body, content_type)
        if response.status == _UNAUTHORIZED and self._reconnect(connection):
            response.close()
            response = _send(self._connection, method, target, limits, body, content_type)
        if response.status >= _REFUSED:
            raise refusal(response, self._body(response, self._timeout))
        return response

    def _body(self, response: urllib3.BaseHTTPResponse, timeout: float) -> bytes:
        try:
            return b"".join(self._chunks(response, timeout))
        except KubernetesError:
            response.close()
            raise

    def _chunks(self, response: urllib3.BaseHTTPResponse, timeout: float) -> Iterator[bytes]:
        """Each read has a time limit of its own, so their sum needs one too."""
        deadline = self._clock.now() + timeout
        while chunk := _read(response):
            yield chunk
            if self._clock.now() > deadline:
                raise KubernetesError(0, "BodyTimeout", f"the answer was not complete after {timeout:g} s")

    def _reconnect(self, refused: Connection) -> bool:
        """Read the credentials again; whether the next request may come with others than `refused` had."""
        with self._lock:
            if self._connection is not refused:
                return True
            if self._clock.now() - self._connected_at < RECONNECT_INTERVAL:
                return False
            self._connected_at = self._clock.now()
            with contextlib.suppress(SettingsError):
                self._connection = self._connect()
                refused.pool.clear()
            return self._connection is not refused


def segment(name: str) -> str:
    """One part of a path, quoted; a name that would address something else is refused."""
    if name in {"", ".", ".."}:
        raise KubernetesError(0, "InvalidName", f"{name!r} is not the name of an object")
    return quote(name, safe="")


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _send(
    connection: Connection,
    method: str,
    target: str,
    limits: urllib3.Timeout,
    body: bytes | None,
    content_type: str,
) -> urllib3.BaseHTTPResponse:
    headers = {"Accept": JSON, "User-Agent": "k8s-eip-operator"}
    if body is not None:
        headers["Content-Type"] = content_type
    if authorization := connection.authorization():
        # http.client would refuse most of these too, with the whole token in its words.
        if not (authorization.isascii() and authorization.isprintable()):
            raise KubernetesError(0, "Credentials", UNSENDABLE)
        headers["Authorization"] = authorization
    try:
        return connection.pool.request(
            method,
            connection.base_url + target,
            body=body,
            headers=headers,
            timeout=limits,
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except HTTPError as error:
        raise no_answer(error) from error


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK)
    except HTTPError as error:
        raise no_answer(error) from error
