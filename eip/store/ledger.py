"""The claims in Redis: read, held for a step, and written by compare-and-set.

Every script names the epoch. It changes when Redis lost its data or is another server process;
EpochChanged then tells the caller to open it again, and the claims are filled from EC2 and Kubernetes.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from eip.claim import Claim
from eip.errors import LeaseLost, NamespaceFull, StaleLeader
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.records import Records
from eip.store.scripts import Scripts

if TYPE_CHECKING:
    import redis

LEASE = 15.0
"""Seconds that a step may hold a claim: longer than a step (10 s), which is longer than a call (5 s)."""

TOMBSTONE = 3600
"""Seconds that a finished claim is remembered: longer than any event of it can be late."""

_BOOKKEEPING = frozenset({"version", "sequence", "lease_token", "lease_until"})
_ALL_WAKEUPS = tuple(Keys.wakeups(queue) for queue in Queue)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One life of the claims; `refilled` once EC2 was asked, `listed` once Kubernetes was."""

    name: str
    refilled: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the claim is looked at next, and which queue is woken."""

    kind: str
    queue: Queue | None = None
    delay: float = 0.0


REST = Schedule("rest")
LEAVE = Schedule("leave")
FORGET = Schedule("forget")
PARK = Schedule("park")


@dataclass(frozen=True, slots=True)
class Held:
    """A claim under this caller's lease; `now` is Redis' time in milliseconds."""

    claim: Claim
    token: str
    now: int


@dataclass(frozen=True, slots=True)
class Committed:
    """Whether the write took place, and whether a message must be sent for it."""

    conflict: bool = False
    send: bool = False
    sequence: int = 0


class Ledger(Records):
    """Reads and writes claims. Every method here raises RedisAway and EpochChanged."""

    def __init__(self, client: "redis.Redis", lease: float = LEASE, tombstone: int = TOMBSTONE) -> None:
        """`client` decodes responses; `lease` and `tombstone` are in seconds."""
        super().__init__(client)
        self._scripts = Scripts(client)
        self._lease = int(lease * 1000)
        self.tombstone = tombstone
        self._epoch = ""

    def open_epoch(self) -> Epoch:
        """The epoch, begun where there is none; from here on this ledger's calls name it."""
        name, refilled, listed = self._scripts.run("open_epoch", [Keys.EPOCH], [secrets.token_hex(8)])
        self._epoch = name
        return Epoch(name, bool(refilled), bool(listed))

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | int | float]) -> Any:
        """Run a script that names the epoch ahead of its own keys and arguments."""
        if not self._epoch:
            self.open_epoch()
        return self._scripts.run(script, [Keys.EPOCH, *keys], [self._epoch, *arguments])

    def mark(self, field: str, epoch: str = "") -> None:
        """Note in the epoch, the one that is named or this ledger's, that it is `refilled` or `listed`."""
        if epoch:
            self._scripts.run("mark_epoch", [Keys.EPOCH], [epoch, field])
        else:
            self.run("mark_epoch", [], [field])

    def begin_sweep(self, asked_at: int) -> bool:
        """Whether a sweep is still owed that was asked for at `asked_at` (ms): none has begun since then."""
        return bool(self.run("begin_sweep", [], [asked_at]))

    def suspect(self, suspects: Mapping[str, int]) -> None:
        """Remember these suspects, and no others, until the next sweep."""
        flat = [str(part) for pair in suspects.items() for part in pair]
        self.run("suspect", [Keys.SUSPECTS], flat)

    def begin(self, uid: str, queue: Queue) -> Held | None:
        """Take the claim's lease for a step; None when there is no claim, or another holds it.

        Where the lease before it ran out, the claim is contested: its holder may have died after its call.
        """
        token = secrets.token_hex(8)
        keys = [Keys.claim(uid), Keys.wakeups(queue), Keys.PROGRESS, Keys.DUE]
        now, flat = self.run("begin", keys, [uid, queue.value, token, self._lease])
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        if fields.get("lease_token") != token:
            return None
        claim = self.readable(uid, fields)
        return Held(claim, token, int(now)) if claim else None

    def renew(self, held: Held, *, intent: bool = False, limit: int = 0, interface_id: str = "") -> Held:
        """Make sure of the lease for its whole length from now on.

        With `intent` the claim says from now on that an address may have been allocated, and counts among
        those of its namespace; `limit` is how many these may be, 0 for any number. With `interface_id` it
        says that its address may have been associated there.

        Raises:
            LeaseLost: another holds the claim, or it was changed since it was read.
            NamespaceFull: the namespace has as many addresses as it may have; no intent was noted.

        """
        claim = held.claim
        keys = [Keys.claim(claim.uid), Keys.DUE, Keys.holders(claim.namespace)]
        what = "intent" if intent else ""
        now, answer = self.run(
            "renew", keys, [claim.uid, held.token, self._lease, claim.version, what, limit, interface_id]
        )
        if answer == "FULL":
            raise NamespaceFull.of(claim.namespace, limit)
        if answer != "HELD":
            raise LeaseLost(f"the claim of {claim.key} was {answer.lower()} while a step worked on it")
        if intent:
            claim = msgspec.structs.replace(
                claim,
                intent_at=int(now),
                intent_by=held.token,
                intent_looks=0,
                looked_at=0,
                version=claim.version + 1,
            )
        if interface_id:
            claim = msgspec.structs.replace(claim, attempted_interface_id=interface_id)
        return Held(claim, held.token, int(now))

    def commit(
        self,
        before: Claim | None,
        after: Claim,
        schedule: Schedule,
        *,
        token: str = "",
        fence: int | None = None,
    ) -> Committed:
        """Write what differs between two states of a claim, if nobody else wrote in between.

        Raises:
            LeaseLost: `token` is not the lease's.
            StaleLeader: a producer with a later Lease has written.

        """
        answer = self.run(
            "commit", _keys(after, schedule), self._arguments(before, after, schedule, token, fence)
        )
        if answer[0] == "LOST":
            raise LeaseLost(f"the lease on the claim of {after.key} ran out")
        if answer[0] == "STALE":
            raise StaleLeader("another producer leads")
        if answer[0] == "CONFLICT":
            return Committed(conflict=True)
        return Committed(send=bool(answer[1]), sequence=int(answer[2]))

    def _arguments(
        self, before: Claim | None, after: Claim, schedule: Schedule, token: str, fence: int | None
    ) -> list[str | int]:
        number = int(schedule.delay * 1000)
        if schedule is FORGET:
            number = self.tombstone if before else 0
        return [
            after.uid,
            before.version if before else 0,
            token,
            "" if fence is None else fence,
            schedule.kind,
            number,
            after.pod_ip,
            before.pod_ip if before else "",
            after.resource_version,
            *_changes(before, after),
        ]


def _keys(claim: Claim, schedule: Schedule) -> list[str]:
    uid = claim.uid
    queue = schedule.queue or Queue.RELEASE
    return [
        Keys.claim(uid),
        Keys.CLAIMS,
        Keys.DUE,
        Keys.PARKED,
        Keys.tombstone(uid),
        Keys.IPS,
        Keys.wakeups(queue),
        Keys.PERMITS,
        Keys.holders(claim.namespace),
        Keys.BORROWED,
        Keys.RETURNED,
        Keys.KEPT,
        Keys.WAITING,
        Keys.QUOTA,
        *_ALL_WAKEUPS,
    ]


def _changes(before: Claim | None, after: Claim) -> Iterable[str]:
    old = _fields(before) if before else {}
    new = _fields(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name, "") != new.get(name, ""):
            yield name
            yield new.get(name, "")


def _fields(claim: Claim) -> dict[str, str]:
    values: dict[str, object] = msgspec.to_builtins(claim)
    return {name: _text(value) for name, value in values.items() if name not in _BOOKKEEPING}


def _text(value: object) -> str:
    return ("1" if value else "") if isinstance(value, bool) else str(value)
