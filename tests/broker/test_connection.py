"""Redis is used only where it keeps what it is given, and never waited for without end."""

import socket
from typing import Any, cast

import pytest
import redis
from structlog.testing import capture_logs

from eip.errors import RedisAway, RedisUnfit
from eip.store.redis_connection import connect, connect_fit, refuse_unfit
from sandbox.redis import RedisServer


class Told:
    """A Redis that says of itself what a test wants."""

    def __init__(self, **info: Any) -> None:
        self._info = {"redis_mode": "standalone", "maxmemory_policy": "noeviction", **info}

    def info(self, _section: str) -> dict[str, Any]:
        return {key: value for key, value in self._info.items() if value is not None}


def refuse(**info: Any) -> None:
    """Ask whether such a Redis is fit."""
    refuse_unfit(cast("redis.Redis", Told(**info)))


def test_real_one_is_fit(redis_client: redis.Redis) -> None:
    """A server with maxmemory-policy noeviction is taken."""
    refuse_unfit(redis_client)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_eviction_is_refused(redis_client: redis.Redis, policy: str) -> None:
    """A server that may evict queues and claims is refused in one line that says what to set."""
    redis_client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(RedisUnfit, match=f"^Redis has maxmemory-policy {policy} .*to noeviction$"):
            refuse_unfit(redis_client)
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_cluster_is_refused() -> None:
    """Celery can't use a cluster, and the first command would fail with MOVED."""
    with pytest.raises(RedisUnfit, match=r"^EIP_REDIS_URL points to a Redis Cluster, .*disabled$"):
        refuse(redis_mode="cluster")


def test_server_that_keeps_its_policy_to_itself() -> None:
    """A hosted server may not tell its policy; it is taken at its word."""
    refuse(maxmemory_policy=None)


@pytest.mark.parametrize("mode", ["standalone", "sentinel"])
def test_other_modes_are_not_refused(mode: str) -> None:
    """Only a cluster is."""
    refuse(redis_mode=mode)


def test_unfit_at_start(redis_server: RedisServer, redis_client: redis.Redis) -> None:
    """An unfit server ends the start."""
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(RedisUnfit):
            connect_fit(redis_server.url)
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_away_at_start() -> None:
    """A server that is away does not: Redis and its clients may start in any order."""
    with RedisServer() as server:
        server.stop()
        with capture_logs() as lines:
            client = connect_fit(server.url)

        assert [line["event"] for line in lines] == ["Redis is away; work goes on as soon as it is there"]
        server.start()
        assert client.ping()
        client.close()


def test_wrong_password() -> None:
    """A server that refuses the password is away, and the password is not in what is said."""
    with RedisServer(password="s3cret") as server:
        client = connect(server.url.replace("s3cret", "wr0ng"))
        with pytest.raises(RedisAway) as error:
            refuse_unfit(client)
        client.close()

    assert "wr0ng" not in str(error.value)


def test_every_socket_has_time_outs() -> None:
    """A server that hangs is away after seconds."""
    options = connect("redis://redis:6379/0").connection_pool.connection_kwargs

    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (5.0, 3.0)
    assert options["socket_keepalive"]
    assert options["health_check_interval"] == 10


def test_server_that_hangs() -> None:
    """A server that takes the connection and says nothing is not waited for without end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        hasty = connect(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        hasty.connection_pool.connection_kwargs |= {"socket_timeout": 0.05, "retry": None}
        with pytest.raises(RedisAway, match="TimeoutError"):
            refuse_unfit(hasty)
        hasty.close()


@pytest.mark.parametrize(
    ("url", "ca_file", "expected"),
    [
        pytest.param("rediss://redis:6379/0", "/etc/ca.pem", "/etc/ca.pem", id="one's own authority"),
        pytest.param("rediss://redis:6379/0", "", None, id="the system's authorities"),
        pytest.param("redis://redis:6379/0", "/etc/ca.pem", None, id="no TLS"),
    ],
)
def test_certificate_authority(url: str, ca_file: str, expected: str | None) -> None:
    """The CA file counts for rediss:// alone."""
    options = connect(url, ca_file=ca_file).connection_pool.connection_kwargs

    assert options.get("ssl_ca_certs") == expected


def test_tls_checks_the_certificate() -> None:
    """rediss:// refuses a server without a trusted certificate or with another name."""
    pool = connect("rediss://redis:6379/0").connection_pool
    connection = pool.connection_class(**pool.connection_kwargs)

    assert connection.cert_reqs == 2
    assert connection.check_hostname


def test_what_is_read_is_text(redis_client: redis.Redis) -> None:
    """Answers are decoded."""
    redis_client.set("key", "Größe")

    assert redis_client.get("key") == "Größe"
