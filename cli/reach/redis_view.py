"""Redis for a person: claims, backlog, buckets, and what may be sent. Heavy to import."""

from typing import TYPE_CHECKING

from eip.claim import Claim
from eip.names import Step
from eip.settings import Settings
from eip.store import backlog
from eip.store.backlog import Backlog
from eip.store.ledger import Ledger
from eip.store.limiter import Limiter
from eip.store.redis_connection import connect
from eip.store.scripts import Scripts

if TYPE_CHECKING:
    from eip.broker import MessageSender


class RedisView:
    """cli.connections.Redis on the settings' Redis; the epoch is only opened by what writes."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent yet."""
        self._settings = settings
        self._client = connect(settings.redis_url.get_secret_value(), ca_file=settings.redis_ca_file)
        self._limiter = Limiter(Scripts(self._client), settings.rates)
        self.ledger = Ledger(self._client)

    def backlog(self) -> Backlog:
        """Who waits where."""
        return backlog.read(self._client)

    def bucket(self, action: str) -> tuple[float, float]:
        """Tokens, and tokens a second at this moment."""
        return self._limiter.peek(action)

    def send(self, step: Step, claim: Claim, sequence: int) -> None:
        """Send a wake-up; one that is lost comes again by itself."""
        self._sender(step, claim, sequence)

    def sweep(self) -> None:
        """Send a sweep; RedisAway when Redis does not answer."""
        self._sender.sweep(self.ledger.now())

    @property
    def _sender(self) -> "MessageSender":
        from eip.broker import MessageSender, make_app  # noqa: PLC0415 - only two commands need Celery

        return MessageSender(make_app(self._settings))
