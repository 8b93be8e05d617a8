"""How the API server says no, and what its words mean."""

import contextlib

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader

from eip.errors import KubernetesError
from eip.pod import Status

_NOT_FOUND = 404
_CONFLICT = 409
_INVALID = 422
_INTERNAL = 500
_LONGEST_WAIT = 3600


class RefusedError(KubernetesError):
    """What the API server answered; `causes` are the fields that it complains about."""

    def __init__(self, code: int, status: Status, retry_after: float | None = None) -> None:
        super().__init__(code, status.reason, status.message, retry_after)
        causes = (status.details or {}).get("causes") or []
        self.causes = frozenset(str(cause.get("field", "")) for cause in causes if isinstance(cause, dict))


def refusal(response: urllib3.BaseHTTPResponse, body: bytes) -> RefusedError:
    """The error for an answer that is no success; what is no metav1.Status is not repeated."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        status = Status(
            reason=response.reason or "", message="the answer is not from a Kubernetes API server"
        )
    return RefusedError(response.status, status, _retry_after(response.headers.get("Retry-After"), status))


def told(status: Status) -> RefusedError:
    """The error for a Status that came as an ERROR event of a watch; 0 would mean that nothing came."""
    return RefusedError(status.code or _INTERNAL, status, _retry_after(None, status))


def no_answer(error: HTTPError) -> KubernetesError:
    """The error for a request that got no answer, or half of one."""
    return KubernetesError(0, type(error).__name__, f"no answer from the API server: {error}")


def not_found(error: KubernetesError) -> bool:
    """Whether the API server itself knows no such object; a proxy's 404 says nothing about it."""
    return error.code == _NOT_FOUND and error.reason == "NotFound"


def another_uid(error: KubernetesError) -> bool:
    """Whether a patch was refused because the object of that name has another uid."""
    if error.code == _INVALID:
        return isinstance(error, RefusedError) and "metadata.uid" in error.causes
    return error.code == _CONFLICT and "Precondition failed: UID" in str(error)


def _retry_after(header: str | None, status: Status) -> float | None:
    """Seconds, from the header (a number or a date) or from the Status; None when neither says."""
    if header:
        with contextlib.suppress(InvalidHeader):
            return urllib3.Retry().parse_retry_after(header)
    seconds = (status.details or {}).get("retryAfterSeconds")
    return float(min(seconds, _LONGEST_WAIT)) if isinstance(seconds, int) and seconds > 0 else None
