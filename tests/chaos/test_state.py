"""What is right in the end: compared from pods and addresses, never from what the operator says it did."""

from typing import Any

import pytest

from eip.names import MANAGE_LABEL, NETWORK_CONDITION, POD_UID_TAG, PUBLIC_IP_ANNOTATION
from sandbox.chaos.churn import State, state_of
from sandbox.chaos.state import Wrong, compare
from sandbox.ec2.messages import AddressSnapshot

NOTHING_WRONG = Wrong([], [])


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
