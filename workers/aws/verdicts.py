"""What can be done about a failure: the eleven answers, and the row that a code of the table has."""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """Who said no."""

    EC2 = "EC2"
    KUBERNETES = "Kubernetes"


class Verdict(StrEnum):
    """What a failure means for the one who called; `DOES` says what is done about each."""

    THROTTLED = "throttled"
    QUOTA = "quota"
    GONE = "gone"
    IN_USE = "in-use"
    ASSOCIATED = "associated"
    NAMED = "named"
    DENIED = "denied"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    RETRY = "retry"
    CREDENTIALS = "credentials"


DOES = {
    Verdict.THROTTLED: "Empties the action's token bucket, halves its rate, tries again with a token.",
    Verdict.QUOTA: "Parks what waits for an address until one is released or a probe succeeds.",
    Verdict.GONE: "Looks again before it believes it: what was just made may not be visible yet.",
    Verdict.IN_USE: "Reads the address again; it is not disassociated blindly.",
    Verdict.ASSOCIATED: "Looks up who has the address or the IP; only what is ours makes room.",
    Verdict.NAMED: "Takes the record away, and releases the address once EC2 has done so.",
    Verdict.DENIED: "Does nothing to the address, backs off and tries again.",
    Verdict.UNCERTAIN: "Looks up what was done before it asks again: nothing is paid for twice.",
    Verdict.REFUSED: "Backs off and tries again; it will be refused until something is changed.",
    Verdict.RETRY: "Tries again after a short back-off; nothing was done.",
    Verdict.CREDENTIALS: "Backs off and tries again with fresh credentials; nothing was done.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One error code: who says it, what it means, and what a person can do.

    `meaning` and `todo` are sentences for a user, without the message of the server.
    """

    code: str
    service: Service
    verdict: Verdict
    meaning: str
    todo: str

    @property
    def does(self) -> str:
        """What the operator does about it."""
        return DOES[self.verdict]

    @property
    def remedy(self) -> str:
        """The text for an Event: what happened, what follows, what to do."""
        said = self.code if self.service is Service.EC2 else f"HTTP {self.code}"
        return f"{self.service} said {said}: {self.meaning} The operator: {self.does} {self.todo}".rstrip()
