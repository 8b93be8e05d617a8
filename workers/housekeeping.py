"""What every worker does on a timer, so that recovery needs nobody else: dispatch, resync, refill."""

import threading

import structlog

from eip.clock import Clock
from eip.errors import EipError, EpochChanged, RedisAway
from eip.store.keys import Keys
from workers import alive
from workers.alive import PULSE
from workers.sweep.sweeper import Sweeper

log = structlog.get_logger(__name__)

TICK = 0.5
"""Seconds between two dispatches of what is due."""

SLOW_TICK = 2.0
"""Seconds between two looks for what was lost."""

REFILL_SECONDS = 20


class Trouble:
    """Says what is wrong once, however often it is found."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._told = ""

    def tell(self, what: str) -> None:
        """Log it, unless it was logged last."""
        if what != self._told:
            self._told = what
            log.warning("housekeeping goes on with the next tick", trouble=what)

    def over(self) -> None:
        """The next trouble is a new one."""
        self._told = ""


class Housekeeping:
    """One thread of a worker; what fails is tried again with the next tick."""

    def __init__(self, sweeper: Sweeper, clock: Clock) -> None:
        """Nothing runs before `start`."""
        self._sweeper = sweeper
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._slow_at = 0.0
        self._trouble = Trouble()
        self._illness = Trouble()

    def start(self) -> None:
        """Begin ticking."""
        self._thread.start()

    def stop(self) -> None:
        """Tick no more; waits for a tick that is under way."""
        self._stop.set()
        self._thread.join(timeout=5)

    def tick(self) -> None:
        """One turn: wake what is due, and now and then look for what was lost.

        Raises:
            EipError: Redis or EC2 did not serve it.

        """
        world = self._sweeper.world
        world.queue.dispatch()
        if self._clock.now() < self._slow_at:
            return
        self._slow_at = self._clock.now() + SLOW_TICK
        epoch = world.ledger.open_epoch()
        world.queue.resync()
        world.quota.tick()
        if epoch.refilled or self._refill(epoch.name):
            # Not after each tick: most look for nothing that was lost, and nothing is wrong with them.
            self._trouble.over()

    def _refill(self, epoch: str) -> bool:
        """One worker's task in each epoch: a mark that outlived the last one must not hold it up.

        Whether it was this worker's, and done.
        """
        world = self._sweeper.world
        if not world.ledger.first_in(Keys.REFILL, epoch, REFILL_SECONDS):
            return False
        try:
            self._sweeper.refill()
        except EipError:
            # Without the claims nobody releases anything: one lost answer of EC2 must not cost 20 s.
            world.ledger.first_again_in(Keys.REFILL, epoch, int(SLOW_TICK))
            raise
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self._tick()
            self._show_life()
            self._stop.wait(TICK)

    def _tick(self) -> None:
        try:
            self.tick()
        except EpochChanged:
            self._slow_at = 0.0
            self._trouble.tell("Redis lost its data: claims are filled again")
            self._open_epoch()
        except RedisAway as error:
            PULSE.redis_away()
            self._trouble.tell(str(error))
        except EipError as error:
            PULSE.redis_answered(self._clock.now())
            self._trouble.tell(str(error))
        except Exception as error:  # noqa: BLE001 - without this thread nothing would recover any more
            self._trouble.tell(f"a fault of the worker's own, report it: {type(error).__name__}: {error}")
        else:
            PULSE.redis_answered(self._clock.now())

    def _show_life(self) -> None:
        dead = PULSE.trouble(self._clock.now())
        if dead:
            self._illness.tell(f"this worker should be restarted: {dead}")
            return
        try:
            alive.file().touch()
        except OSError as error:
            self._illness.tell(f"the liveness probe's file cannot be written: {error}")
        else:
            self._illness.over()

    def _open_epoch(self) -> None:
        try:
            self._sweeper.world.ledger.open_epoch()
        except EipError as error:
            self._trouble.tell(str(error))
