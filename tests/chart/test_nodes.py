"""Nodes are served only by who says so: the setting, and the rights that it takes."""

import pytest
import yaml

from sandbox.accounts import NODE_ROLES, ROLES
from tests.chart.helm import HelmError, Manifest, render
from tests.chart.manifests import NAME, NAMESPACED, rules, variables

ENABLED = {"nodes": {"enabled": True}}


@pytest.mark.parametrize("account", ["producer", "worker"])
def test_nodes_take_the_rights_of_the_suite(account: str) -> None:
    """Those of deploy/roles-nodes.yaml beside the others, and no more."""
    proven = [one for file in (ROLES, NODE_ROLES) for one in yaml.safe_load_all(file.read_text()) if one]

    assert rules(render(ENABLED), f"{NAME}-{account}") == rules(proven, f"eip-{account}")


@pytest.mark.parametrize("component", ["producer", "worker"])
def test_both_sides_are_told(default: list[Manifest], component: str) -> None:
    """A worker that serves no nodes would leave what the producer reports."""
    assert variables(render(ENABLED), component)["EIP_NODES"] == "true"
    assert "EIP_NODES" not in variables(default, component)


def test_not_in_namespaced_mode() -> None:
    """A Role gives no rights on nodes."""
    with pytest.raises(HelmError, match=r"nodes\.enabled and namespaced are both true"):
        render(NAMESPACED | ENABLED)


@pytest.mark.parametrize(("nodes", "policies"), [(True, 2), (False, 1)])
def test_what_workers_write_on_nodes_is_limited(nodes: bool, policies: int) -> None:  # noqa: FBT001
    """By a policy, where policies are made: RBAC knows no single labels."""
    manifests = render({"nodes": {"enabled": nodes}, "admissionPolicy": {"enabled": True}})

    assert len([each for each in manifests if each["kind"] == "ValidatingAdmissionPolicy"]) == policies


def test_the_annotations_for_external_dns_are_the_users_own() -> None:
    """The policy allows those that the setting names, and no others."""
    settings = {"externalDnsAnnotations": ["dns.example/target"]}
    manifests = render({**ENABLED, "admissionPolicy": {"enabled": True}, "settings": settings})
    policy = next(each for each in manifests if each["metadata"]["name"].endswith("-nodes"))
    expressions = " ".join(each["expression"] for each in policy["spec"]["validations"])

    assert "dns.example/target" in expressions
    assert "external-dns" not in expressions
