"""Parts of what the chart renders, and values that the tests share."""

from collections.abc import Iterator
from typing import Any

from tests.chart.helm import NAMESPACE, Manifest

NAME = "k8s-eip-operator"
PROCESSES = ("producer", "worker", "flower")
PODS = (*PROCESSES, "redis", "secrets")
NAMESPACED = {
    "namespaced": True,
    "namespaces": ["games", "voice"],
    "vpcId": "vpc-0123456789abcdef0",
    "clusterUid": "8f3c",
}
EXTERNAL = {
    "redis": {"enabled": False},
    "externalRedis": {
        "host": "redis.example",
        "port": 6380,
        "db": 2,
        "username": "eip",
        "existingSecret": "redis",
        "passwordKey": "token",
        "tls": {"enabled": True, "caSecret": "redis-ca", "caKey": "authority.pem"},
    },
}
OAUTH = {
    "enabled": True,
    "authRegex": "^.+@example\\.com$",
    "redirectUri": "https://flower.example/login",
    "existingSecret": "oauth",
}
INGRESS = {"flower": {"urlPrefix": "/flower", "ingress": {"enabled": True, "host": "flower.example"}}}
ROUTE = {
    "flower": {"urlPrefix": "/flower", "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}
}

KEDA = {"enabled": True, "prometheusUrl": "http://prometheus.monitoring:9090"}


def pod_specs(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Component and pod spec of all that makes pods."""
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
            component = manifest["metadata"]["labels"]["app.kubernetes.io/component"]
            yield component, manifest["spec"]["template"]["spec"]


def pod_spec(manifests: list[Manifest], component: str) -> Manifest:
    """The pod spec of one component."""
    return dict(pod_specs(manifests))[component]


def variables(manifests: list[Manifest], component: str) -> dict[str, Any]:
    """The variables of a component's container: value, or where the value comes from."""
    env = pod_spec(manifests, component)["containers"][0].get("env", [])
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in env}


def secret_key(name: str, key: str) -> Manifest:
    """A variable's source."""
    return {"secretKeyRef": {"name": name, "key": key}}


def rules(manifests: list[Manifest], account: str, namespace: str = NAMESPACE) -> set[tuple[object, ...]]:
    """All that an account may: where, group, resource, names and verb."""
    found: set[tuple[object, ...]] = set()
    for binding in manifests:
        subjects = [(each["name"], each["namespace"]) for each in binding.get("subjects", [])]
        if (account, namespace) not in subjects:
            continue
        where = binding["metadata"].get("namespace", "*")
        role = next(
            each
            for each in manifests
            if each["kind"] == binding["roleRef"]["kind"]
            and each["metadata"]["name"] == binding["roleRef"]["name"]
            and each["metadata"].get("namespace", "*") == where
        )
        found |= {
            (where, group, resource, tuple(rule.get("resourceNames", ())), verb)
            for rule in role["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }
    return found
