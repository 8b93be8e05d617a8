"""Faults on request: what a client must survive, switched on for the next n requests that match."""

import threading
from enum import StrEnum

import msgspec

from sandbox.kubernetes.request import Request
from sandbox.kubernetes.status import ApiError

_REASONS = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden"),
    404: ("NotFound", "the server could not find the requested resource"),
    409: ("Conflict", "the object has been modified"),
    410: ("Expired", "The resourceVersion for the provided list is too old."),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: injected by the sandbox"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "Timeout: request did not complete within the allotted timeout"),
}


class Effect(StrEnum):
    """What happens to a request that a fault meets."""

    FAIL = "fail"
    """It is answered with `code` and not carried out."""
    HANG = "hang"
    """It is not answered, and not carried out, until the faults are cleared; then the connection is cut."""
    SLOW = "slow"
    """It is carried out after `seconds`."""
    LOSE_REPLY = "lose_reply"
    """It is carried out, and the connection is cut instead of an answer."""


class Fault(msgspec.Struct):
    """One fault. Empty `verbs`, `resources` or `name` match everything.

    `resources` are written as in RBAC: `pods`, `pods/status`. `count` None lasts until cleared.
    """

    effect: Effect
    count: int | None = 1
    verbs: list[str] = []
    resources: list[str] = []
    name: str = ""
    code: int = 503
    retry_after: int | None = None
    seconds: float = 0.0

    def meets(self, request: Request) -> bool:
        """Whether this fault is for that request."""
        return (
            (not self.verbs or request.verb in self.verbs)
            and (not self.resources or request.resource_path in self.resources)
            and (not self.name or request.name == self.name)
        )

    def error(self) -> ApiError:
        """What FAIL answers."""
        reason, message = _REASONS.get(self.code, ("", f"injected: {self.code}"))
        return ApiError(self.code, reason, message, retry_after=self.retry_after)


class Faults:
    """The faults that are on, in the order in which they were switched on."""

    def __init__(self) -> None:
        """None is on."""
        self._changed = threading.Condition()
        self._on: list[Fault] = []
        self._clearings = 0
        self.hanging = 0

    def add(self, fault: Fault) -> None:
        """Switch one on."""
        with self._changed:
            self._on.append(fault)

    def clear(self) -> None:
        """Switch all off, and let go what hangs."""
        with self._changed:
            self._on.clear()
            self._clearings += 1
            self._changed.notify_all()

    def take(self, request: Request) -> Fault | None:
        """The fault that this request meets, used up by one."""
        with self._changed:
            for fault in self._on:
                if fault.meets(request):
                    if fault.count is not None:
                        fault.count -= 1
                        if not fault.count:
                            self._on.remove(fault)
                    return fault
        return None

    def hang(self) -> None:
        """Wait until the faults are cleared."""
        with self._changed:
            clearings = self._clearings
            self.hanging += 1
            self._changed.wait_for(lambda: self._clearings != clearings)
            self.hanging -= 1
