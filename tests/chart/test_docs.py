"""What the pages on installing say of the chart is true of it."""

import re
from typing import Any

import pytest
import yaml

from eip.store.redis_connection import RIGHTS
from tests.chart.generate import install_manifest
from tests.chart.helm import CHART, NAMESPACE, RELEASE, REQUIRED, ROOT, one, render, run

PAGES = [ROOT / "docs" / "install.md", ROOT / "docs" / "aws.md", CHART / "README.md.in"]
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
INSTALL = (ROOT / "docs" / "install.md").read_text()


def notes(*options: str) -> str:
    """What a user reads after the installation, of a release that is installed nowhere."""
    given = ["--dry-run=client", "--namespace", NAMESPACE, "--values", str(REQUIRED), *options]
    return run("install", RELEASE, str(CHART), *given)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_values_that_are_named_exist(page: Any) -> None:
    """In commands, and in backticks as NAME=VALUE."""
    named = re.findall(r"(?:--set |`)((?:[a-z]\w*\.)*[a-z]\w*)(?:\.\"[^\"]*\")?=", page.read_text())

    assert named
    for path in named:
        values = VALUES
        for key in path.split("."):
            assert key in values, f"{page.name} names {path}"
            values = values[key]


def test_files_of_values_can_be_used() -> None:
    """Each YAML block of the page, on top of what a user has to say."""
    blocks = re.findall(r"```yaml\n(.*?)```", INSTALL, re.DOTALL)

    assert blocks
    assert all(render(yaml.safe_load(block)) for block in blocks)


def test_rights_in_redis_are_those_that_are_tested() -> None:
    """The journeys run producer, workers and Flower with a user who has these, and no others."""
    assert f"ACL SETUSER eip on >PASSWORD {RIGHTS}\n" in INSTALL
    assert f"`on {RIGHTS}`" in INSTALL


def test_names_of_objects_are_those_of_the_release() -> None:
    """Who copies a command finds what it names."""
    made = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in render()}

    assert f"service/{RELEASE}-flower" in made
    assert f"service/{RELEASE}-flower" in INSTALL
    assert f"secret {RELEASE}-redis" in INSTALL
    assert (
        one(render(), "ServiceAccount", "worker")["metadata"]["name"]
        in (ROOT / "docs" / "aws.md").read_text()
    )


def test_notes_tell_what_to_do_next() -> None:
    """The role, the way out, the first pod, Flower, and what to do before uninstalling."""
    text = notes()

    assert f"--service-account {RELEASE}-worker" in text
    assert "AWS_VPC_K8S_CNI_EXTERNALSNAT=true" in text
    assert "kubectl label pod POD eip.aws.materialize.com/manage=true" in text
    assert f"port-forward service/{RELEASE}-flower" in text
    assert f"helm -n {NAMESPACE} test {RELEASE}" in text
    uninstall = text[text.index("Before you uninstall") :]
    assert f"scale deployment {RELEASE}-producer {RELEASE}-worker --replicas=0" in uninstall
    assert f"eip release --all --lease-namespace {NAMESPACE}" in uninstall
    assert "scaledobject" not in uninstall
    assert "validatingadmissionpolicybinding" not in uninstall
    assert f"data-{RELEASE}-redis-0" in text


def test_notes_say_nothing_of_what_is_not_there() -> None:
    """Without Flower, and with a Redis elsewhere, there is nothing to open and nothing left behind."""
    text = notes("--set=flower.enabled=false,redis.enabled=false,externalRedis.host=redis.example")
    told = text[text.index("NOTES:") :]

    assert "Flower" not in told
    assert "Secrets it made" not in told
    assert "redis-0" not in told


def test_notes_take_away_what_holds_up_the_uninstallation() -> None:
    """KEDA, which starts workers again, and the policy by which only workers write on pods."""
    keda = "--set=keda.enabled=true,keda.prometheusUrl=http://prometheus:9090"
    given = (keda, "--set=admissionPolicy.enabled=true,nodes.enabled=true,clusterUid=8f3c")
    manifests = render(
        {
            "keda": {"enabled": True, "prometheusUrl": "http://prometheus:9090"},
            "admissionPolicy": {"enabled": True},
        }
    )
    bindings = {each["metadata"]["name"] for each in manifests if each["kind"].endswith("PolicyBinding")}
    text = notes(*given)

    scaled = one(manifests, "ScaledObject", "worker")["metadata"]["name"]
    assert f"annotate scaledobject {scaled} autoscaling.keda.sh/paused-replicas=0" in text
    (binding,) = re.findall(r"delete validatingadmissionpolicybinding (\S+)", text)
    assert binding in bindings
    assert "EIP_CLUSTER_UID=8f3c EIP_NODES=true" in text


def test_what_is_applied_without_helm_has_no_test() -> None:
    """Its pod would run once, before there is anything to test, and stand in the way of the next apply."""
    kinds = {each["kind"] for each in yaml.safe_load_all(install_manifest())}

    assert "Deployment" in kinds
    assert "Pod" not in kinds


def test_notes_lead_to_flowers_first_page() -> None:
    """Under a path of its own it answers with a slash at the end, and 404 without."""
    assert "http://localhost:5555/\n" in notes()
    assert "http://localhost:5555/flower/\n" in notes("--set=flower.urlPrefix=/flower")
    assert "   flower.example/\n" in notes(
        "--set=flower.ingress.enabled=true,flower.ingress.host=flower.example"
    )


def test_notes_know_the_role() -> None:
    """With IRSA no association is asked for."""
    role = "arn:aws:iam::123456789012:role/eip"
    text = notes(rf"--set=worker.serviceAccount.annotations.eks\.amazonaws\.com/role-arn={role}")

    assert role in text[text.index("NOTES:") :]
    assert "create-pod-identity-association" not in text
