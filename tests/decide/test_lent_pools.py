"""Public IPv4 pools that an admin opens to pods: who may name which, from the setting to the decision."""

import re

import msgspec
import pytest
from pydantic import ValidationError

from eip import names
from eip.claim import Claim
from eip.decide import Decision, Desired, EventType, Scope, decide
from eip.observe import observe
from eip.pod import Pod
from eip.settings import Settings

POOL = "ipv4pool-ec2-0a1b2c3d4e5f60718"
OTHER = "ipam-pool-0a1b2c3d4e5f60718"


def pod(name: str = "web-0", namespace: str = "shop", **annotations: str) -> Pod:
    """A labelled pod with an IP; annotations by the last word of their names, `_` for `-`."""
    given = {f"{names.PREFIX}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"uid": "u", "namespace": namespace, "name": name, "annotations": given}
    status = {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]}
    raw = {"metadata": {**metadata, "labels": {names.MANAGE_LABEL: "true"}}, "status": status}
    return msgspec.convert(raw, Pod)


def scope(setting: str) -> Scope:
    """What EIP_LENT_PUBLIC_IPV4_POOLS makes of the scope."""
    return Settings.model_validate({"cluster_name": "prod", "lent_public_ipv4_pools": setting}).scope


def ask(given: Pod, setting: str) -> Decision:
    """What is decided for a pod under a setting."""
    return decide(EventType.READ, given, scope(setting))


@pytest.mark.parametrize(
    ("setting", "lent"),
    [
        pytest.param("", False, id="none by default"),
        pytest.param(f"{POOL}=shop/web-0", True, id="to the pod by its name"),
        pytest.param(f"{POOL}=shop/*", True, id="to its namespace"),
        pytest.param(f"{POOL}=*/web-*", True, id="to its name in any namespace"),
        pytest.param(f"{POOL}=*/*", True, id="to everybody"),
        pytest.param(f"{POOL}=bank/* shop/web-*", True, id="to others and to it"),
        pytest.param(f"{OTHER}=bank/*, {POOL}=shop/*", True, id="beside another pool"),
        pytest.param(f"{POOL}=bank/*", False, id="to another namespace"),
        pytest.param(f"{POOL}=shop/web", False, id="to a name that its own begins with"),
        pytest.param(f"{POOL}=shop/db-*", False, id="to other names"),
        pytest.param(f"{OTHER}=*/*", False, id="another pool"),
        pytest.param(f"{POOL}=*op/x*", False, id="to a part of its namespace and another name"),
    ],
)
def test_who_may_name_a_pool(setting: str, lent: bool) -> None:  # noqa: FBT001
    """Only pods that the setting names for that very pool."""
    decision = ask(pod(public_ipv4_pool=POOL), setting)

    assert decision.rule == ("serve" if lent else "pool-not-lent")
    assert decision.desired is (Desired.SERVE if lent else Desired.RELEASE)


def test_who_names_no_pool_is_served() -> None:
    """The rule is about annotations alone."""
    assert ask(pod(), "").rule == "serve"


def test_a_refusal_says_what_to_do() -> None:
    """The author reads the pool, the pod and the setting."""
    decision = ask(pod(public_ipv4_pool=POOL), f"{POOL}=bank/*")

    assert decision.warn
    for words in (POOL, "shop/web-0", "EIP_LENT_PUBLIC_IPV4_POOLS", "remove the annotation"):
        assert words in decision.reason


def test_what_means_nothing_is_said_first() -> None:
    """A pool that is none can't be lent."""
    assert ask(pod(public_ipv4_pool="web"), "").rule == "unusable-request"


def test_a_served_pod_keeps_its_address() -> None:
    """Naming a pool that is not lent changes nothing once there is an address."""
    served = Claim(uid="u", namespace="shop", name="web-0", allocation_id="eipalloc-1")
    given = pod(public_ipv4_pool=POOL)

    claim = observe(served, EventType.MODIFIED, given, ask(given, ""), "")

    assert claim
    assert (claim.desired, claim.public_ipv4_pool) == (Desired.SERVE, "")


def test_a_pod_that_waits_gets_none() -> None:
    """Before there is an address the refusal holds, and the pod is told."""
    waiting = Claim(uid="u", namespace="shop", name="web-0", desired=Desired.SERVE, pod_ip="10.0.0.7")
    given = pod(public_ipv4_pool=POOL)

    claim = observe(waiting, EventType.MODIFIED, given, ask(given, ""), "")

    assert claim
    assert (claim.desired, claim.warn) == (Desired.RELEASE, True)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param("ipv4pool-ec2-1", "has no '='", id="no pods"),
        pytest.param(f"{POOL}=", "is lent to ''", id="nobody"),
        pytest.param("web=shop/*", "'web' is no public IPv4 pool", id="no pool"),
        pytest.param(f"{POOL}=shop", "is lent to 'shop'; write NAMESPACE/NAME", id="a namespace alone"),
        pytest.param(f"{POOL}=shop/* bank", "is lent to 'bank'", id="the second one wrong"),
        pytest.param(f"{POOL}=shop/a/b", "is lent to 'shop/a/b'", id="two slashes"),
        pytest.param(f"{POOL}=shop/[ab]", "is lent to 'shop/[ab]'", id="another wildcard"),
    ],
)
def test_a_setting_that_means_nothing(setting: str, words: str) -> None:
    """Is refused at the start, with the part that is wrong."""
    with pytest.raises(ValidationError, match=re.escape(words)):
        scope(setting)
