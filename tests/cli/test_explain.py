"""`eip explain`: what each rule says, and which decides."""

import json

from eip import names
from eip.decide import RULES
from tests.cli.conftest import Api, Eip, Reach
from tests.workers_world import IP, UID, Workers


def test_every_rule_is_asked_and_the_first_that_applies_decides(eip: Eip, api: Api) -> None:
    """Later rules show what they would have said."""
    api.add(UID, "web", IP, spec={"hostNetwork": True})

    rules = json.loads(eip("explain", "web", "-o", "json").out)["rules"]

    assert len(rules) == len(RULES)
    assert [rule["rule"] for rule in rules if rule["decides"]] == ["host-network"]
    assert rules[-1]["rule"] == "serve"
    assert rules[-1]["desired"] == "serve"


def test_a_request_that_cannot_be_used_is_said(eip: Eip, api: Api) -> None:
    """Rules that come after it take the request for usable, and say nothing."""
    api.add(UID, "web", IP, metadata={"annotations": {names.KEEP_ANNOTATION: "soon"}})

    shown = eip("explain", "web")

    assert shown.code == 0
    assert f"The rule unusable-request decides: {names.KEEP_ANNOTATION}='soon' cannot be used" in shown.out


def test_the_next_step_of_the_claim_is_said(eip: Eip, world: Workers, api: Api) -> None:
    """As `eip status` says it."""
    world.see(api.add(UID, "web", IP))

    shown = eip("explain", "web")

    assert shown.code == 0
    assert f"The rule serve decides: the pod has the IP {IP}." in shown.out
    assert "Next: allocate" in shown.out


def test_a_claim_that_lags_behind_the_pod_is_pointed_out(eip: Eip, world: Workers, api: Api) -> None:
    """The API server says one thing, and the claim another still."""
    world.serve()
    api.edit("web", "metadata", labels={})

    shown = eip("explain", "web")

    assert "The rule not-managed decides" in shown.out
    assert "Its claim still says serve" in shown.out


def test_a_pod_without_a_claim_asks_for_the_producer(eip: Eip, api: Api) -> None:
    """It wants an address, and nobody knows of it."""
    api.add(UID, "web", IP)

    assert "has no claim yet" in eip("explain", "web").out


def test_there_is_nothing_to_explain_of_a_pod_that_is_not_there(eip: Eip) -> None:
    """`eip status` may know what is left of it."""
    shown = eip("explain", "web")

    assert shown.code == 1
    assert "there is no pod shop/web" in shown.err


def test_without_redis_the_rules_are_shown(eip: Eip, api: Api, reach: Reach) -> None:
    """Nothing is claimed about a claim that could not be read."""
    api.add(UID, "web", IP)
    reach.lose("redis")

    shown = eip("explain", "web")

    assert shown.code == 3
    assert "The rule serve decides" in shown.out
    assert "has no claim" not in shown.out


def test_without_kubernetes_there_is_no_explanation(eip: Eip, reach: Reach) -> None:
    """The pod as the API server has it is what is explained."""
    reach.lose("kubernetes")

    shown = eip("explain", "web")

    assert (shown.code, shown.out) == (3, "")
    assert "pods is forbidden" in shown.err
