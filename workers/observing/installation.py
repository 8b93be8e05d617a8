"""What every worker says of the whole installation; some of it one finds out and notes in Redis for all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from eip.claim import Claim
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.ledger import Ledger
from workers.observing.counts import Counts

CHUNK = 200
"""Claims that are read at once: Redis is busy with them for 3 ms."""

Noted = TypeVar("Noted", bound=msgspec.Struct)

_CLAIM = msgspec.json.Decoder(Claim, strict=False)
_QUEUES = [key for queue in Queue for key in (Keys.wakeups(queue), queue.value)]


class QuotaUse(msgspec.Struct, frozen=True):
    """The account's quota of Elastic IPs in the Region, and how many count against it."""

    limit: float
    used: int


@dataclass(frozen=True, slots=True)
class Line:
    """One queue: its wake-ups, the age of the oldest in seconds, and the messages in Celery's list."""

    wakeups: int
    oldest: float
    messages: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at a moment; None is not known."""

    queues: Mapping[Queue, Line]
    due: int
    orphaned: int
    quota_exceeded: bool
    counts: Counts | None
    quota: QuotaUse | None


class Installation:
    """Looks and takes notes; every method raises RedisAway and EpochChanged."""

    def __init__(self, ledger: Ledger) -> None:
        """`ledger` is this process' own."""
        self._ledger = ledger

    def look(self) -> Sight:
        """Everything, in one round trip."""
        keys = [Keys.DUE, Keys.SUSPECTS, Keys.QUOTA, Keys.NOTED_CLAIMS, Keys.NOTED_QUOTA, *_QUEUES]
        due, orphaned, exceeded, counts, quota, lines = self._ledger.run("look", keys, [])
        return Sight(
            queues={
                queue: Line(wakeups, age / 1000, messages)
                for queue, (wakeups, age, messages) in zip(Queue, lines, strict=True)
            },
            due=due,
            orphaned=orphaned,
            quota_exceeded=bool(exceeded),
            counts=_noted(counts, Counts),
            quota=_noted(quota, QuotaUse),
        )

    def is_my_turn(self, what: str, seconds: int) -> bool:
        """Whether this worker is the one to find something out, in so many seconds."""
        return self._ledger.first_in("observing", what, seconds)

    def note(self, key: str, value: msgspec.Struct, seconds: float) -> None:
        """Tell all workers what was found out; it holds for so many seconds."""
        self._ledger.run("note", [key], [msgspec.json.encode(value).decode(), int(seconds * 1000)])

    def now(self) -> int:
        """Redis' time in milliseconds."""
        return self._ledger.now()

    def claims(self) -> Iterator[tuple[Claim, bool]]:
        """Every claim that can be read, with whether it is parked."""
        seen: set[str] = set()
        place = "0"
        while True:
            arguments: list[str | int] = [place, CHUNK, Keys.claim("")]
            place, lines, parked = self._ledger.run("count_claims", [Keys.CLAIMS, Keys.PARKED], arguments)
            for claim in _readable(lines):
                # A set that grows meanwhile may name a member twice.
                if claim.uid not in seen:
                    seen.add(claim.uid)
                    yield claim, claim.uid in parked
            if place == "0":
                return


def _readable(lines: str) -> Iterator[Claim]:
    for line in lines.splitlines():
        try:
            yield _CLAIM.decode(line)
        except msgspec.ValidationError:
            # Whoever works on it drops it and says so.
            continue


def _noted(text: str, kind: type[Noted]) -> Noted | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None
