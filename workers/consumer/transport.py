"""Celery's Redis transport with a gate, and with patience.

A message that we did not send is refused as it leaves its queue. It has been popped and is in nobody's hands
yet: what is refused is gone, and keeps no slot. An error reply of Redis is waited for, instead of ending the
worker.
"""

from queue import Empty
from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual

from workers.consumer.error_replies import ERROR_REPLIES
from workers.consumer.message import ForgedMessageError, screened

log = structlog.get_logger(__name__)

ErrorReply = kombu_redis.exceptions.ResponseError  # type: ignore[attr-defined]


class PatientQoS(kombu_redis.QoS):
    """Notes in Redis who holds which message, if Redis lets it.

    Without the note a message is lost with its worker, or comes twice: `resync` mends the one, and the claim
    the other.
    """

    channel: Any

    def append(self, message: Any, delivery_tag: str) -> None:
        """A message came."""
        try:
            super().append(message, delivery_tag)
        except ErrorReply as error:
            self.channel.heard(error)
            virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """A task is done; its place is free in any case, or the consumer would wait for it for ever."""
        try:
            super().ack(delivery_tag)
        except ErrorReply as error:
            self.channel.heard(error)
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's
        """A message is not to be worked on here; its place is free in any case."""
        try:
            super().reject(delivery_tag, requeue)
        except ErrorReply as error:
            self.channel.heard(error)
            virtual.QoS.ack(self, delivery_tag)

    def restore_visible(self, *args: Any, **options: Any) -> None:
        """Look for messages of dead workers; kombu asks for it again in a few seconds."""
        try:
            super().restore_visible(*args, **options)
        except ErrorReply as error:
            self.channel.heard(error)


class ScreenedChannel(kombu_redis.Channel):
    """A channel whose BRPOP finds nothing where it finds a forged message, or an error."""

    QoS = PatientQoS

    def heard(self, error: Exception) -> None:
        """Redis cannot serve now; what comes next is on new connections, for a failover moves its name."""
        ERROR_REPLIES.heard(error)
        self.pool.disconnect(inuse_connections=False)

    def _create_client(self, *args: Any, **options: Any) -> Any:
        client = super()._create_client(*args, **options)  # type: ignore[misc]
        parse = client.parse_response

        def parse_response(connection: Any, command_name: str, **options: Any) -> Any:
            reply = parse(connection, command_name, **options)
            return genuine(reply, self.sep) if command_name == "BRPOP" else reply

        client.parse_response = parse_response
        return client

    def _brpop_start(self, *args: Any, **options: Any) -> None:
        """Kombu asks for it at each turn of its loop, one a second at least."""
        if not ERROR_REPLIES.pausing:
            super()._brpop_start(*args, **options)  # type: ignore[misc]

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except ErrorReply as error:
            self.heard(error)
            ERROR_REPLIES.pause()
            self.client.connection.disconnect()
            raise Empty from None


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
