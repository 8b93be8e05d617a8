"""What is kept in Redis, read as it is: no call here looks at the epoch, for whoever writes after it will."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import redis
import structlog

from eip.claim import Claim
from eip.errors import RedisAway
from eip.names import Queue
from eip.store.keys import Keys

log = structlog.get_logger(__name__)

_WRONG_TYPE = "WRONGTYPE"


class Records:
    """The claims and what is noted beside them; every method raises RedisAway."""

    def __init__(self, client: "redis.Redis") -> None:
        """`client` decodes responses."""
        self._client = client

    def claim(self, uid: str) -> Claim | None:
        """One claim, or None."""
        return self.claims([uid]).get(uid)

    def claims(self, uids: Sequence[str]) -> dict[str, Claim]:
        """Those of the claims that there are, in one round trip."""
        with _answers(), self._client.pipeline(transaction=False) as pipe:
            for uid in uids:
                pipe.hgetall(Keys.claim(uid))
            found = pipe.execute(raise_on_error=False)
        claims = {}
        for uid, fields in zip(uids, found, strict=True):
            claim = self._known(uid, fields) if fields else None
            if claim is not None:
                claims[uid] = claim
        return claims

    def _known(self, uid: str, fields: dict[str, str] | Exception) -> Claim | None:
        if not isinstance(fields, Exception):
            return self.readable(uid, fields)
        if not str(fields).startswith(_WRONG_TYPE):
            with _answers():
                raise fields
        self._drop(uid, fields)
        return None

    def readable(self, uid: str, fields: dict[str, str]) -> Claim | None:
        """The claim, or None for one that another wrote into: it is dropped, and a sweep fills it again."""
        try:
            return msgspec.convert(fields, Claim, strict=False)
        except msgspec.ValidationError as error:
            self._drop(uid, error)
            return None

    def _drop(self, uid: str, error: Exception) -> None:
        log.warning("claim dropped, it cannot be read; a sweep fills it again", uid=uid, error=str(error))
        with _answers():
            self._client.delete(Keys.claim(uid))

    def uids(self) -> set[str]:
        """The uids of all claims."""
        with _answers():
            return {str(uid) for uid in self._client.smembers(Keys.CLAIMS)}

    def waiting(self) -> set[str]:
        """The uids of all claims that somebody will look at: queued, due, parked, or under a lease."""
        lines = (Keys.DUE, Keys.PARKED, *map(Keys.wakeups, Queue))
        with _answers(), self._client.pipeline(transaction=False) as pipe:
            for line in lines:
                pipe.zrange(line, 0, -1)
            return {str(uid) for uids in pipe.execute() for uid in uids}

    def tombstoned(self, uid: str) -> bool:
        """Whether this pod's claim was finished a short while ago."""
        with _answers():
            return bool(self._client.exists(Keys.tombstone(uid)))

    def ip_holder(self, private_ip: str) -> str:
        """The uid of the pod that was reported last with this IP."""
        with _answers():
            holder = self._client.hget(Keys.IPS, private_ip)
        return str(holder).partition(" ")[2] if holder else ""

    def kept_for(self, namespace: str, name: str) -> str:
        """The uid of the pod whose address stays for the next of its name."""
        with _answers():
            return str(self._client.hget(Keys.KEPT, f"{namespace}/{name}") or "")

    def first_in(self, uid: str, reason: str, seconds: int) -> bool:
        """Whether this is asked for the first time in so many seconds."""
        with _answers():
            return bool(self._client.set(Keys.told(uid, reason), 1, nx=True, ex=seconds))

    def first_again_in(self, uid: str, reason: str, seconds: int) -> None:
        """Let `first_in` answer yes once more in so many seconds."""
        with _answers():
            self._client.expire(Keys.told(uid, reason), seconds)

    def now(self) -> int:
        """Redis' time in milliseconds, the only one by which ages are measured; it never goes back."""
        with _answers():
            seconds, micros = self._client.time()
            ahead = self._client.hget(Keys.EPOCH, "ahead")
        return int(seconds) * 1000 + int(micros) // 1000 + int(ahead or 0)

    def suspects(self) -> dict[str, int]:
        """Allocation ids that the last sweep found nobody for, and since when (ms)."""
        with _answers():
            return {str(key): int(since) for key, since in self._client.hgetall(Keys.SUSPECTS).items()}


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except redis.exceptions.RedisError as error:
        raise RedisAway.because(error) from error
