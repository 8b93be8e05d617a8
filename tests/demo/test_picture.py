"""What the demo says of a pod: its state follows from the pod as it is and its address."""

from typing import Any

import pytest

from eip import names
from sandbox.demo.picture import Picture, Row, State, address_of, is_touched, row
from sandbox.demo.view import shown_rows
from sandbox.ec2.messages import AddressSnapshot

ASSOCIATED = AddressSnapshot("eipalloc-1", "198.18.0.1", 0.0, {}, "eipassoc-1", "eni-1", "10.0.0.1")
ALLOCATED = AddressSnapshot("eipalloc-1", "198.18.0.1", 0.0, {})
KEPT = AddressSnapshot("eipalloc-1", "198.18.0.1", 0.0, {names.KEEP_TAG: "86400s"})
POOLED = {names.POOL_ANNOTATION: "proxies"}


def pod(
    *, labelled: bool = True, ip: str = "10.0.0.1", public_ip: str = "", asks: dict[str, str] | None = None
) -> dict[str, Any]:
    """A pod as the API server shows it."""
    annotations = (asks or {}) | ({names.PUBLIC_IP_ANNOTATION: public_ip} if public_ip else {})
    labels = {names.MANAGE_LABEL: "true"} if labelled else {}
    metadata = {"name": "web", "uid": "uid-1", "labels": labels, "annotations": annotations}
    return {"metadata": metadata, "status": {"podIP": ip} if ip else {}}


@pytest.mark.parametrize(
    ("seen", "address", "there", "state"),
    [
        pytest.param(pod(labelled=False), None, True, State.STRANGER, id="no label"),
        pytest.param(pod(ip=""), None, True, State.STARTING, id="no IP"),
        pytest.param(pod(), None, True, State.WAITING, id="no address"),
        pytest.param(pod(), ALLOCATED, True, State.ALLOCATED, id="address allocated"),
        pytest.param(pod(), ASSOCIATED, True, State.ASSOCIATED, id="not yet written"),
        pytest.param(pod(public_ip="198.18.0.1"), ASSOCIATED, True, State.READY, id="written"),
        pytest.param(pod(public_ip="198.18.0.9"), ASSOCIATED, True, State.ASSOCIATED, id="wrong one written"),
        pytest.param(pod(), ASSOCIATED, False, State.ENDED, id="gone, associated"),
        pytest.param(pod(), ALLOCATED, False, State.OFF, id="gone, not associated"),
        pytest.param(pod(), None, False, State.RELEASED, id="gone, no address"),
        pytest.param(pod(), KEPT, False, State.KEPT, id="gone, address kept"),
        pytest.param(pod(asks=POOLED), None, True, State.WAITING, id="waits for a lent address"),
        pytest.param(pod(asks=POOLED), ASSOCIATED, False, State.ENDED, id="gone, lent address on its IP"),
        pytest.param(pod(asks=POOLED), None, False, State.RETURNED, id="gone, lent address is back"),
        pytest.param(pod(labelled=False), ASSOCIATED, True, State.ASSOCIATED, id="label taken away"),
        pytest.param(pod(labelled=False), ASSOCIATED, False, State.ENDED, id="gone after its label"),
    ],
)
def test_state_of_a_pod(
    seen: dict[str, Any], address: AddressSnapshot | None, *, there: bool, state: State
) -> None:
    """Each combination of pod and address has one state."""
    assert state is row(seen, address, there=there).state


def address(private_ip: str = "", **tags: str) -> AddressSnapshot:
    """An address with these tags, by the last word of their names."""
    given = {f"{names.PREFIX}/{key}": value for key, value in tags.items()}
    return AddressSnapshot("eipalloc-2", "198.18.0.2", 0.0, given, private_ip=private_ip)


@pytest.mark.parametrize(
    ("seen", "there", "found"),
    [
        pytest.param(pod(), address(pod_uid="uid-1"), True, id="its uid"),
        pytest.param(pod(), address("10.0.0.1", pod_uid="uid-2"), False, id="another's uid, on its IP"),
        pytest.param(pod(asks=POOLED), address("10.0.0.1", lend="sandbox"), True, id="lent, on its IP"),
        pytest.param(pod(asks=POOLED), address("10.0.0.2", lend="sandbox"), False, id="lent, elsewhere"),
        pytest.param(pod(asks=POOLED), address(lend="sandbox"), False, id="lent, on no IP"),
        pytest.param(pod(ip="", asks=POOLED), address(lend="sandbox"), False, id="lent, pod without IP"),
        pytest.param(pod(), address("10.0.0.1", lend="sandbox"), False, id="lent, and not asked for"),
    ],
)
def test_which_address_is_a_pods(seen: dict[str, Any], there: AddressSnapshot, *, found: bool) -> None:
    """Tags tell, and of a lent one, which names no pod, the IP."""
    assert (there if found else None) == address_of(seen, [there])


@pytest.mark.parametrize(
    ("annotations", "conditions", "touched"),
    [
        ({}, [], False),
        ({"example.com/color": "blue"}, [{"type": "Ready"}], False),
        ({names.ALLOCATION_ID_ANNOTATION: "eipalloc-1"}, [], True),
        ({}, [{"type": names.READY_CONDITION}], True),
    ],
    ids=["bare", "others' writing", "annotation", "condition"],
)
def test_is_touched(annotations: dict[str, str], conditions: list[dict[str, str]], *, touched: bool) -> None:
    """Only what the operator writes counts."""
    seen = {"metadata": {"annotations": annotations}, "status": {"conditions": conditions}}

    assert touched is is_touched(seen)


def rows(*states: State) -> list[Row]:
    """A row for each state, named in their order."""
    return [Row(f"web-{number}", "", "", state) for number, state in enumerate(states)]


def test_counts_pods_by_state() -> None:
    """Several states may be counted together."""
    picture = Picture(rows(State.READY, State.READY, State.WAITING), {}, {})

    assert (2, 3, 0) == (
        picture.count(State.READY),
        picture.count(State.READY, State.WAITING),
        picture.count(State.ENDED),
    )


def test_shows_all_rows_where_there_is_room() -> None:
    """Nothing is left out of a table that fits."""
    assert (rows(State.READY, State.READY), 0) == shown_rows(rows(State.READY, State.READY), 2)


def test_shows_what_moves_first() -> None:
    """Of a long list the pods at rest are left out, and the order stays."""
    shown, left_out = shown_rows(rows(State.READY, State.WAITING, State.READY, State.ENDED), 2)

    assert (["web-1", "web-3"], 2) == ([each.name for each in shown], left_out)
