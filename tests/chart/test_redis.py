"""A Redis of the chart's own, or one elsewhere."""

from tests.chart.helm import Manifest, one, render
from tests.chart.manifests import EXTERNAL, PROCESSES, pod_spec, secret_key, variables


def test_redis_elsewhere() -> None:
    """Host, user, database, TLS and authority reach all processes, and there is no Redis of ours."""
    manifests = render(EXTERNAL)

    assert not [each for each in manifests if each["metadata"]["name"].endswith("-redis")]
    for component in PROCESSES:
        found = variables(manifests, component)
        assert found["EIP_REDIS_URL"] == "rediss://redis.example:6380/2"
        assert found["EIP_REDIS_USERNAME"] == "eip"
        assert found["EIP_REDIS_PASSWORD"] == secret_key("redis", "token")
        assert found["EIP_REDIS_CA_FILE"] == "/etc/redis-ca/authority.pem"
        assert {"name": "redis-ca", "secret": {"secretName": "redis-ca"}} in pod_spec(manifests, component)[
            "volumes"
        ]


def test_redis_elsewhere_without_a_password() -> None:
    """No Secret is asked for."""
    found = variables(
        render({"redis": {"enabled": False}, "externalRedis": {"host": "redis.example"}}), "worker"
    )

    assert found["EIP_REDIS_URL"] == "redis://redis.example:6379/0"
    assert not {"EIP_REDIS_USERNAME", "EIP_REDIS_PASSWORD"} & found.keys()


def test_redis_by_a_whole_url() -> None:
    """A Secret that holds the URL is used as it is."""
    external = {"existingSecret": "redis", "urlKey": "url"}
    found = variables(render({"redis": {"enabled": False}, "externalRedis": external}), "worker")

    assert found["EIP_REDIS_URL"] == secret_key("redis", "url")
    assert "EIP_REDIS_PASSWORD" not in found


def test_redis_keeps_what_it_is_given(default: list[Manifest]) -> None:
    """Append-only file, no eviction, and a volume of its own."""
    redis = one(default, "StatefulSet", "redis")["spec"]

    arguments = redis["template"]["spec"]["containers"][0]["args"]
    assert arguments[arguments.index("--appendonly") + 1] == "yes"
    assert arguments[arguments.index("--maxmemory-policy") + 1] == "noeviction"
    assert redis["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "1Gi"


def test_redis_without_a_volume() -> None:
    """What is in it is a cache, so that a playground needs no storage class."""
    redis = one(render({"redis": {"persistence": {"enabled": False}}}), "StatefulSet", "redis")["spec"]

    assert "volumeClaimTemplates" not in redis
    assert redis["template"]["spec"]["volumes"] == [{"name": "data", "emptyDir": {}}]
