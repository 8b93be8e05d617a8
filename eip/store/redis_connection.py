"""One way to connect to Redis, and the conditions under which it is fit to hold the claims."""

from typing import Any

import redis
import structlog

from eip.errors import RedisAway, RedisUnfit
from eip.metrics.process import REDIS_CONNECTS

log = structlog.get_logger(__name__)

TIMEOUT = 5.0
CONNECT_TIMEOUT = 3.0
RIGHTS = "~* &* +@all -@admin -@dangerous +info"
"""What an ACL user needs, in Redis' own words: nothing dangerous but INFO, which tells whether it is fit."""


def connect_fit(url: str, *, ca_file: str = "") -> "redis.Redis":
    """A client of a Redis that keeps what it is given; one that is away is waited for by whoever calls it.

    Raises:
        RedisUnfit: it is a Redis Cluster, or may evict keys when memory is short.

    """
    client = connect(url, ca_file=ca_file)
    try:
        refuse_unfit(client)
    except RedisAway as error:
        log.warning(
            "Redis is away; work goes on as soon as it is there", error=str(error), remedy=_remedy(str(error))
        )
    return client


def _remedy(error: str) -> str:
    """What to do about an error that waiting alone does not end; empty for all others."""
    if "CERTIFICATE_VERIFY_FAILED" in error:
        return "set EIP_REDIS_CA_FILE to the certificate of the authority that signed that of Redis"
    if "AuthenticationError" in error or "NOAUTH" in error:
        return "correct user and password in EIP_REDIS_URL, or EIP_REDIS_USERNAME and EIP_REDIS_PASSWORD"
    if "NoPermissionError" in error:
        return f"give Redis' user these rights: {RIGHTS}"
    return ""


def connect(url: str, *, ca_file: str = "") -> "redis.Redis":
    """A client with time-outs on every socket; nothing is sent yet."""
    tls = {"ssl_ca_certs": ca_file} if ca_file and url.startswith("rediss://") else {}
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_keepalive=True,
        health_check_interval=10,
        redis_connect_func=_count_connect,
        **tls,
    )


def _count_connect(connection: Any) -> None:
    """What redis-py does once a socket is open, and one more for its metric."""
    connection.on_connect()
    REDIS_CONNECTS.inc()


def refuse_unfit(client: "redis.Redis") -> None:
    """Make sure that this Redis keeps what it is given.

    Raises:
        RedisUnfit: it is a Redis Cluster, or may evict keys when memory is short.
        RedisAway: it did not answer.

    """
    try:
        server = client.info("server")
        memory = client.info("memory")
    except redis.exceptions.RedisError as error:
        raise RedisAway.because(error) from error
    if server.get("redis_mode") == "cluster":
        raise RedisUnfit(
            "EIP_REDIS_URL points to a Redis Cluster, which Celery cannot use; "
            "use a single Redis or Valkey with cluster mode disabled"
        )
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise RedisUnfit(
            f"Redis has maxmemory-policy {policy} and may evict queues and claims; "
            "set maxmemory-policy to noeviction"
        )
