"""The breaker that AddressLimitExceeded opens, for all workers at once.

While it is open nobody calls AllocateAddress but the longest parked claim, once a probe interval, and one
more for every address that was freed.
"""

from eip.store.keys import Keys
from eip.store.ledger import Ledger

PROBE_INTERVAL = 60.0


class Quota:
    """Asks and tells the breaker; every call raises EpochChanged and RedisAway."""

    def __init__(self, ledger: Ledger, probe_interval: float = PROBE_INTERVAL) -> None:
        """`probe_interval` is in seconds."""
        self._ledger = ledger
        self._interval = int(probe_interval * 1000)

    def may_allocate(self, uid: str) -> bool:
        """Whether this claim may call AllocateAddress; if not, it parks."""
        keys = [Keys.QUOTA, Keys.PARKED, Keys.PERMITS]
        return bool(self._ledger.run("quota_enter", keys, [uid, self._interval]))

    def tripped(self) -> None:
        """EC2 answered AddressLimitExceeded."""
        self._ledger.run("quota_tripped", [Keys.QUOTA, Keys.PERMITS], [self._interval])

    def freed(self, uid: str = "") -> None:
        """An address may be had again; `uid` is no longer among those that wait."""
        self._run_freed(uid, "")

    def pass_on(self, uid: str) -> None:
        """`uid` waits for something else; if it held a permit, the next one gets it."""
        self._run_freed(uid, "unused")

    def tick(self, limit: int = 100) -> None:
        """Wake who may probe."""
        self._ledger.run("quota_tick", [Keys.QUOTA, Keys.PARKED, Keys.DUE], [limit])

    def _run_freed(self, uid: str, mode: str) -> None:
        keys = [Keys.QUOTA, Keys.PARKED, Keys.PERMITS, Keys.DUE]
        self._ledger.run("quota_freed", keys, [uid, mode])
