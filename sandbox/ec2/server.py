"""The double over HTTP, in a thread of its own.

werkzeug's server closes every connection, which costs a thread, a handshake and 10 ms a call; this one keeps
connections alive, as EC2 does.
"""

import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from types import TracebackType
from typing import Self, cast

from eip.clock import Clock, SystemClock
from sandbox.ec2 import neighbours
from sandbox.ec2.account import Account, Reply
from sandbox.ec2.messages import Settings
from sandbox.ec2.operations import PREFIX, control

HOST = "127.0.0.1"


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, account: Account, port: int) -> None:
        self.account = account
        self.connections: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def close_connections(self) -> None:
        for connection in list(self.connections):
            _shut(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave in one packet

    def setup(self) -> None:
        super().setup()
        self._server = cast("_Server", self.server)
        self._server.connections.add(self.connection)

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client may leave whenever it likes
            super().handle()

    def finish(self) -> None:
        self._server.connections.discard(self.connection)
        with suppress(ConnectionError):
            super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        account = self._server.account
        if self.path.startswith(PREFIX):
            self._send(control(account, self.path, body), "application/json")
        elif target := self.headers.get("X-Amz-Target"):  # of the JSON protocol, which EC2 does not speak
            self._send(neighbours.service_quota(account, target, body), "application/x-amz-json-1.1")
        elif neighbours.is_to_sts(body):
            self._send(neighbours.caller_identity(), "text/xml")
        else:
            self._send(account.call(body), "text/xml;charset=UTF-8")

    def log_message(self, *args: object) -> None:
        """Say nothing: the call log is the log."""

    def _send(self, reply: Reply, content_type: str) -> None:
        if reply.lost:
            _shut(self.connection)
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


class Ec2Double:
    """The double in this process: a context manager that serves while it is entered."""

    def __init__(
        self,
        clock: Clock | None = None,
        port: int = 0,
        settings: Settings | None = None,
        stop_poll: float = 0.02,
    ) -> None:
        """Listen on `port` of 127.0.0.1, 0 for a free one; look every `stop_poll` seconds whether to stop."""
        self.account = Account(clock or SystemClock(), settings=settings)
        self._server = _Server(self.account, port)
        self._thread = Thread(
            target=self._server.serve_forever, args=(stop_poll,), daemon=True, name="ec2-double"
        )

    @property
    def url(self) -> str:
        """Where it listens: boto3's endpoint_url."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening and close all connections."""
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)
