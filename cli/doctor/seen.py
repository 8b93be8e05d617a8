"""What could be looked at, and what could not: a right that is missing hides one fact and no other."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from eip.errors import KubernetesError
from workers.aws.redact import redacted

T = TypeVar("T")

LONGEST_REASON = 240

_FORBIDDEN = re.compile(
    r'cannot (\w+) (?:resource|path) "([^"]+)"(?: in API group "[^"]*")?( in the namespace "[^"]*")?'
)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Stands for a fact that could not be looked at: why, and what would let it be seen.

    `refused` says that the other side answered, with a no.
    """

    why: str
    mend: str = ""
    refused: bool = False


class CannotSeeError(Exception):
    """A check needs a fact that could not be looked at."""

    def __init__(self, unseen: Unseen) -> None:
        super().__init__(unseen.why)
        self.unseen = unseen


def look(read: Callable[[], T], mend: str = "") -> T | Unseen:
    """What `read` returns, or why it could not; nothing that goes wrong there ends the command."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - one look that fails must not stop the others
        return Unseen(in_words(error), mend, refused=bool(getattr(error, "response", None)))


def known(fact: T | Unseen) -> T:
    """The fact.

    Raises:
        CannotSeeError: it could not be looked at.

    """
    if isinstance(fact, Unseen):
        raise CannotSeeError(fact)
    return fact


def in_words(error: Exception) -> str:
    """An error in one short line, without what must not be shown."""
    text = _refusal(error) or " ".join(redacted(str(error)).split())
    return text[:LONGEST_REASON] or type(error).__name__


def _refusal(error: Exception) -> str:
    """What was refused, without the words that each refusal repeats."""
    if isinstance(error, KubernetesError):
        denied = _FORBIDDEN.search(str(error))
        return f"no right to {denied[1]} {denied[2]}{denied[3] or ''}" if denied else ""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    said: dict[str, Any] = response.get("Error", {})
    if not said:
        return ""
    message = " ".join(redacted(str(said.get("Message", ""))).split())
    return f"{getattr(error, 'operation_name', 'AWS')} said {said.get('Code', 'nothing')}: {message}"
