"""Which values are refused, and in which words; and that every value can be looked up."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from eip.settings import load
from tests.chart import generate
from tests.chart.helm import CHART, REQUIRED, HelmError, find, one, render, run

REFUSED = {
    "a typing error": ({"clusterNmae": "x"}, "additional properties 'clusterNmae' not allowed"),
    "a typing error deeper down": (
        {"redis": {"enable": False}},
        "additional properties 'enable' not allowed",
    ),
    "a typing error in a setting": ({"settings": {"sweepIntervall": 5}}, "'sweepIntervall' not allowed"),
    "a setting that is a value of its own": ({"settings": {"clusterName": "x"}}, "'clusterName' not allowed"),
    "a setting out of range": ({"settings": {"workerConcurrency": 1}}, "minimum: got 1, want 4"),
    "a setting of another type": ({"settings": {"sweepInterval": "often"}}, "got string, want number"),
    "an unknown log level": ({"settings": {"logLevel": "loud"}}, "'debug', 'info', 'warning', 'error'"),
    "a zone for a region": ({"region": "eu-central-1a"}, "at '/region'"),
    "a cluster name with a space": ({"clusterName": "my cluster"}, "at '/clusterName'"),
    "a VPC that is none": ({"vpcId": "subnet-0123456789"}, "at '/vpcId'"),
    "tolerations that are a map": ({"worker": {"tolerations": {}}}, "got object, want array"),
    "an image without a repository": ({"image": {"repository": ""}}, "image.repository is not set, and only"),
    "a Redis without a repository": (
        {"redis": {"image": {"repository": ""}}},
        "at '/redis/image/repository'",
    ),
    "a tag in the repository": ({"image": {"repository": "eip:1"}}, "at '/image/repository'"),
    "a relative link to the runbook": (
        {"monitoring": {"rules": {"runbookUrl": "docs/runbook.md"}}},
        "at '/monitoring/rules/runbookUrl'",
    ),
    "a tag for a digest": ({"image": {"digest": "latest"}}, "at '/image/digest'"),
    "negative replicas": ({"worker": {"replicas": -1}}, "minimum: got -1, want 0"),
    "an unanchored expression for OAuth": (
        {"flower": {"oauth": {"authRegex": ".*@example.com"}}},
        "at '/flower/oauth/authRegex'",
    ),
    "no cluster name": ({"clusterName": ""}, "clusterName is not set; addresses are tagged with it"),
    "no region": ({"region": ""}, "region is not set"),
    "namespaced mode without what it needs": (
        {"namespaced": True},
        "namespaces is empty, so that no pod would be served",
    ),
    "namespaced mode without a VPC": ({"namespaced": True, "namespaces": ["a"]}, "vpcId is not set"),
    "namespaced mode without a cluster's uid": (
        {"namespaced": True, "namespaces": ["a"], "vpcId": "vpc-0123456789"},
        "clusterUid is not set",
    ),
    "two Redis": ({"externalRedis": {"host": "redis.example"}}, "so that there would be two"),
    "no Redis": ({"redis": {"enabled": False}}, "so that there is none"),
    "a key of no Secret": (
        {"redis": {"enabled": False}, "externalRedis": {"urlKey": "url"}},
        "externalRedis.existingSecret is not; name the Secret",
    ),
    "an authority without TLS": (
        {"redis": {"enabled": False}, "externalRedis": {"host": "r", "tls": {"caSecret": "ca"}}},
        "nothing would be encrypted",
    ),
    "OAuth for everybody": ({"flower": {"oauth": {"enabled": True}}}, "flower.oauth.authRegex is not set"),
    "an Ingress for every host": (
        {"flower": {"ingress": {"enabled": True}}},
        "flower.ingress.host is not set",
    ),
    "a route of no Gateway": ({"flower": {"httpRoute": {"enabled": True}}}, "parentRefs names no Gateway"),
}

SETTINGS = {
    "allowHostNetwork": True,
    "externalDnsAnnotations": ["a.example/target", "b.example/target"],
    "tags": {"team": "games", "cost": "7"},
    "publicIpv4Pool": "ipv4pool-ec2-0123456789abcdef0",
    "lentPublicIpv4Pools": {"ipam-pool-0123456789abcdef0": "shop/* bank/a-*"},
    "sweepInterval": 1000000,
    "allocateRate": 2.5,
    "logLevel": "debug",
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED)
def test_values_that_cannot_work_are_refused(values: dict[str, object], words: str) -> None:
    """Nothing is rendered, and the message names the value and what is wrong with it."""
    with pytest.raises(HelmError) as refused:
        render(values)

    assert words in str(refused.value)


def test_admission_policies_need_what_an_old_cluster_lacks() -> None:
    """Kubernetes 1.29 is served, without them."""
    old = ("--kube-version", "1.29.0")

    assert render({}, *old)
    with pytest.raises(HelmError, match=r"needs Kubernetes 1\.30; this is v1\.29"):
        render({"admissionPolicy": {"enabled": True}}, *old)


def test_older_clusters_are_refused() -> None:
    """They don't say when a pod's network is gone."""
    with pytest.raises(HelmError, match="incompatible with Kubernetes"):
        render({}, "--kube-version", "1.28.0")


def test_all_faults_are_said_at_once() -> None:
    """Who forgot all values is told of each."""
    with pytest.raises(HelmError) as refused:
        render(required=False)

    assert "clusterName is not set" in str(refused.value)
    assert "region is not set" in str(refused.value)
    assert "image.repository is not set" in str(refused.value)


def test_lint_finds_nothing() -> None:
    """Helm lint --strict passes with what a user has to say."""
    assert "0 chart(s) failed" in run("lint", "--strict", str(CHART), "--values", str(REQUIRED))


@pytest.mark.parametrize("values", [{}, {"flower": {"extraEnvFrom": [{"secretRef": {"name": "a"}}]}}])
def test_no_line_ends_in_blanks(values: dict[str, object], tmp_path: Path) -> None:
    """Kubectl shows a script with such lines as one long string."""
    given = tmp_path / "values.yaml"
    given.write_text(yaml.safe_dump(values))

    text = run("template", "a", str(CHART), "--values", str(REQUIRED), "--values", str(given))

    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_every_value_is_described() -> None:
    """A leaf of values.yaml without a `# --` above it would be missing in the README."""
    described = {path for path, _, _ in generate.documented_values()}

    assert _leaves(yaml.safe_load((CHART / "values.yaml").read_text()), described) == set()


def test_what_is_made_is_current() -> None:
    """README.md, values.schema.json and deploy/install.yaml say what the chart and the settings say."""
    assert generate.stale() == [], "run `python -m tests.chart.generate`"


def test_settings_arrive_as_the_program_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, maps, large numbers and digits in names reach eip.settings unchanged."""
    for name, value in _environment(SETTINGS).items():
        monkeypatch.setenv(name, value)

    settings = load()

    assert settings.allow_host_network is True
    assert settings.external_dns_annotations == ("a.example/target", "b.example/target")
    assert settings.tags == {"team": "games", "cost": "7"}
    assert settings.public_ipv4_pool == "ipv4pool-ec2-0123456789abcdef0"
    assert settings.lent_public_ipv4_pools == {"ipam-pool-0123456789abcdef0": "shop/* bank/a-*"}
    assert settings.sweep_interval == 1000000
    assert settings.allocate_rate == 2.5
    assert settings.log_level == "debug"


def test_no_setting_is_lost_on_its_way() -> None:
    """The name of each setting becomes that of its variable."""
    fields: dict[str, Any] = yaml.safe_load(generate.schema())["$defs"]["settings"]["properties"]

    told = _environment({key: _example(field) for key, field in fields.items()})

    assert told.keys() >= {f"EIP_{name.upper()}" for name in generate.setting_names().values()}


def test_the_command_says_where_helm_is() -> None:
    """`python -m tests.chart.helm` is what a person or a workflow asks."""
    done = subprocess.run([find(), "version", "--short"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("v4.")


def _example(field: dict[str, Any]) -> object:
    """A value that the schema of a field allows."""
    if "enum" in field:
        return field["enum"][0]
    if field["type"] == "array":
        return [_example(field["items"])]
    if field["type"] == "object":
        return {"a": _example(field["additionalProperties"])}
    number = field.get("minimum", 1)
    examples = {"boolean": True, "integer": number, "number": number, "string": "a"}
    return examples[field["type"]]


def _environment(settings: dict[str, object]) -> dict[str, str]:
    worker = one(render({"settings": settings}), "Deployment", "worker")
    variables = worker["spec"]["template"]["spec"]["containers"][0]["env"]
    return {
        each["name"]: each["value"]
        for each in variables
        if each["name"].startswith("EIP_") and not each["name"].startswith("EIP_REDIS_")
    }


def _leaves(values: dict[str, object], described: set[str], above: str = "") -> set[str]:
    missing: set[str] = set()
    for key, value in values.items():
        path = f"{above}{key}"
        if path in described:
            continue
        missing |= _leaves(value, described, f"{path}.") if isinstance(value, dict) and value else {path}
    return missing
