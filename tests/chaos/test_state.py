"""What is right in the end: compared from pods and addresses, never from what the operator says it did."""

from typing import Any

import msgspec
import pytest

from eip.names import KEEP_TAG, MANAGE_LABEL, NETWORK_CONDITION, POD_UID_TAG, PUBLIC_IP_ANNOTATION
from sandbox.chaos.asks import Ask
from sandbox.chaos.churn import State, state_of
from sandbox.chaos.state import OVERDUE, Asked, Wrong, compare
from sandbox.ec2.messages import AddressSnapshot

NOTHING_WRONG = Wrong([], [])
KEPT = Asked(asks={"web": Ask("web-1", keep=20), "next": Ask("web-1", keep=20)})
BORROWS = Ask("web-1", borrows=True, lent=frozenset({"198.18.0.1"}))
LENT = Asked(asks={"web": BORROWS}, lent=frozenset({"198.18.0.1", "198.18.0.2"}))


def pod(
    *,
    labelled: bool = True,
    phase: str = "Running",
    network: str = "True",
    says: str = "",
    ip: str = "10.0.0.7",
) -> dict[str, Any]:
    """A pod as the API server shows it."""
    return {
        "metadata": {
            "name": "web-1",
            "uid": "web",
            "labels": {MANAGE_LABEL: "true"} if labelled else {},
            "annotations": {PUBLIC_IP_ANNOTATION: says} if says else {},
        },
        "status": {
            "phase": phase,
            "podIP": ip,
            "conditions": [{"type": NETWORK_CONDITION, "status": network}],
        },
    }


def address(number: int = 1, *, on: str = "10.0.0.7", uid: str = "web") -> AddressSnapshot:
    """An address with the pod's uid."""
    return AddressSnapshot(f"eipalloc-{number}", f"198.18.0.{number}", 0.0, {POD_UID_TAG: uid}, private_ip=on)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (pod(), State.RUNNING),
        (pod(phase="Pending"), State.RUNNING),
        (pod(labelled=False), State.UNLABELLED),
        (pod(network="False"), State.OFFLINE),
        (pod(phase="Failed"), State.FINISHED),
        (pod(phase="Succeeded", network="False"), State.FINISHED),
    ],
    ids=["running", "starting", "unlabelled", "offline", "failed", "finished"],
)
def test_where_a_pod_stands(seen: dict[str, Any], state: State) -> None:
    """A pod that has ended comes first: it will not be served whatever else it says."""
    assert state_of(seen) is state


@pytest.mark.parametrize(
    ("seen", "addresses"),
    [
        (pod(says="198.18.0.1"), [address()]),
        (pod(ip=""), []),
        (pod(network="False"), []),
        (pod(network="False"), [address(on="")]),
        (pod(labelled=False), []),
        (pod(phase="Failed"), []),
    ],
    ids=["served", "no IP yet", "offline", "offline, address kept aside", "unlabelled", "ended"],
)
def test_what_is_right(seen: dict[str, Any], addresses: list[AddressSnapshot]) -> None:
    """Nothing to say of it."""
    assert compare({"web": seen}, addresses) == NOTHING_WRONG


@pytest.mark.parametrize(
    ("seen", "addresses", "leaked"),
    [
        (pod(), [], 0),
        (pod(says="198.18.0.1"), [address(), address(2)], 0),
        (pod(says="198.18.0.1"), [address(on="10.0.0.8")], 0),
        (pod(says="198.18.0.9"), [address()], 0),
        (pod(network="False"), [address()], 0),
        (pod(labelled=False, says="198.18.0.1"), [], 0),
        (pod(labelled=False), [address(on="")], 1),
        (pod(phase="Failed"), [address(on="")], 1),
    ],
    ids=[
        "not served",
        "two addresses",
        "on another IP",
        "says another address",
        "on an IP without network",
        "says what it has no more",
        "kept though unlabelled",
        "kept though ended",
    ],
)
def test_what_is_wrong(seen: dict[str, Any], addresses: list[AddressSnapshot], leaked: int) -> None:
    """Each is told once, and what costs money counts as leaked."""
    found = compare({"web": seen}, addresses)

    assert len(found.sentences) == 1
    assert len(found.leaked) == leaked


def test_an_address_of_nobody_is_leaked() -> None:
    """Its pod is gone."""
    assert compare({}, [address()]).leaked == ["198.18.0.1"]


def kept(number: int = 1, *, on: str = "", uid: str = "web") -> AddressSnapshot:
    """An address whose tags say that it stays."""
    found = address(number, on=on, uid=uid)
    return msgspec.structs.replace(found, tags={**found.tags, KEEP_TAG: "20s"})


def lent(number: int = 1, *, on: str = "") -> AddressSnapshot:
    """An address that names no pod."""
    return msgspec.structs.replace(address(number, on=on), tags={})


@pytest.mark.parametrize(
    "pods",
    [{}, {"web": pod(phase="Failed")}, {"next": pod(network="False")}],
    ids=["gone", "ended", "the next has no network yet"],
)
def test_an_address_kept_for_the_next_pod_is_not_leaked(pods: dict[str, Any]) -> None:
    """It is counted apart."""
    assert compare(pods, [kept()], KEPT) == Wrong([], [], kept=1)


@pytest.mark.parametrize(
    ("pods", "addresses", "asked"),
    [
        ({}, [kept()], Asked()),
        ({}, [address(on="")], KEPT),
        ({}, [kept(on="10.0.0.7")], KEPT),
        ({}, [kept(), kept(2, uid="next")], KEPT),
        ({}, [kept()], Asked(asks=KEPT.asks, idle={"web": 21 + OVERDUE})),
        ({"web": pod(labelled=False)}, [kept()], KEPT),
        ({"next": pod(ip="")}, [kept()], KEPT),
        ({"next": pod(network="False")}, [kept(), kept(2, uid="next")], KEPT),
    ],
    ids=[
        "not asked for",
        "not said by its tags",
        "on an IP",
        "a second one for the name",
        "for too long",
        "without label",
        "though the next pod is there",
        "though the next pod has one",
    ],
)
def test_an_address_that_is_wrongly_kept_is_leaked(
    pods: dict[str, Any], addresses: list[AddressSnapshot], asked: Asked
) -> None:
    """It costs money, and nobody comes for it."""
    found = compare(pods, addresses, asked)

    assert len(found.leaked) == 1
    assert any("is of no pod that wants it" in sentence for sentence in found.sentences)


@pytest.mark.parametrize(
    ("seen", "addresses"),
    [
        (pod(says="198.18.0.1"), [lent(on="10.0.0.7"), lent(2)]),
        (pod(), [lent(on="10.0.0.9"), lent(2)]),
        (pod(network="False"), [lent()]),
        (pod(labelled=False), [lent()]),
    ],
    ids=["served", "waits for what another has", "offline", "unlabelled"],
)
def test_what_is_right_of_lent_addresses(seen: dict[str, Any], addresses: list[AddressSnapshot]) -> None:
    """A pod may wait, though others are free that it may not have."""
    other = pod(says="198.18.0.1", ip="10.0.0.9")
    asked = Asked(asks={"web": BORROWS, "other": BORROWS}, lent=LENT.lent)
    there = {"web": seen} | ({"other": other} if addresses[0].private_ip == "10.0.0.9" else {})

    assert compare(there, addresses, asked) == NOTHING_WRONG


@pytest.mark.parametrize(
    ("seen", "addresses", "words"),
    [
        (pod(), [lent()], "waits though 198.18.0.1 are free"),
        (pod(), [lent(on="10.0.0.9")], "of nobody, who may not have it"),
        (pod(says="198.18.0.2"), [lent(on="10.0.0.9")], "says that it has 198.18.0.2"),
        (pod(says="198.18.0.2"), [lent(2, on="10.0.0.7")], "of web-1, who may not have it"),
        (pod(network="False"), [lent(on="10.0.0.7")], "of nobody, who may not have it"),
        (pod(labelled=False), [lent(on="10.0.0.7")], "without label, and an address is on"),
        (pod(phase="Failed"), [lent(on="10.0.0.7")], "of nobody, who may not have it"),
        (pod(says="198.18.0.3"), [address(3)], "198.18.0.3 is of no pod that wants it"),
    ],
    ids=[
        "not given though free",
        "on nobody's IP",
        "says what it has not",
        "one lent to others",
        "on an IP without network",
        "without label",
        "ended",
        "one of its own beside",
    ],
)
def test_what_is_wrong_with_lent_addresses(
    seen: dict[str, Any], addresses: list[AddressSnapshot], words: str
) -> None:
    """Told by what is seen on which IP, for the addresses say nothing."""
    assert any(words in sentence for sentence in compare({"web": seen}, addresses, LENT).sentences)
