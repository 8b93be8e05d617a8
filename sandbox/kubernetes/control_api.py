"""The switches at /_sandbox/…, as `control.Control` calls them."""

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.kubernetes.api import Api
from sandbox.kubernetes.faults import Effect, Fault, Faults
from sandbox.kubernetes.request_log import RequestLog
from sandbox.kubernetes.status import JsonObject, bad_request, expired, unknown_path

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = 410
WATCH_ACTIONS = ("drop", "error", "bookmark", "silence", "resume")


class ControlApi:
    """Faults, interruptions of watches, compaction and the request log."""

    def __init__(self, api: Api, faults: Faults, log: RequestLog) -> None:
        """Switch on these."""
        self._api = api
        self._faults = faults
        self._log = log
        self._routes: dict[tuple[str, str], Callable[[bytes], Any]] = {
            ("POST", "/_sandbox/faults"): self._add_fault,
            ("DELETE", "/_sandbox/faults"): lambda _: self._faults.clear(),
            ("POST", "/_sandbox/watches"): self._watches,
            ("POST", "/_sandbox/compaction"): lambda _: self._api.store.compact(),
            ("GET", "/_sandbox/requests"): lambda _: self._log.entries(),
            ("GET", "/_sandbox/counts"): lambda _: self._log.counts(),
            ("DELETE", "/_sandbox/requests"): lambda _: self._log.clear(),
        }

    def answer(self, method: str, path: str, body: bytes) -> Any:
        """Carry out one switch. Raises ApiError 400 or 404."""
        route = self._routes.get((method, path))
        if route is None:
            raise unknown_path()
        return route(body)

    def _add_fault(self, body: bytes) -> None:
        try:
            self._faults.add(msgspec.json.decode(body, type=Fault))
        except msgspec.MsgspecError as problem:
            raise bad_request(f"not a fault: {problem}") from problem

    def _watches(self, body: bytes) -> None:
        wanted: JsonObject = msgspec.json.decode(body)
        action = wanted.get("action")
        if action not in WATCH_ACTIONS:
            raise bad_request(f"action {action!r} is none of {', '.join(WATCH_ACTIONS)}")
        with self._api.store.changed:
            state = self._api.interruptions
            if action == "drop":
                state.drops += 1
            elif action == "bookmark":
                state.bookmarks += 1
            elif action == "error":
                code = wanted.get("code", 410)
                message = "too old resource version: injected by the sandbox"
                state.errors.append(
                    expired(message) if code == GONE else Fault(Effect.FAIL, code=code).error()
                )
            else:
                state.silent = action == "silence"
            self._api.store.changed.notify_all()
