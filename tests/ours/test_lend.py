"""Who may have an address that an admin lends: by the tag `lend`, word by word."""

import pytest

from eip import names
from tests.fakes.ec2 import CLUSTER
from workers.ours import Identity, is_lent, is_lent_here, is_lent_to
from workers.ports import Address

NAME, UID = CLUSTER


def address(lend: str, **tags: str) -> Address:
    """An address with the tag."""
    return Address("eipalloc-1", "198.18.0.1", tags={names.LEND_TAG: lend, **tags})


def lent(lend: str, namespace: str = "shop", name: str = "web-0") -> bool:
    """Whether a pod of this cluster may have it."""
    return is_lent_to(address(lend), Identity(*CLUSTER), namespace, name)


@pytest.mark.parametrize(
    "lend",
    [
        NAME,
        UID,
        f"staging {NAME}",
        f"staging,{NAME}",
        f" , {NAME} ,",
        "shop/web-0",
        "shop/*",
        "*/web-?",
        "*/*",
        "shop/web-[0-9]",
        f"{NAME}:shop/*",
        f"{UID}:*/*",
        "bank/* shop/web-0",
    ],
)
def test_lent_to_the_pod(lend: str) -> None:
    """The cluster's name or uid, or a pattern of the pod."""
    assert lent(lend)
    assert is_lent_here(address(lend), Identity(*CLUSTER))


@pytest.mark.parametrize(
    "lend",
    [
        "",
        "   ",
        "*",
        "true",
        "staging",
        NAME.upper(),
        f"{NAME}*",
        "shop",
        "web-0",
        "shop/web",
        "SHOP/web-0",
        "shop/",
        "/web-0",
        "/",
        "shop/web-0/x",
        "bank/*",
        "staging:shop/*",
        "*:shop/*",
        f"x:{NAME}:shop/*",
        f"{NAME}:",
        f"{NAME}:bank/*",
    ],
)
def test_not_lent_to_the_pod(lend: str) -> None:
    """Anything else lends it to nobody here: an address is never taken by what only looks alike."""
    assert not lent(lend)


@pytest.mark.parametrize(
    ("lend", "here"),
    [
        ("bank/*", True),
        (f"{NAME}:bank/*", True),
        ("staging", False),
        ("staging:*/*", False),
        ("", False),
        ("*", False),
    ],
)
def test_lent_to_this_cluster(lend: str, *, here: bool) -> None:
    """Another pod of this cluster is of this cluster; another cluster's pods are not."""
    assert is_lent_here(address(lend), Identity(*CLUSTER)) is here


def test_what_an_operator_has_allocated_is_never_lent() -> None:
    """Tagged by hand or by the user's own tags: it would be released while another pod has it."""
    ours = address(NAME, **{names.CLUSTER_UID_TAG: UID})

    assert not is_lent(ours)
    assert not is_lent_to(ours, Identity(*CLUSTER), "shop", "web-0")
    assert not is_lent_here(ours, Identity(*CLUSTER))


def test_the_pool_lends_nothing() -> None:
    """Being in a pool gives nobody the address."""
    pooled = Address("eipalloc-1", "198.18.0.1", tags={names.POOL_TAG: "blue"})

    assert not is_lent_to(pooled, Identity(*CLUSTER), "shop", "web-0")
