"""`python -m producer`: exit 0 after SIGTERM or SIGINT, 2 when the settings or Redis can't be used."""

import os
import secrets
import signal
import sys

import structlog

from eip import health, log, settings
from eip.broker import MessageSender, make_app
from eip.clock import SystemClock
from eip.errors import RedisUnfit, SettingsError
from eip.kubernetes import client
from eip.settings import Settings
from eip.store.ledger import Ledger
from eip.store.redis_connection import connect_fit
from eip.store.workqueue import WorkQueue
from producer.elector import Elector
from producer.enqueue import Enqueue
from producer.inbox import Inbox
from producer.run import Parts, Producer

logger = structlog.get_logger(__name__)


def main() -> int:
    """Wire the producer and run it until a signal."""
    try:
        configured = settings.load()
        log.configure(configured.log_level, configured.log_format)
        producer = build(configured)
        answering = health.serve(
            configured.health_port, {"/healthz": producer.alive, "/readyz": producer.ready}
        )
    except (SettingsError, RedisUnfit) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for a person, who may not have the log's format set up
        return 2
    for warning in settings.unknown_variables(os.environ):
        logger.warning(warning)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: producer.stop())
    producer.run()
    answering.stop()
    return 0


def build(configured: Settings) -> Producer:
    """The producer that the settings describe."""
    clock = SystemClock()
    redis_client = connect_fit(configured.redis_url.get_secret_value(), ca_file=configured.redis_ca_file)
    sender = MessageSender(make_app(configured))
    ledger = Ledger(redis_client)
    kubernetes = client.connect(configured.kubernetes_timeout)
    # A restarted container has the host name and process id of the one before, and must not renew its Lease.
    identity = f"{configured.identity}_{secrets.token_hex(4)}"
    return Producer(
        Parts(
            elector=Elector(kubernetes.leases, configured.lease_namespace, identity, clock),
            ledger=Enqueue(WorkQueue(ledger, sender), configured.scope, configured.external_dns_annotations),
            watch=lambda: Inbox(kubernetes, configured.scope.sources, clock),
            send_sweep=lambda: sender.sweep(ledger.now()),
            clock=clock,
            sweep_interval=configured.sweep_interval,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
