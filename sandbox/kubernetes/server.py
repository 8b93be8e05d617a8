"""The HTTP side: connections, bearer tokens, chunked watches, faults, and the control API."""

import contextlib
import dataclasses
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from sandbox.kubernetes import request as requests
from sandbox.kubernetes.api import Answer, Api, encode
from sandbox.kubernetes.client import SANDBOX_AGENT
from sandbox.kubernetes.control_api import ControlApi
from sandbox.kubernetes.faults import Effect, Faults
from sandbox.kubernetes.identity import ANONYMOUS, User
from sandbox.kubernetes.request import Request
from sandbox.kubernetes.request_log import RequestLog
from sandbox.kubernetes.status import ApiError
from sandbox.kubernetes.watch import Watch, WatchDroppedError

CONTROL_PREFIX = "/_sandbox/"
NO_ANSWER = 0
POLL_SECONDS = 0.05  # how soon `close` is heard


class _CutError(Exception):
    """The connection is to be closed without an answer."""


class KubernetesServer(ThreadingHTTPServer):
    """Serves one Api, a thread per connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int = 0, certificate: tuple[Path, Path] | None = None) -> None:
        """Bind to 127.0.0.1; port 0 takes a free one; with a certificate and key, speak TLS."""
        self.api = Api()
        self.faults = Faults()
        self.log = RequestLog()
        self.control = ControlApi(self.api, self.faults, self.log)
        self._connections: set[socket.socket] = set()
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """End all watches, let go what hangs, cut all connections and free the port."""
        with self.api.store.changed:
            self.api.interruptions.closing = True
            self.api.store.changed.notify_all()
        self.faults.clear()
        self.shutdown()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Do the TLS handshake in the connection's own thread, so that a slow one holds up nobody."""
        if self._tls:
            request = self._tls.wrap_socket(request, server_side=True)
        self._connections.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self._connections.discard(request)
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of the server's."""
        if not isinstance(sys.exception(), (ConnectionError, ssl.SSLError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True
    wbufsize = -1
    server: KubernetesServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the request log is for that."""

    def _serve(self) -> None:
        request = self._request()
        user, code = ANONYMOUS, NO_ANSWER
        try:
            user = self.server.api.tokens.user(request.token)
            if request.path.startswith(CONTROL_PREFIX):
                self._control(request, user)
                return
            code = self._answer(request, user)
        except ApiError as error:
            code = error.code
            self._note(request, user, code)
            self._refuse(error)
        except _CutError:
            self._note(request, user, NO_ANSWER)
            self._cut()

    def _answer(self, request: Request, user: User) -> int:
        fault = None if request.spared else self.server.faults.take(request)
        if fault and fault.effect == Effect.FAIL:
            raise fault.error()
        if fault and fault.effect == Effect.HANG:
            self.server.faults.hang()
            raise _CutError
        if fault and fault.effect == Effect.SLOW:
            time.sleep(fault.seconds)
        answer = self.server.api.answer(request, user)
        if fault and fault.effect == Effect.LOSE_REPLY:
            raise _CutError
        self._note(request, user, answer.code)
        if isinstance(answer.body, Watch):
            self._stream(answer.body)
        else:
            self._send(answer.code, encode(answer), _media_type(answer))
        return answer.code

    def _control(self, request: Request, user: User) -> None:
        if "system:masters" not in user.groups:
            raise ApiError(403, "Forbidden", "the sandbox's switches are for its admin token only")
        found = self.server.control.answer(request.method, request.path, request.body)
        self._send(200, msgspec.json.encode(found), "application/json")

    def _request(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        parsed = requests.parse(self.command, self.path, body, self.headers.get("Content-Type", ""), bearer)
        return dataclasses.replace(parsed, spared=self.headers.get("User-Agent") == SANDBOX_AGENT)

    def _note(self, request: Request, user: User, code: int) -> None:
        if not request.spared:
            self.server.log.add(
                request.verb, request.resource_path, request.namespace, request.name, user.name, code
            )

    def _refuse(self, error: ApiError) -> None:
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
        self._send(error.code, msgspec.json.encode(error.body()), "application/json", headers)

    def _send(self, code: int, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _stream(self, watch: Watch) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        try:
            for line in watch:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except WatchDroppedError:
            self._cut()
        except ConnectionError:
            self.close_connection = True

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _media_type(answer: Answer) -> str:
    return "text/plain; charset=utf-8" if isinstance(answer.body, str) else "application/json"


def serve_in_background(server: KubernetesServer) -> threading.Thread:
    """Serve in a daemon thread; `close` ends it."""
    thread = threading.Thread(
        target=server.serve_forever, args=(POLL_SECONDS,), name="kubernetes-double", daemon=True
    )
    thread.start()
    return thread
