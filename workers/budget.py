"""Waits for a rate token while it keeps the claim's lease alive."""

from collections.abc import Callable
from threading import Event

from eip.clock import Clock
from eip.errors import EipError
from eip.names import Action
from eip.store.ledger import Held, Ledger
from eip.store.limiter import Limiter
from workers.observing.stopwatch import put_off, waited
from workers.outcome import TryLater

KEEP_ALIVE = 1.0
"""Seconds between two looks at the lease: so long a release may wait for its own pod's allocate."""

MAX_WAIT = {Action.RELEASE: 0.5, Action.RESET_ATTRIBUTE: 0.5, Action.MODIFY_ATTRIBUTE: 0.5}
"""These can wait elsewhere: behind one in its queue may stand a disassociation, or a pod to write on."""

DEFAULT_MAX_WAIT = 20.0
DESCRIBE_MAX_WAIT = 4.0


class Budget:
    """Spends tokens for a worker's tasks."""

    def __init__(self, limiter: Limiter, ledger: Ledger, clock: Clock) -> None:
        """All are shared by the worker's threads."""
        self._limiter = limiter
        self._ledger = ledger
        self._clock = clock
        self._ending = Event()

    def end(self) -> None:
        """The worker ends: whoever waits, or would from now on, hands the claim back to another worker."""
        self._ending.set()

    def acquire(self, action: Action, held: Held, served: Callable[[], None]) -> None:
        """Have a token for the claim's next call; `served` is called as soon as it is there.

        Raises:
            TryLater: the wait would be too long, or the worker ends.
            LeaseLost: the claim changed while it waited; the token was given back.

        """
        wait = self._turn(action, MAX_WAIT.get(action, DEFAULT_MAX_WAIT))
        try:
            self._wait(wait, held)
        except EipError:
            self._limiter.refund(action)
            raise
        waited(action, wait)
        served()

    def describe(self, action: Action) -> None:
        """Have a token for a look-up.

        Raises:
            TryLater: the wait would be too long.

        """
        wait = self._turn(action, DESCRIBE_MAX_WAIT)
        if wait:
            self._clock.sleep(wait)
        waited(action, wait)

    def refund(self, action: Action) -> None:
        """Give back a token whose call was not made."""
        self._limiter.refund(action)

    def throttled(self, action: Action) -> None:
        """EC2 said RequestLimitExceeded."""
        self._limiter.throttled(action)

    def _turn(self, action: Action, max_wait: float) -> float:
        turn = self._limiter.take(action, max_wait)
        if not turn.granted:
            put_off(action)
            raise TryLater(turn.wait, f"waits for its turn to call {action}")
        return turn.wait

    def _wait(self, seconds: float, held: Held) -> None:
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            if self._ending.is_set():
                raise TryLater(0, "waited for its turn when the worker ended")
            self._clock.sleep(min(left, KEEP_ALIVE))
            if left > KEEP_ALIVE:
                self._ledger.renew(held)
