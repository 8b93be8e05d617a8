"""ServiceAccounts and their rights: what is needed, and where."""

import pytest
import yaml

from sandbox.accounts import ROLES
from tests.chart.helm import NAMESPACE, Manifest, one, render
from tests.chart.manifests import NAME, NAMESPACED, PODS, pod_spec, rules, variables


@pytest.mark.parametrize("account", ["producer", "worker"])
def test_rights_are_those_of_the_suite(default: list[Manifest], account: str) -> None:
    """The chart grants what the whole suite runs with, deploy/roles.yaml, and no more."""
    proven = [manifest for manifest in yaml.safe_load_all(ROLES.read_text()) if manifest]

    assert rules(default, f"{NAME}-{account}") == rules(proven, f"eip-{account}")


def test_namespaced_mode_grants_nothing_cluster_wide() -> None:
    """Roles in the served namespaces stand in for the ClusterRoles; nodes and kube-system are left alone."""
    manifests = render(NAMESPACED)

    assert not [each for each in manifests if each["kind"].startswith("Cluster")]
    granted = rules(manifests, f"{NAME}-worker")
    assert {where for where, *_ in granted} == {"games", "voice"}
    assert {resource for _, _, resource, *_ in granted} == {"pods", "pods/status", "events"}
    assert {
        where for where, _, resource, *_ in rules(manifests, f"{NAME}-producer") if resource == "pods"
    } == {
        "games",
        "voice",
    }


def test_namespaced_mode_is_told_to_the_processes() -> None:
    """A worker that may not read nodes and kube-system must not try."""
    told = variables(render(NAMESPACED), "worker")

    assert told["EIP_READ_NODES"] == "false"
    assert told["EIP_NAMESPACES"] == "games,voice"
    assert told["EIP_VPC_ID"] == "vpc-0123456789abcdef0"
    assert told["EIP_CLUSTER_UID"] == "8f3c"


def test_no_rights_where_the_user_grants_them() -> None:
    """With rbac.create=false there are no Roles but the one of the Job that makes the Secrets."""
    roles = [each for each in render({"rbac": {"create": False}}) if "Role" in each["kind"]]

    assert {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in roles} == {"secrets"}


def test_only_the_job_may_create_secrets(default: list[Manifest]) -> None:
    """It may read none, so that what it could reveal is what it made itself."""
    assert rules(default, f"{NAME}-secrets") == {(NAMESPACE, "", "secrets", (), "create")}


def test_a_role_by_irsa() -> None:
    """The annotation stands on the workers' account, and on no other."""
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/eip"}
    manifests = render({"worker": {"serviceAccount": {"annotations": role}}})

    assert one(manifests, "ServiceAccount", "worker")["metadata"]["annotations"] == role
    assert "annotations" not in one(manifests, "ServiceAccount", "producer")["metadata"]


def test_an_account_of_the_users_own() -> None:
    """It is bound and used, and not made."""
    account = {"create": False, "name": "given"}
    manifests = render({"worker": {"serviceAccount": account}})

    assert pod_spec(manifests, "worker")["serviceAccountName"] == "given"
    assert rules(manifests, "given")
    assert not [
        each
        for each in manifests
        if each["kind"] == "ServiceAccount" and "worker" in each["metadata"]["name"]
    ]


@pytest.mark.parametrize("component", PODS)
def test_only_who_asks_kubernetes_has_a_token(default: list[Manifest], component: str) -> None:
    """Flower and Redis have none."""
    assert pod_spec(default, component)["automountServiceAccountToken"] is (
        component not in {"flower", "redis"}
    )
