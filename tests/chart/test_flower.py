"""Flower shows and changes nothing, and lets out only pages that ask for a password."""

from typing import Any

import pytest

from tests.chart.helm import Manifest, one, render
from tests.chart.manifests import INGRESS, NAME, OAUTH, ROUTE, pod_spec, secret_key, variables


def test_flower_shows_and_changes_nothing(default: list[Manifest]) -> None:
    """Read-only, with a password, and a cookie key that a restart does not change."""
    found = variables(default, "flower")

    assert "--read-only" in pod_spec(default, "flower")["containers"][0]["args"]
    assert found["FLOWER_BASIC_AUTH"] == "$(BASIC_AUTH_USERNAME):$(BASIC_AUTH_PASSWORD)"
    assert found["FLOWER_COOKIE_SECRET"] == secret_key(f"{NAME}-flower", "cookie-secret")


def test_flower_with_oauth() -> None:
    """No password stands beside it: Flower would take either."""
    found = variables(render({"flower": {"oauth": OAUTH}}), "flower")

    assert found["FLOWER_AUTH"] == "^.+@example\\.com$"
    assert found["FLOWER_OAUTH2_SECRET"] == secret_key("oauth", "oauth2-secret")
    assert "FLOWER_BASIC_AUTH" not in found


def test_no_flower_on_request() -> None:
    """Nothing of it is left, its Secret and its policy included."""
    manifests = render({"flower": {"enabled": False}})

    assert not [each for each in manifests if each["metadata"]["name"].endswith("-flower")]
    assert f"{NAME}-flower" not in variables(manifests, "secrets")["SECRETS"]


def _ingress_paths() -> dict[str, str]:
    (rule,) = one(render(INGRESS), "Ingress", "flower")["spec"]["rules"]
    return {each["path"]: each["pathType"] for each in rule["http"]["paths"]}


def _route_paths() -> dict[str, str]:
    rules = one(render(ROUTE), "HTTPRoute", "flower")["spec"]["rules"]
    assert all(len(rule["matches"]) <= 8 for rule in rules), "the Gateway API allows eight"
    matches = [each["path"] for rule in rules for each in rule["matches"]]
    return {each["value"]: each["type"].removeprefix("Path") for each in matches}


@pytest.mark.parametrize("paths", [_ingress_paths, _route_paths], ids=["Ingress", "HTTPRoute"])
@pytest.mark.parametrize(
    "hidden", ["/flower/metrics", "/flower/healthcheck", "/flower/api/workers", "/metrics"]
)
def test_what_asks_for_no_password_is_not_let_out(paths: Any, hidden: str) -> None:
    """Flower's /metrics and /healthcheck are open, and /api is not needed by people."""
    found = paths()

    assert found["/flower/"] == "Exact"
    assert found["/flower/tasks"] == "Prefix"
    assert not [path for path, kind in found.items() if kind == "Prefix" and hidden.startswith(path)]
