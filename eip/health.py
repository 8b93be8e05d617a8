"""What the kubelet and Prometheus ask: /healthz, /readyz and /metrics, by a small HTTP server.

A check returns nothing when all is well, else the reason in words, which is the body of a 503.
"""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import exposition
from prometheus_client.registry import REGISTRY

from eip.errors import SettingsError

Check = Callable[[], str]

# A client that sends nothing must not hold a thread for ever.
CLIENT_TIMEOUT = 5.0
POLL = 0.1


class Health(ThreadingHTTPServer):
    """Answers from `start` until `stop`; port 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, port: int, checks: Mapping[str, Check], host: str = "") -> None:
        self.checks = checks
        super().__init__((host, port), _Handler)

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(POLL,), name="health", daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        self.shutdown()
        self.server_close()


def serve(port: int, checks: Mapping[str, Check], host: str = "") -> Health:
    """The port, answering from now on.

    Raises:
        SettingsError: it is taken, or may not be opened.

    """
    try:
        health = Health(port, checks, host)
    except OSError as error:
        raise SettingsError(
            f"the health port {port} cannot be opened: {error.strerror}; set EIP_HEALTH_PORT to another"
        ) from error
    health.start()
    return health


class _Handler(BaseHTTPRequestHandler):
    server: Health
    timeout = CLIENT_TIMEOUT
    server_version = "k8s-eip-operator"
    sys_version = ""

    def do_GET(self) -> None:
        """One of the three, or 404."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._metrics()
        elif check := self.server.checks.get(path):
            reason = check()
            self._answer(503 if reason else 200, f"{reason or 'ok'}\n".encode())
        else:
            self._answer(404, b"not found: ask for /healthz, /readyz or /metrics\n")

    def _metrics(self) -> None:
        encode, content_type = exposition.choose_encoder(self.headers.get("Accept", ""))
        self._answer(200, encode(REGISTRY), content_type)

    def _answer(self, code: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Probes come every few seconds; their lines would bury the others."""
