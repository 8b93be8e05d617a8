"""What the demo shows at one moment: each pod with its addresses and its state, the queues, EC2's calls."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eip import names
from eip.names import Queue
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import Stack

BORROWING = (names.POOL_ANNOTATION, names.REQUEST_ADDRESS_ANNOTATION)


class State(StrEnum):
    """Where a pod is on its way, in words that suit one pod's row and a count of many."""

    STRANGER = "no label"
    STARTING = "without an IP yet"
    WAITING = "waiting for an address"
    ALLOCATED = "address allocated"
    ASSOCIATED = "address associated"
    READY = "served"
    ENDED = "gone but address on its IP"
    OFF = "gone and address off its IP"
    KEPT = "gone and address kept for the next"
    RETURNED = "gone and address back in the pool"
    RELEASED = "gone and address released"


@dataclass(frozen=True)
class Row:
    """One pod."""

    name: str
    private_ip: str
    public_ip: str
    state: State


@dataclass(frozen=True)
class Picture:
    """Everything at one moment; `calls` counts EC2's answers by action."""

    rows: list[Row]
    queues: Mapping[Queue, int]
    calls: Mapping[str, int]
    flower: str = ""

    def row(self, name: str) -> Row:
        """The pod of this name, which is there or was."""
        return next(row for row in self.rows if row.name == name)

    def count(self, *states: State) -> int:
        """How many pods are in one of these states."""
        return sum(row.state in states for row in self.rows)

    @property
    def states(self) -> Counter[State]:
        """How many pods are in each state that occurs."""
        return Counter(row.state for row in self.rows)


class Camera:
    """Takes pictures of a stack, and remembers pods that are gone until another has their name."""

    def __init__(self, stack: Stack) -> None:
        """Nothing is seen yet."""
        self._stack = stack
        self.flower = ""
        self._seen: dict[tuple[str, str], JsonObject] = {}

    def take(self) -> Picture:
        """What there is at this moment. EC2 comes last: an address that it lacks is released for good."""
        present = {pod["metadata"]["uid"]: pod for pod in self._stack.pods()}
        self._seen.update({_key(pod): pod for pod in present.values()})
        queues = self._stack.queue_lengths()
        counts = self._stack.ec2.calls().counts
        addresses = self._stack.ec2.addresses()
        rows = [
            row(pod, address_of(pod, addresses), there=pod["metadata"]["uid"] in present)
            for pod in self._seen.values()
        ]
        calls = {action: sum(ends.values()) for action, ends in counts.items()}
        return Picture(rows, queues, calls, self.flower)

    def forget(self) -> None:
        """Leave out the pods that are gone by now."""
        self._seen.clear()


def address_of(pod: JsonObject, addresses: Iterable[AddressSnapshot]) -> AddressSnapshot | None:
    """The address with the pod's uid, or the lent one on its IP: only where it is tells whose that is."""
    metadata, ip = pod["metadata"], pod["status"].get("podIP")
    for address in addresses:
        lent = is_borrower(pod) and names.LEND_TAG in address.tags
        if (
            (ip and address.private_ip == ip)
            if lent
            else address.tags.get(names.POD_UID_TAG) == metadata["uid"]
        ):
            return address
    return None


def row(pod: JsonObject, address: AddressSnapshot | None, *, there: bool) -> Row:
    """A pod as it was last seen, and its address."""
    return Row(
        pod["metadata"]["name"],
        pod["status"].get("podIP", ""),
        address.public_ip if address else "",
        _state(pod, address, there=there),
    )


def is_labelled(pod: JsonObject) -> bool:
    """Whether the pod asks for an address."""
    return (pod["metadata"].get("labels") or {}).get(names.MANAGE_LABEL) == "true"


def is_borrower(pod: JsonObject) -> bool:
    """Whether the pod asks for an address that an admin lends."""
    return any(name in (pod["metadata"].get("annotations") or {}) for name in BORROWING)


def is_touched(pod: JsonObject) -> bool:
    """Whether the pod carries anything that the operator writes."""
    annotations: Iterable[str] = pod["metadata"].get("annotations") or {}
    conditions = pod["status"].get("conditions") or []
    return any(key.startswith(names.PREFIX) for key in annotations) or any(
        condition["type"] == names.READY_CONDITION for condition in conditions
    )


def _state(pod: JsonObject, address: AddressSnapshot | None, *, there: bool) -> State:
    if not there:
        return _state_of_gone(address, State.RETURNED if is_borrower(pod) else State.RELEASED)
    if not is_labelled(pod) and not address:
        return State.STRANGER
    if not pod["status"].get("podIP"):
        return State.STARTING
    if not address:
        return State.WAITING
    if not address.private_ip:
        return State.ALLOCATED
    annotations = pod["metadata"].get("annotations") or {}
    written = annotations.get(names.PUBLIC_IP_ANNOTATION) == address.public_ip
    return State.READY if written else State.ASSOCIATED


def _state_of_gone(address: AddressSnapshot | None, without: State) -> State:
    if not address:
        return without
    if address.private_ip:
        return State.ENDED
    return State.KEPT if names.KEEP_TAG in address.tags else State.OFF


def _key(pod: JsonObject) -> tuple[str, str]:
    return pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
