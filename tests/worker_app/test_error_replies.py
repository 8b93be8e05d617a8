"""Redis answers with errors: the consumer says so once, waits, and goes on as if nothing had been."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import kombu
import pytest
import redis
import structlog
from redis.exceptions import ConnectionError as ConnectionLostError
from redis.exceptions import ReadOnlyError, ResponseError

from sandbox.redis import RedisServer
from tests.forged_messages import message
from workers.alive import PULSE
from workers.consumer import bootsteps, error_replies, transport
from workers.consumer.bootsteps import OperatorConsumer
from workers.consumer.error_replies import PAUSE, QUIET, ErrorReplies

UID = "1111111a-1111-4111-8111-111111111111"
QUEUE = "release"
DRAIN_SECONDS = 0.5


def may(right: str) -> Callable[[redis.Redis], Any]:
    """Give Redis' default user a right, or take one from it."""
    return lambda server: server.execute_command("ACL", "SETUSER", "default", right)  # type: ignore[no-untyped-call]


Change = Callable[[redis.Redis], Any]
TROUBLES: dict[str, tuple[Change, Change, str]] = {
    "a failover": (
        lambda server: server.replicaof("127.0.0.1", "1"),
        lambda server: server.replicaof("NO", "ONE"),
        "read only replica",
    ),
    "a right that was taken": (
        may("-brpop"),
        may("+brpop"),
        "no permissions to run the 'brpop' command",
    ),
    "a key of another type": (
        lambda server: server.set(QUEUE, "x"),
        lambda server: server.delete(QUEUE),
        "wrong kind of value",
    ),
}


@dataclass
class Consumer:
    """A worker's consumer of one queue, with a clock that stands."""

    connection: Any
    replies: ErrorReplies
    now: float = 1000.0
    messages: list[Any] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def received(self, _: Any, received: Any) -> None:
        self.messages.append(received)

    def turn(self) -> None:
        """Let it read what Redis answers."""
        with suppress(TimeoutError):
            self.connection.drain_events(timeout=DRAIN_SECONDS)


@pytest.fixture
def server(redis_client: redis.Redis) -> Iterator[redis.Redis]:
    """Redis, well again afterwards."""
    yield redis_client
    for _, mend, _ in TROUBLES.values():
        mend(redis_client)
    redis_client.config_set("maxmemory", 0)


@pytest.fixture
def consumer(
    app: Any, redis_server: RedisServer, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Consumer]:
    """Consumes one message at a time through the worker's own connection."""
    with app.connection_for_read(redis_server.url) as connection:
        made = Consumer(connection, ErrorReplies(lambda: made.now))
        monkeypatch.setattr(transport, "ERROR_REPLIES", made.replies)
        queues = [kombu.Queue(QUEUE)]
        with connection.Consumer(queues, callbacks=[made.received], accept=["json"]) as consuming:
            consuming.qos(prefetch_count=1)
            yield made


def brpops(server: redis.Redis) -> int:
    """How often a queue was asked, with whatever answer."""
    counted = server.info("commandstats").get("cmdstat_brpop", {})
    return int(counted.get("calls", 0)) + int(counted.get("rejected_calls", 0))


def connections(server: redis.Redis, command: str) -> set[str]:
    """Those on which this command came last."""
    return {client["id"] for client in server.client_list() if client["cmd"] == command}


@pytest.mark.parametrize(("begin", "end", "said"), TROUBLES.values(), ids=TROUBLES)
def test_consuming_goes_on_after(
    consumer: Consumer, server: redis.Redis, begin: Change, end: Change, said: str
) -> None:
    """What Redis said is logged once, however often it says so."""
    with structlog.testing.capture_logs() as lines:
        begin(server)
        for _ in range(3):
            consumer.turn()
            consumer.now += PAUSE
        end(server)
        server.lpush(QUEUE, message(UID))
        consumer.turn()

    assert len(consumer.messages) == 1
    assert [line["log_level"] for line in lines] == ["warning"]
    assert said in lines[0]["error"]


def test_a_queue_is_asked_again_after_a_pause(consumer: Consumer, server: redis.Redis) -> None:
    """Once in each pause, not as fast as Redis answers."""
    server.set(QUEUE, "x")
    before = brpops(server)
    for _ in range(3):
        consumer.turn()

    assert brpops(server) == before + 1

    consumer.now += PAUSE
    consumer.turn()

    assert brpops(server) == before + 2


def test_a_consumer_that_waits_is_alive(
    consumer: Consumer, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The liveness probe sees it ask, whatever Redis answers."""
    server.set(QUEUE, "x")
    consumer.turn()
    monkeypatch.setattr(PULSE, "polled_at", 0.0)
    consumer.now += PAUSE
    consumer.turn()

    assert PULSE.polled_at > 0


def test_a_blocked_consumer_survives_a_failover(consumer: Consumer, server: redis.Redis) -> None:
    """Redis unblocks it with an error, and closes the connection."""
    consumer.connection.default_channel.brpop_timeout = 1
    consumer.turn()
    server.replicaof("127.0.0.1", "1")
    consumer.turn()
    server.replicaof("NO", "ONE")
    server.lpush(QUEUE, message(UID))
    consumer.now += PAUSE
    consumer.turn()

    assert len(consumer.messages) == 1


def test_queues_are_asked_on_a_new_connection_after_an_error(consumer: Consumer, server: redis.Redis) -> None:
    """The old one may lead to a server that is a replica from now on."""
    consumer.turn()
    old = connections(server, "brpop")
    server.set(QUEUE, "x")
    consumer.turn()
    server.delete(QUEUE)
    consumer.connection.default_channel.brpop_timeout = 1
    consumer.now += PAUSE
    consumer.turn()

    assert len(old) == len(connections(server, "brpop")) == 1
    assert old != connections(server, "brpop")


def test_messages_are_noted_on_a_new_connection_after_an_error(
    consumer: Consumer, server: redis.Redis
) -> None:
    """For the same reason."""
    server.lpush(QUEUE, message(UID))
    consumer.turn()
    noted = connections(server, "exec")
    server.replicaof("127.0.0.1", "1")
    consumer.messages[0].ack()

    assert len(noted - {client["id"] for client in server.client_list()}) == 1


def test_a_message_that_cannot_be_noted_is_worked_on(consumer: Consumer, server: redis.Redis) -> None:
    """It has left its queue already."""
    server.lpush(QUEUE, message(UID))
    server.config_set("maxmemory", 1)
    with structlog.testing.capture_logs() as lines:
        consumer.turn()

    assert len(consumer.messages) == 1
    assert ["OutOfMemoryError" in line["error"] for line in lines] == [True]


@pytest.mark.parametrize("verdict", ["ack", "reject", "requeue"])
def test_a_message_that_cannot_be_acknowledged_keeps_no_place(
    consumer: Consumer, server: redis.Redis, verdict: str
) -> None:
    """With one place for messages, the next one comes all the same."""
    server.lpush(QUEUE, message(UID), message(UID))
    consumer.turn()
    server.replicaof("127.0.0.1", "1")
    getattr(consumer.messages[0], verdict)()
    server.replicaof("NO", "ONE")
    consumer.now += PAUSE
    consumer.turn()

    assert len(consumer.messages) == 2


def test_dead_workers_messages_are_looked_for_without_harm(consumer: Consumer, server: redis.Redis) -> None:
    """Kombu's timer would log a traceback every few seconds."""
    server.config_set("maxmemory", 1)
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            consumer.connection.transport.cycle.maybe_restore_messages()

    assert ["OutOfMemoryError" in line["error"] for line in lines] == [True]


def test_the_next_trouble_is_told_again() -> None:
    """After a while without errors."""
    now = [0.0]
    replies = ErrorReplies(lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for now[0] in (0.0, QUIET, 2 * QUIET, 3 * QUIET + 1):
            replies.heard(ReadOnlyError(f"at {now[0]:.0f}"))

    assert [line["error"] for line in lines] == ["ReadOnlyError: at 0", "ReadOnlyError: at 31"]


def test_each_kind_of_error_is_told_once() -> None:
    """A full disk after a failover is news; which command met it is none."""
    replies = ErrorReplies(lambda: 0.0)
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            replies.heard(ResponseError("UNBLOCKED force unblock"))
            replies.heard(ReadOnlyError("You can't write"))
            replies.heard(ReadOnlyError("Command # 1 (ZREM) of pipeline caused error"))
            replies.heard(ResponseError("MISCONF no disk"))

    assert [line["error"] for line in lines] == [
        "ReadOnlyError: You can't write",
        "ResponseError: MISCONF no disk",
    ]


def test_a_long_error_does_not_fill_the_log() -> None:
    """It may quote a command."""
    with structlog.testing.capture_logs() as lines:
        ErrorReplies().heard(ResponseError("x" * 10_000))

    assert len(lines[0]["error"]) < 300


class TestReconnecting:
    """A consumer that cannot even begin, for it must tell Redis of its queues first."""

    @pytest.fixture
    def paused(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """How long it paused each time; Celery's part is left out."""
        pauses: list[float] = []
        monkeypatch.setattr("workers.consumer.bootsteps.time.sleep", pauses.append)
        monkeypatch.setattr(
            "celery.worker.consumer.Consumer.on_connection_error_after_connected", lambda *_: None
        )
        monkeypatch.setattr(PULSE, "polled_at", 0.0)
        monkeypatch.setattr(bootsteps, "ERROR_REPLIES", error_replies.ErrorReplies())
        return pauses

    @pytest.fixture
    def begun(self, app: Any) -> OperatorConsumer:
        """One that knows which errors are replies."""
        made = OperatorConsumer.__new__(OperatorConsumer)
        made.connection = app.connection_for_read()
        made.channel_errors = made.connection.channel_errors
        return made

    def test_an_error_reply_is_told_and_waited_for(
        self, begun: OperatorConsumer, paused: list[float]
    ) -> None:
        """And the liveness probe learns that it tries."""
        with structlog.testing.capture_logs() as lines:
            begun.on_connection_error_after_connected(ReadOnlyError("no"))

        assert paused == [bootsteps.RESTART_PAUSE]
        assert begun.connection is None
        assert PULSE.polled_at > 0
        assert [line["error"] for line in lines] == ["ReadOnlyError: no"]

    def test_a_lost_connection_is_not_waited_for_here(
        self, begun: OperatorConsumer, paused: list[float]
    ) -> None:
        """Connecting has a pace of its own, and a Redis that is away is no reason to say that we poll."""
        begun.on_connection_error_after_connected(ConnectionLostError("gone"))

        assert paused == []
        assert PULSE.polled_at == 0.0
