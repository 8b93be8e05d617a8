"""A small HTTP client of the API, for what runs in the sandbox and for the contract suite.

It adds nothing to what the server says: no retries, no typed objects, no errors raised for a code.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import urllib3

from sandbox.kubernetes.status import JsonObject

STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
CONNECTIONS = 32
SANDBOX_AGENT = "sandbox"
"""The User-Agent of the sandbox's own parts, which the double spares from faults and from its log."""


@dataclass(frozen=True)
class Reply:
    """A code and a body: an object, or a text."""

    status: int
    body: Any
    headers: urllib3.HTTPHeaderDict


class WatchStream:
    """An open watch; iterating yields `{"type": …, "object": …}` until the server ends it."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        """Read from `response`, which is not yet read."""
        self.status = response.status
        self._response = response

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._response.close()

    def interrupt(self) -> None:
        """End the iteration from another thread."""
        with contextlib.suppress(OSError, ValueError):
            self._response.shutdown()

    def __iter__(self) -> Iterator[JsonObject]:
        """Events, as they come."""
        kept = b""
        for chunk in self._response.stream(amt=None):
            *lines, kept = (kept + chunk).split(b"\n")
            yield from (msgspec.json.decode(line) for line in lines)
        if kept:
            yield msgspec.json.decode(kept)


class ApiClient:
    """Speaks as the holder of one token; None is anonymous."""

    def __init__(
        self, url: str, token: str | None, certificate: Path | None = None, *, user_agent: str = ""
    ) -> None:
        """Connect to nothing yet; `certificate` is the authority to trust."""
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if user_agent:
            self._headers["User-Agent"] = user_agent
        ca_certificates = str(certificate) if certificate else None
        self._http = urllib3.PoolManager(
            ca_certs=ca_certificates, retries=False, maxsize=CONNECTIONS, timeout=urllib3.Timeout(30)
        )

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Reply:
        """Make one request. Raises urllib3's errors when the server does not answer."""
        headers = self._headers | ({"Content-Type": content_type} if body is not None else {})
        encoded = msgspec.json.encode(body) if body is not None else None
        answer = self._http.request(method, self.url + path, body=encoded, headers=headers)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return Reply(answer.status, answer.json() if is_json else answer.data.decode(), answer.headers)

    def get(self, path: str) -> Reply:
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Reply:
        """POST."""
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Reply:
        """PUT."""
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any, content_type: str = STRATEGIC_MERGE) -> Reply:
        """PATCH, a strategic merge if not said otherwise."""
        return self.call("PATCH", path, body, content_type)

    def delete(self, path: str, options: JsonObject | None = None) -> Reply:
        """DELETE, with DeleteOptions."""
        return self.call("DELETE", path, options)

    def watch(self, path: str) -> WatchStream:
        """Open a watch; `path` has the query parameters, `watch=1` aside."""
        separator = "&" if "?" in path else "?"
        url = f"{self.url}{path}{separator}watch=1"
        return WatchStream(self._http.request("GET", url, headers=self._headers, preload_content=False))
