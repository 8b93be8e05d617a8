"""Wake-ups as Celery messages: JSON, readable, in their step's queue; a failure is logged, not raised."""

import base64
import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery
from structlog.testing import capture_logs

from eip.broker import MessageSender, make_app
from eip.claim import Claim
from eip.names import Queue, Step
from eip.settings import Settings
from sandbox.redis import RedisServer

CLAIM = Claim(uid="1b4e28ba-2fa1-11d2-883f-0016d3cca427", namespace="shop", name="web-0", pod_ip="10.0.0.7")


def settings(url: str, ca_file: str = "") -> Settings:
    """Settings with this Redis."""
    given: dict[str, Any] = {"cluster_name": "prod", "redis_url": url, "redis_ca_file": ca_file}
    return Settings(**given)


@pytest.fixture
def app(redis_server: RedisServer) -> Iterator[Celery]:
    """The application on the test's Redis."""
    app = make_app(settings(redis_server.url))
    yield app
    app.close()


def message(client: redis.Redis, queue: str) -> dict[str, Any]:
    """The only message of a queue."""
    (raw,) = client.lrange(queue, 0, -1)
    envelope: dict[str, Any] = json.loads(raw)
    return envelope


def body(envelope: dict[str, Any]) -> Any:
    """What Celery packed into it."""
    return json.loads(base64.b64decode(envelope["body"]))


@pytest.mark.parametrize("step", list(Step))
def test_each_step_has_its_queue(app: Celery, redis_client: redis.Redis, step: Step) -> None:
    """The message goes to the step's queue as the step's task."""
    MessageSender(app)(step, CLAIM, 7)

    assert message(redis_client, step.value)["headers"]["task"] == f"eip.{step.value}"
    assert [queue.value for queue in Queue if redis_client.exists(queue.value)] == [step.value]


def test_message_carries_the_uid_and_a_name(app: Celery, redis_client: redis.Redis) -> None:
    """What is done is decided from the claim, so that nothing else is sent."""
    MessageSender(app)(Step.ALLOCATE, CLAIM, 7)
    arguments, keywords, _ = body(message(redis_client, "allocate"))

    assert arguments == [CLAIM.uid, "shop/web-0"]
    assert keywords == {}


def test_message_is_readable(app: Celery, redis_client: redis.Redis) -> None:
    """Flower shows which pod a message is for, and its id says step and number."""
    MessageSender(app)(Step.ALLOCATE, CLAIM, 7)
    headers = message(redis_client, "allocate")["headers"]

    assert headers["argsrepr"] == f"shop/web-0 {CLAIM.uid}"
    assert headers["kwargsrepr"] == ""
    assert headers["id"] == f"{CLAIM.uid}.allocate.7"


def test_message_is_json(app: Celery, redis_client: redis.Redis) -> None:
    """Nothing that could run code is sent, and nothing else is taken."""
    MessageSender(app)(Step.ALLOCATE, CLAIM, 7)

    assert message(redis_client, "allocate")["content-type"] == "application/json"
    assert list(app.conf.accept_content) == ["json"]


def test_message_asks_for_no_delay(app: Celery, redis_client: redis.Redis) -> None:
    """Nothing waits in a worker's memory, and nothing is thrown away."""
    MessageSender(app)(Step.ALLOCATE, CLAIM, 7)
    headers = message(redis_client, "allocate")["headers"]

    assert (headers["eta"], headers["expires"]) == (None, None)
    assert app.conf.task_ignore_result


def test_first_message_is_the_first_to_go(app: Celery, redis_client: redis.Redis) -> None:
    """A queue is served in the order in which it was filled."""
    sender = MessageSender(app)
    for number in range(3):
        sender(Step.RELEASE, CLAIM, number)

    taken = [json.loads(str(redis_client.rpop("release")))["headers"]["id"] for _ in range(3)]
    assert taken == [f"{CLAIM.uid}.release.{number}" for number in range(3)]


def test_sweep(app: Celery, redis_client: redis.Redis) -> None:
    """A sweep is a message among the releases, and says when it was asked for."""
    MessageSender(app).sweep(1_764_448_000_000)

    headers = message(redis_client, "release")["headers"]
    assert (headers["task"], headers["id"]) == ("eip.sweep", "sweep.1764448000000")


def test_queues_are_served_safest_first(app: Celery) -> None:
    """The queues' order is that in which a worker looks at them, and there are no others."""
    assert [queue.name for queue in app.conf.task_queues] == ["release", "annotate", "associate", "allocate"]
    assert app.conf.task_create_missing_queues is False


def hasty(url: str) -> Celery:
    """An application that connects once and not for some seconds."""
    app = make_app(settings(url))
    app.conf.broker_transport_options |= {"max_retries": 1, "interval_start": 0}
    return app


def warnings_of(sender: MessageSender) -> list[Any]:
    """What is logged while a message is sent."""
    with capture_logs() as lines:
        sender(Step.ALLOCATE, CLAIM, 7)
    return [(line["log_level"], line["event"], line["task"]) for line in lines]


NOT_SENT = [("warning", "message not sent, it will be sent again", "eip.allocate")]


def test_redis_that_was_never_there() -> None:
    """A message that can't be sent is logged, and the caller goes on."""
    with RedisServer() as server:
        app = hasty(server.url)
        server.stop()

        assert warnings_of(MessageSender(app)) == NOT_SENT
        app.close()


def test_redis_that_went_away() -> None:
    """The same on a connection that was used before, and the next message goes out when Redis is back."""
    with RedisServer() as server:
        app = hasty(server.url)
        sender = MessageSender(app)
        assert warnings_of(sender) == []
        server.stop()
        assert warnings_of(sender) == NOT_SENT
        server.start()
        assert warnings_of(sender) == []
        app.close()


def test_redis_without_memory(app: Celery, redis_client: redis.Redis) -> None:
    """A Redis that takes no more is like one that is away."""
    redis_client.config_set("maxmemory", 1)
    try:
        assert warnings_of(MessageSender(app)) == NOT_SENT
    finally:
        redis_client.config_set("maxmemory", 0)


def test_password_is_not_logged() -> None:
    """What is logged of a failure shows no password."""
    with RedisServer(password="s3cret") as server:
        app = hasty(server.url.replace("s3cret", "wr0ng"))
        with capture_logs() as lines:
            MessageSender(app)(Step.ALLOCATE, CLAIM, 7)
        app.close()

    assert len(lines) == 1
    assert "wr0ng" not in repr(lines)


def test_tls_checks_the_certificate() -> None:
    """rediss:// always checks the server's certificate, against one's own authorities if they are named."""
    own = make_app(settings("rediss://redis:6379/0", "/etc/ca.pem")).conf.broker_use_ssl
    public = make_app(settings("rediss://redis:6379/0")).conf.broker_use_ssl

    assert own == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": "/etc/ca.pem"}
    assert public == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


def test_no_tls_where_none_is_asked_for() -> None:
    """A CA file alone does not turn redis:// into TLS."""
    assert not make_app(settings("redis://redis:6379/0", "/etc/ca.pem")).conf.broker_use_ssl


def test_every_socket_has_time_outs(app: Celery) -> None:
    """A Redis that hangs holds up a sender for seconds, not for ever."""
    options = app.conf.broker_transport_options

    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (5, 3)
    assert options["socket_keepalive"]
