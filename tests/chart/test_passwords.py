"""Where passwords come from, and that no manifest holds one."""

import pytest

from tests.chart.helm import Manifest, one, render
from tests.chart.manifests import NAME, PROCESSES, secret_key, variables


@pytest.mark.parametrize("component", PROCESSES)
def test_no_manifest_holds_a_password(default: list[Manifest], component: str) -> None:
    """It comes from the Secret's key as it is; nothing is made of it that would need it encoded."""
    found = variables(default, component)

    assert found["EIP_REDIS_PASSWORD"] == secret_key(f"{NAME}-redis", "password")
    assert found["EIP_REDIS_URL"] == f"redis://{NAME}-redis:6379/0"
    assert "EIP_REDIS_USERNAME" not in found


def test_rendering_twice_gives_the_same(default: list[Manifest]) -> None:
    """No password is rolled while rendering: Argo CD renders every few minutes."""
    assert render({}, "--is-upgrade") == default
    assert not [each for each in default if each["kind"] == "Secret"]


def test_missing_secrets_are_made_before_all_else(default: list[Manifest]) -> None:
    """The Job and what it needs are hooks, of upgrades as well, which may begin to need a Secret."""
    hooks = [
        each for each in default if each["metadata"]["labels"]["app.kubernetes.io/component"] == "secrets"
    ]

    assert {each["kind"] for each in hooks} == {
        "Job",
        "NetworkPolicy",
        "ServiceAccount",
        "Role",
        "RoleBinding",
    }
    assert {each["metadata"]["annotations"]["helm.sh/hook"] for each in hooks} == {"pre-install,pre-upgrade"}
    job = one(hooks, "Job", "secrets")
    assert all(
        int(each["metadata"]["annotations"]["helm.sh/hook-weight"])
        < int(job["metadata"]["annotations"]["helm.sh/hook-weight"])
        for each in hooks
        if each is not job
    )


def test_no_job_where_all_secrets_are_given() -> None:
    """Nothing is made, and nothing may make Secrets."""
    manifests = render(
        {"redis": {"existingSecret": "a"}, "flower": {"existingSecret": "b", "passwordKey": "pw"}}
    )

    assert not [
        each for each in manifests if each["metadata"]["labels"]["app.kubernetes.io/component"] == "secrets"
    ]
    assert variables(manifests, "worker")["EIP_REDIS_PASSWORD"] == secret_key("a", "password")
    assert variables(manifests, "flower")["BASIC_AUTH_PASSWORD"] == secret_key("b", "pw")
