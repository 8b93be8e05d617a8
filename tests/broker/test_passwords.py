"""A user and a password of Redis may have any characters, for the claims' client and for Celery alike."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import redis
from structlog.testing import capture_logs

from eip.broker import MessageSender, make_app
from eip.claim import Claim
from eip.names import Step
from eip.settings import Settings
from eip.store.redis_connection import RIGHTS, connect, connect_fit
from sandbox.redis import RedisServer

CLAIM = Claim(uid="1b4e28ba-2fa1-11d2-883f-0016d3cca427", namespace="shop", name="web-0", pod_ip="10.0.0.7")
PASSWORDS = {
    "slash": "se/cret",
    "question mark": "se?cret",
    "hash": "se#cret",
    "at": "se@cret",
    "percent": "se%cret",
    "looks encoded": "se%2Fcret",
    "colon": "se:cret",
    "plus": "se+cret",
    "spaces": " se cret ",
    "brackets": "[se]cret",
    "quotes": "s\"e'c`r\\et",
    "looks like a variable": "$(SECRET)${SECRET}",
    "other alphabets": "sécrét-пароль",
    "all": "/?#@%: []&=+\\\"'",
}
each_password = pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)


def settings(url: str, password: str, username: str = "") -> Settings:
    """Settings with these, each on its own."""
    given: dict[str, Any] = {"redis_url": url, "redis_username": username, "redis_password": password}
    return Settings(cluster_name="prod", **given)


@pytest.fixture
def user(redis_server: RedisServer, redis_client: redis.Redis, password: str) -> Iterator[Settings]:
    """Settings with a user whom only this password lets in, and who may what the documentation says."""
    name, admin = "eip/operator@shop", cast("Any", redis_client)
    admin.execute_command("ACL", "SETUSER", name, "on", f">{password}", *RIGHTS.split())
    yield settings(redis_server.url, password, name)
    admin.execute_command("ACL", "DELUSER", name)


@each_password
def test_claims_are_reached(user: Settings) -> None:
    """redis-py logs in as this user, who may ask whether the server is fit."""
    with capture_logs() as lines, connect_fit(user.redis_url.get_secret_value()) as client:
        assert client.acl_whoami() == "eip/operator@shop"

    assert lines == []


@each_password
def test_messages_are_sent(user: Settings, redis_client: redis.Redis) -> None:
    """Celery logs in as well."""
    app = make_app(user)
    MessageSender(app)(Step.ALLOCATE, CLAIM, 1)
    app.close()

    assert redis_client.llen(Step.ALLOCATE.queue.value) == 1


@each_password
def test_the_default_user_needs_no_name(password: str) -> None:
    """A server with requirepass alone."""
    with RedisServer(password=password) as server:
        url = f"redis://{server.url.rpartition('@')[2]}"
        with connect(settings(url, password).redis_url.get_secret_value()) as client:
            assert client.ping()
        app = make_app(settings(url, password))
        MessageSender(app)(Step.ALLOCATE, CLAIM, 1)
        app.close()
        with connect(server.url) as told:
            assert told.llen(Step.ALLOCATE.queue.value) == 1


@pytest.mark.parametrize("password", [PASSWORDS["all"]])
def test_another_password_is_told_by_nobody(redis_server: RedisServer, user: Settings) -> None:
    """What is said of a refusal shows no password, as it is or encoded, and names the settings."""
    wrong = settings(redis_server.url, "wr0ng/word", user.redis_username)
    app = make_app(wrong)
    with capture_logs() as lines:
        connect_fit(wrong.redis_url.get_secret_value()).close()
        MessageSender(app)(Step.ALLOCATE, CLAIM, 1)
    app.close()

    assert [line["event"].split(",")[0].split(";")[0] for line in lines] == [
        "Redis is away",
        "message not sent",
    ]
    assert "EIP_REDIS_USERNAME and EIP_REDIS_PASSWORD" in lines[0]["remedy"]
    assert "wr0ng" not in str(lines)
