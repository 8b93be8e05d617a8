"""The claims in Redis: read, held for a step, and written by compare-and-set.

Every script names the epoch. It changes when Redis lost its data or is another server process;
EpochChanged then tells the caller to open it again, and the claims are filled from EC2 and Kubernetes.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import redis
import structlog

from eip.claim import Claim
from eip.errors import LeaseLost, NamespaceFull, RedisAway, StaleLeader
from eip.names import Queue
from eip.store.keys import Keys
from eip.store.scripts import Scripts

log = structlog.get_logger(__name__)

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
    """A claim under this caller's lease; `now` is Redis' time in milliseconds.

    `taken_over` says that the lease before this one ran out: its holder may have died after its call.
    """

    claim: Claim
    token: str
    now: int
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """Whether the write took place, and whether a message must be sent for it."""

    conflict: bool = False
    send: bool = False
    sequence: int = 0


class Ledger:
    """Reads and writes claims. Every method raises RedisAway, and EpochChanged unless it says otherwise."""

    def __init__(self, client: "redis.Redis", lease: float = LEASE, tombstone: int = TOMBSTONE) -> None:
        """`client` decodes responses; `lease` and `tombstone` are in seconds."""
        self._client = client
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

    def mark(self, field: str) -> None:
        """Note in the epoch that it is `refilled` or `listed`."""
        self.run("mark_epoch", [], [field])

    def claim(self, uid: str) -> Claim | None:
        """One claim, or None. Does not look at the epoch: who writes after it will."""
        return self.claims([uid]).get(uid)

    def claims(self, uids: Sequence[str]) -> dict[str, Claim]:
        """Those of the claims that there are, in one round trip. Does not look at the epoch."""
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for uid in uids:
                    pipe.hgetall(Keys.claim(uid))
                found = pipe.execute()
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error
        claims = {}
        for uid, fields in zip(uids, found, strict=True):
            claim = self._readable(uid, fields) if fields else None
            if claim is not None:
                claims[uid] = claim
        return claims

    def _readable(self, uid: str, fields: dict[str, str]) -> Claim | None:
        """The claim, or None for one that another wrote into: it is dropped, and a sweep fills it again."""
        try:
            return _claim(fields)
        except msgspec.ValidationError as error:
            log.warning("claim dropped, it cannot be read; a sweep fills it again", uid=uid, error=str(error))
            self._client.delete(Keys.claim(uid))
            return None

    def uids(self) -> set[str]:
        """The uids of all claims. Does not look at the epoch."""
        try:
            return {str(uid) for uid in self._client.smembers(Keys.CLAIMS)}
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def tombstoned(self, uid: str) -> bool:
        """Whether this pod's claim was finished a short while ago. Does not look at the epoch."""
        try:
            return bool(self._client.exists(Keys.tombstone(uid)))
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def ip_holder(self, private_ip: str) -> str:
        """The uid of the pod that was reported last with this IP. Does not look at the epoch."""
        try:
            holder = self._client.hget(Keys.IPS, private_ip)
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error
        return str(holder).partition(" ")[2] if holder else ""

    def kept_for(self, namespace: str, name: str) -> str:
        """The uid of the pod whose address stays for the next of its name. Does not look at the epoch."""
        try:
            return str(self._client.hget(Keys.KEPT, f"{namespace}/{name}") or "")
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def first_in(self, uid: str, reason: str, seconds: int) -> bool:
        """Whether this is asked for the first time in so many seconds. Does not look at the epoch."""
        try:
            return bool(self._client.set(Keys.told(uid, reason), 1, nx=True, ex=seconds))
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def first_again_in(self, uid: str, reason: str, seconds: int) -> None:
        """Let `first_in` answer yes once more in so many seconds. Does not look at the epoch."""
        try:
            self._client.expire(Keys.told(uid, reason), seconds)
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def now(self) -> int:
        """Redis' time in milliseconds, the only one by which ages are measured."""
        try:
            seconds, micros = self._client.time()
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error
        return int(seconds) * 1000 + int(micros) // 1000

    def suspects(self) -> dict[str, int]:
        """Allocation ids that the last sweep found nobody for, and since when (ms)."""
        try:
            return {str(key): int(since) for key, since in self._client.hgetall(Keys.SUSPECTS).items()}
        except redis.exceptions.RedisError as error:
            raise RedisAway.because(error) from error

    def suspect(self, suspects: Mapping[str, int]) -> None:
        """Remember these suspects, and no others, until the next sweep."""
        flat = [str(part) for pair in suspects.items() for part in pair]
        self.run("suspect", [Keys.SUSPECTS], flat)

    def begin(self, uid: str, queue: Queue) -> Held | None:
        """Take the claim's lease for a step; None when there is no claim, or another holds it."""
        token = secrets.token_hex(8)
        keys = [Keys.claim(uid), Keys.wakeups(queue), Keys.PROGRESS, Keys.DUE]
        now, flat, taken_over = self.run("begin", keys, [uid, queue.value, token, self._lease])
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        if fields.get("lease_token") != token:
            return None
        claim = self._readable(uid, fields)
        return Held(claim, token, int(now), bool(taken_over)) if claim else None

    def renew(self, held: Held, *, intent: bool = False, limit: int = 0) -> Held:
        """Make sure of the lease for its whole length from now on.

        With `intent` the claim says from now on that an address may have been allocated, and counts among
        those of its namespace; `limit` is how many these may be, 0 for any number.

        Raises:
            LeaseLost: another holds the claim, or it was changed since it was read.
            NamespaceFull: the namespace has as many addresses as it may have; no intent was noted.

        """
        claim = held.claim
        keys = [Keys.claim(claim.uid), Keys.DUE, Keys.holders(claim.namespace)]
        what = "intent" if intent else ""
        now, answer = self.run(
            "renew", keys, [claim.uid, held.token, self._lease, claim.version, what, limit]
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
        return Held(claim, held.token, int(now), held.taken_over)

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


def _claim(fields: dict[str, str]) -> Claim:
    return msgspec.convert(fields, Claim, strict=False)
