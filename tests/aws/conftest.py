"""An endpoint that answers what a test tells it, and clients of it."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast
from urllib.parse import parse_qsl

import pytest

from eip.names import Action
from sandbox.ec2.control import Control
from sandbox.ec2.server import Ec2Double
from tests.aws.making import client_of, credentials
from workers.aws.client import Ec2Client


class Endpoint(ThreadingHTTPServer):
    """Answers in order; a status of 0 closes the connection without an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        self.requests: list[dict[str, str]] = []
        self.agents: list[str] = []
        self.answers: list[tuple[int, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """boto3's endpoint_url."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, status: int, body: str = "") -> None:
        """Answer the next request with this."""
        self.answers.append((status, body))

    def refuse(self, status: int, code: str, message: str = "said EC2") -> None:
        """Answer the next request with an error."""
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self.answer(status, f"<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>")


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        endpoint = cast("Endpoint", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        endpoint.requests.append(dict(parse_qsl(body)))
        endpoint.agents.append(self.headers["User-Agent"])
        status, answer = endpoint.answers.pop(0)
        if status:
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint without answers."""
    with Endpoint() as served:
        thread = Thread(target=served.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture
def tokens() -> list[Action]:
    """The actions that a token was taken for."""
    return []


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, tokens: list[Action]) -> Callable[[str], Ec2Client]:
    """Makes a client of an endpoint, with credentials that open nothing."""
    credentials(monkeypatch)

    def connected(url: str) -> Ec2Client:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        return client_of(tokens)

    return connected


@pytest.fixture
def client(endpoint: Endpoint, connect: Callable[[str], Ec2Client]) -> Ec2Client:
    """A client of the endpoint."""
    return connect(endpoint.url)


@pytest.fixture(scope="module")
def double() -> Iterator[Ec2Double]:
    """One double for all tests; `control` empties it for each."""
    with Ec2Double() as served:
        yield served


@pytest.fixture
def control(double: Ec2Double) -> Control:
    """A new account."""
    control = Control(double.url)
    control.reset()
    return control
