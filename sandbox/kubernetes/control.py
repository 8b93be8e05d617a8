"""A typed client of the double's switches, for tests and for the demo."""

from typing import Any

import msgspec
import urllib3

from sandbox.kubernetes.faults import Effect, Fault
from sandbox.kubernetes.request_log import Entry


class ControlError(Exception):
    """The double refused; the message says why."""


class Control:
    """Switches of the double at `url`; needs its admin token."""

    def __init__(self, url: str, token: str, ca_certificate: str | None = None) -> None:
        """Connect to nothing yet."""
        self._url = f"{url}/_sandbox"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = urllib3.PoolManager(ca_certs=ca_certificate, retries=False)

    def fail(
        self,
        code: int,
        *,
        count: int | None = 1,
        verbs: tuple[str, ...] = (),
        resources: tuple[str, ...] = (),
        name: str = "",
        retry_after: int | None = None,
    ) -> None:
        """Answer the next `count` requests that match with `code`; None lasts until `clear`."""
        self.add(Fault(Effect.FAIL, count, list(verbs), list(resources), name, code, retry_after))

    def hang(
        self,
        *,
        count: int | None = 1,
        verbs: tuple[str, ...] = (),
        resources: tuple[str, ...] = (),
        name: str = "",
    ) -> None:
        """Leave the next `count` requests without an answer until `clear`."""
        self.add(Fault(Effect.HANG, count, list(verbs), list(resources), name))

    def slow(
        self,
        seconds: float,
        *,
        count: int | None = 1,
        verbs: tuple[str, ...] = (),
        resources: tuple[str, ...] = (),
    ) -> None:
        """Carry out the next `count` requests `seconds` late."""
        self.add(Fault(Effect.SLOW, count, list(verbs), list(resources), seconds=seconds))

    def lose_reply(
        self,
        *,
        count: int | None = 1,
        verbs: tuple[str, ...] = (),
        resources: tuple[str, ...] = (),
        name: str = "",
    ) -> None:
        """Carry out the next `count` requests and cut the connection instead of answering."""
        self.add(Fault(Effect.LOSE_REPLY, count, list(verbs), list(resources), name))

    def add(self, fault: Fault) -> None:
        """Switch on one fault."""
        self._call("POST", "/faults", fault)

    def clear(self) -> None:
        """Switch off all faults and let go what hangs."""
        self._call("DELETE", "/faults")

    def drop_watches(self) -> None:
        """Cut the connection of every open watch."""
        self._call("POST", "/watches", {"action": "drop"})

    def error_watches(self, code: int = 410) -> None:
        """Send an ERROR event to every open watch and end it."""
        self._call("POST", "/watches", {"action": "error", "code": code})

    def bookmark_watches(self) -> None:
        """Send a bookmark to every open watch that allows bookmarks."""
        self._call("POST", "/watches", {"action": "bookmark"})

    def silence_watches(self) -> None:
        """Keep every watch open and say nothing on it, until `resume_watches`."""
        self._call("POST", "/watches", {"action": "silence"})

    def resume_watches(self) -> None:
        """Let silent watches speak, beginning with what they kept back."""
        self._call("POST", "/watches", {"action": "resume"})

    def compact(self) -> int:
        """Forget all history; return the revision below which every resume is answered 410."""
        return msgspec.json.decode(self._call("POST", "/compaction"), type=int)

    def counts(self) -> dict[str, int]:
        """Requests so far, by `verb resource`, such as `patch pods/status`."""
        return msgspec.json.decode(self._call("GET", "/counts"), type=dict[str, int])

    def requests(self) -> list[Entry]:
        """Requests so far, oldest first."""
        return msgspec.json.decode(self._call("GET", "/requests"), type=list[Entry])

    def forget_requests(self) -> None:
        """Start counting anew."""
        self._call("DELETE", "/requests")

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        encoded = msgspec.json.encode(body) if body is not None else b""
        answer = self._http.request(method, self._url + path, body=encoded, headers=self._headers)
        if answer.status != 200:  # noqa: PLR2004
            raise ControlError(f"{method} {path} answered {answer.status}: {answer.data.decode()}")
        return answer.data
