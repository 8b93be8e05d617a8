"""Celery's Redis transport with a gate: a message that we did not send is refused as it leaves its queue.

It has been popped and is in nobody's hands yet: what is refused is gone, and keeps no slot.
"""

from typing import Any

import structlog
from kombu.transport import redis as kombu_redis

from workers.consumer.message import ForgedMessageError, screened

log = structlog.get_logger(__name__)


class ScreenedChannel(kombu_redis.Channel):
    """A channel whose BRPOP finds nothing where it finds a forged message."""

    def _create_client(self, *args: Any, **options: Any) -> Any:
        client = super()._create_client(*args, **options)  # type: ignore[misc]
        parse = client.parse_response

        def parse_response(connection: Any, command_name: str, **options: Any) -> Any:
            reply = parse(connection, command_name, **options)
            return genuine(reply, self.sep) if command_name == "BRPOP" else reply

        client.parse_response = parse_response
        return client


class ScreenedTransport(kombu_redis.Transport):
    """The transport of a worker."""

    Channel = ScreenedChannel


def genuine(reply: list[bytes] | None, separator: str) -> list[bytes] | None:
    """What BRPOP brought, or nothing if it is refused; a priority follows the queue's name."""
    if not reply:
        return reply
    key, raw = reply
    queue = key.decode(errors="replace").partition(separator)[0]
    try:
        return [key, screened(raw, queue)]
    except ForgedMessageError as error:
        log.warning("message refused: none of our programs sent it", queue=queue, reason=str(error))
        return None
