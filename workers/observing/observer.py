"""Finds out for all workers, on a timer, what is too dear for each scrape: one of them does at a time."""

import threading
from collections.abc import Callable

import structlog

from eip.errors import EipError, EpochChanged
from eip.store.keys import Keys
from workers.aws.redact import redacted
from workers.observing.counts import count
from workers.observing.installation import Installation, QuotaUse

log = structlog.get_logger(__name__)

TICK = 5.0
COUNT_SECONDS = 15
"""Between two counts of all claims; 10,000 take 0.16 s of Redis, 3 ms at once, and 0.06 s of a worker."""

QUOTA_SECONDS = 3600
HOLDS = 4
"""What was not found out again four times in a row is too old to be said."""


class Observer:
    """One thread of a worker; what fails is tried again in its turn."""

    def __init__(self, installation: Installation, read_quota: Callable[[], QuotaUse]) -> None:
        """Nothing runs before `start`; `read_quota` may raise anything."""
        self._installation = installation
        self._read_quota = read_quota
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def start(self) -> None:
        """Begin ticking."""
        self._thread.start()

    def stop(self) -> None:
        """Tick no more; a call that is under way is left to end by itself."""
        self._stop.set()

    def tick(self) -> None:
        """Find out what it is this worker's turn to.

        Raises:
            RedisAway, EpochChanged: it could not be asked whose turn it is, or be told what was found.

        """
        installation = self._installation
        if installation.is_my_turn("claims", COUNT_SECONDS):
            counts = count(installation.claims(), installation.now())
            installation.note(Keys.NOTED_CLAIMS, counts, COUNT_SECONDS * HOLDS)
        if installation.is_my_turn("quota", QUOTA_SECONDS):
            self._look_up_quota()

    def _look_up_quota(self) -> None:
        try:
            use = self._read_quota()
        except Exception as error:  # noqa: BLE001 - it is of use to people alone, and stops nothing
            log.info(
                "the quota of Elastic IPs is not known: allow servicequotas:GetServiceQuota for its metrics",
                error=redacted(str(error))[:256],
            )
            return
        self._installation.note(Keys.NOTED_QUOTA, use, QUOTA_SECONDS * HOLDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
            except EpochChanged:
                # The ledger opens the new epoch in its housekeeping.
                log.debug("nothing was counted: the claims are filled again")
            except EipError as error:
                log.debug("nothing was counted", error=str(error))
            except Exception as error:  # noqa: BLE001 - a fault here must not stop what people watch by
                log.warning(
                    "counting failed, a fault of the worker's own: report it", error=repr(error)[:256]
                )
            self._stop.wait(TICK)
