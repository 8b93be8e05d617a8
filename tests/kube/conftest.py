"""An API server that answers what a test tells it to, and remembers what it was asked."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from eip.kubernetes.client import Kubernetes
from eip.kubernetes.configuration import Connection
from eip.kubernetes.http import Http


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """The answers in their order, each `(code, headers, body)`; the last one is repeated."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def answer(self, body: Any, code: int = 200, **headers: str) -> None:
        """One more answer, as JSON unless it is bytes already."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((code, {key.replace("_", "-"): value for key, value in headers.items()}, raw))

    def refuse(self, code: int, reason: str, message: str = "", **details: Any) -> None:
        """One more answer, a metav1.Status."""
        status = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
        self.answer(status, code)

    def take(self) -> tuple[int, dict[str, str], bytes]:
        """The answer whose turn it is."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with connections that are kept, as the API server does."""

    protocol_version = "HTTP/1.1"
    script: Script
    timeout = 10

    def setup(self) -> None:
        super().setup()
        self.script.connections += 1

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.script.asked.append(Asked(self.command, self.path, headers, json.loads(raw) if raw else None))
        code, headers, body = self.script.take()
        self.send_response(code)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = handle_any

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Server(ThreadingHTTPServer):
    """A client that goes away in the middle of an answer is what some tests want."""

    daemon_threads = True

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def script() -> Script:
    """What the API server will say."""
    return Script()


@pytest.fixture
def base_url(script: Script) -> Iterator[str]:
    """Where it listens."""
    handler = type("Scripted", (Handler,), {"script": script})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    """Connections that end with the test."""
    manager = urllib3.PoolManager()
    yield manager
    manager.clear()


@pytest.fixture
def http(base_url: str, pool: urllib3.PoolManager) -> Http:
    """Requests with a token."""
    return Http(lambda: Connection(base_url, pool, lambda: "Bearer sesame"), timeout=5.0)


@pytest.fixture
def kubernetes(http: Http) -> Kubernetes:
    """The client under test."""
    return Kubernetes(http)
