"""The demo's checks of addresses that stay: the same as before, at the promised number of calls, all back."""

from dataclasses import replace

import msgspec
import pytest

from eip.names import LEND_TAG, Action
from sandbox.demo.stays import Rolled, Shared, mutating, pool_problems, roll_problems, said
from sandbox.ec2.messages import AddressSnapshot, Calls

ROLLED = Rolled(
    before={"mail-0": "198.18.0.1", "mail-1": "198.18.0.2"},
    after={"mail-0": "198.18.0.1", "mail-1": "198.18.0.2"},
    calls={Action.TAG: 2, Action.ASSOCIATE: 2, Action.DISASSOCIATE: 2},
)
LENT = [
    AddressSnapshot(f"eipalloc-{number}", f"198.18.0.{number}", 0.0, {LEND_TAG: "sandbox"})
    for number in (1, 2)
]
SHARED = Shared(
    before=LENT,
    after=LENT,
    had={"proxy-0": "198.18.0.1", "proxy-1": "198.18.0.2", "proxy-2": "198.18.0.1"},
    waited="proxy-2",
    told="All 2 addresses of the pool are in use.",
    seconds=0.7,
    calls={Action.ASSOCIATE: 3, Action.DISASSOCIATE: 3},
)


def test_a_roll_that_kept_all_addresses_has_no_problems() -> None:
    """One CreateTags and one AssociateAddress up, one DisassociateAddress down, for each pod."""
    assert [] == roll_problems(ROLLED)


@pytest.mark.parametrize(
    ("rolled", "words"),
    [
        pytest.param(
            replace(ROLLED, after={"mail-0": "198.18.0.1", "mail-1": "198.18.0.9"}),
            "mail-1 had 198.18.0.2 and came back with 198.18.0.9",
            id="another address",
        ),
        pytest.param(
            replace(ROLLED, after={"mail-0": "198.18.0.1"}),
            "mail-1 had 198.18.0.2 and came back with no address",
            id="no address",
        ),
        pytest.param(
            replace(ROLLED, calls={**ROLLED.calls, Action.ALLOCATE: 1}), "AllocateAddress 1", id="a call more"
        ),
        pytest.param(
            replace(ROLLED, calls={**ROLLED.calls, Action.TAG: 1}), "took CreateTags 1", id="a call less"
        ),
        pytest.param(replace(ROLLED, leaked=1), "1 kept addresses are left", id="not given back"),
    ],
)
def test_says_what_is_wrong_with_a_roll(rolled: Rolled, words: str) -> None:
    """One sentence, with the value seen."""
    [problem] = roll_problems(rolled)

    assert words in problem


def test_a_pool_that_served_all_in_turn_has_no_problems() -> None:
    """One call up and one down for each pod, and the addresses are as they were lent."""
    assert [] == pool_problems(SHARED)


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        pytest.param(
            replace(SHARED, had={**SHARED.had, "proxy-2": "198.18.0.9"}),
            "proxy-2 had 198.18.0.9, and none of the pool",
            id="an address of its own",
        ),
        pytest.param(
            replace(SHARED, had={**SHARED.had, "proxy-2": ""}), "proxy-2 had no address", id="never served"
        ),
        pytest.param(replace(SHARED, told=""), "proxy-2 waited, and no Event told why", id="not told"),
        pytest.param(
            replace(SHARED, calls={**SHARED.calls, Action.TAG: 1}), "CreateTags 1", id="a call more"
        ),
        pytest.param(
            replace(SHARED, after=LENT[:1]), "198.18.0.2 did not come back to the pool", id="released"
        ),
        pytest.param(
            replace(SHARED, after=[LENT[0], msgspec.structs.replace(LENT[1], private_ip="10.0.0.7")]),
            "198.18.0.2 did not come back to the pool",
            id="still on an IP",
        ),
        pytest.param(
            replace(SHARED, after=[LENT[0], msgspec.structs.replace(LENT[1], tags={})]),
            "198.18.0.2 did not come back to the pool",
            id="other tags",
        ),
    ],
)
def test_says_what_is_wrong_with_a_pool(shared: Shared, words: str) -> None:
    """One sentence, with the value seen."""
    [problem] = pool_problems(shared)

    assert words in problem


def test_only_calls_that_change_something_are_counted() -> None:
    """In the order of a pod's life, refused ones too; Describes are another matter."""
    counts = {
        "DescribeAddresses": {"ok": 5},
        "AssociateAddress": {"ok": 1, "InternalError": 1},
        "CreateTags": {"ok": 1},
    }

    assert "CreateTags 1, AssociateAddress 2" == said(mutating(Calls(counts, [])))


def test_no_call_is_said_too() -> None:
    """Nothing would look like a fault of the table."""
    assert "none" == said({})
