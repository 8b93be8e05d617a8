"""What must hold: some of it at every call, some at every moment, the rest once all is quiet."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from eip import names
from eip.decide import TERMINAL_PHASES, UNUSABLE_REQUEST, Desired, EventType, decide
from eip.names import EXTERNAL_DNS_ANNOTATIONS
from eip.pod import Pod
from eip.request import requested
from tests.fakes.ec2 import CLUSTER, FakeEc2, _address
from tests.faults.cluster import COOL_DOWN, SCOPE, Cluster
from tests.faults.faults import Faults, Port
from tests.faults.lent import Lent, asks, is_lent, read_pod
from tests.faults.process import Answered
from workers.ports import Address

FORGOTTEN = 2 * 60.0 + 120.0 + 60.0
"""Seconds until an address is taken off that no claim remembers: its age as a suspect, and two sweeps.

One of ours comes to a freed IP in that way only if somebody `moved` it there by hand.
"""

SHOWN = 10.0
"""Seconds for which an answer of EC2's may be old, and a step may have it in hand."""


@dataclass
class Checks:
    """Collects what was violated, each with the virtual time; nothing is raised in the operator's way."""

    now: Callable[[], float]
    ec2: FakeEc2
    cluster: Cluster
    faults: Faults
    slow_after_stall: float
    forgot_at: float = 0.0
    violations: list[str] = field(default_factory=list)
    allocated: Counter[str] = field(default_factory=Counter)
    moved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The lent addresses have checks of their own."""
        self.lent = Lent(self.ec2, self.cluster)

    # At every call.

    def allocates(self, uid: str) -> None:
        """Counted by pod: whether more than one is too many is for the test to say."""
        self.allocated[uid] += 1

    def associates(self, allocation_id: str, private_ip: str, previous: object) -> None:
        """Only ours, and only after the API server said uid, IP and label."""
        address = self._address(allocation_id)
        if address is None:
            return
        if not is_lent(address):
            self._only_ours(address, "associated")
        if is_lent(address):
            if wrong := self.lent.associated(address, private_ip, previous):
                self._violated(f"{address.public_ip} associated with {private_ip} {wrong}")
            return
        pod = _confirmed(address, previous)
        if not isinstance(pod, Pod):
            self._violated(f"{address.public_ip} associated with {private_ip} without a confirming read")
        elif _desired(pod, _uid(address)) is not Desired.SERVE or pod.ipv4 != private_ip:
            self._violated(f"{address.public_ip} associated with {private_ip}, against what was read")

    def tags(self, allocation_id: str) -> None:
        """Only ours."""
        address = self._address(allocation_id)
        if address is not None:
            self._only_ours(address, "tagged")

    def names(self, allocation_id: str) -> None:
        """Only ours."""
        address = self._address(allocation_id)
        if address is not None:
            self._only_ours(address, "given another reverse DNS record")

    def disassociates(self, association_id: str, previous: object) -> None:
        """Only ours, and only after the API server said that the pod needs it no longer, or not this one."""
        found = [a for a in self.ec2.addresses if a.association_id == association_id]
        for address in found:
            if is_lent(address):
                if wrong := self.lent.disassociated(address, previous):
                    self._violated(f"{address.public_ip} disassociated {wrong}")
                continue
            self._only_ours(address, "disassociated")
            if not self._unneeded(address, previous) and not _is_in_the_way(address, previous):
                self._violated(f"{address.public_ip} disassociated without a confirming answer")

    def releases(self, allocation_id: str, previous: object) -> None:
        """As for disassociation; a double that sits nowhere may go though the pod wants an address."""
        address = self._address(allocation_id)
        if address is None:
            return
        self._only_ours(address, "released")
        asked = not isinstance(_confirmed(address, previous), bool)
        if address.tags.get(names.KEEP_TAG) == "forever" and not asked and not self._namesakes(address):
            self._violated(f"{address.public_ip} released, which is to stay for ever")
        if not self._unneeded(address, previous) and not (asked and self._is_spare(address)):
            self._violated(f"{address.public_ip} released without a confirming answer")

    def _unneeded(self, address: Address, previous: object) -> bool:
        pod = _confirmed(address, previous)
        if isinstance(pod, bool):
            return pod
        desired = _desired(pod, _uid(address))
        live = desired is Desired.SERVE and pod.ipv4 == address.private_ip
        if self._siblings(address):
            return not live
        off = desired is Desired.HOLD or pod.ipv4 != address.private_ip
        return desired is Desired.RELEASE or (off and bool(address.association_id))

    def _is_spare(self, address: Address) -> bool:
        return not address.association_id and bool(self._siblings(address))

    def _siblings(self, address: Address) -> list[Address]:
        """The pod's other addresses, as far as EC2 shows what is: it may show one that is there no longer."""
        shown = [*self.ec2.addresses, *map(_address, self.ec2._book.before(SHOWN).values())]
        return [
            a
            for a in shown
            if is_ours(a) and _uid(a) == _uid(address) and a.allocation_id != address.allocation_id
        ]

    def _only_ours(self, address: Address, what: str) -> None:
        if not is_ours(address):
            self._violated(f"{address.public_ip} was {what} and is not ours")

    # At every moment.

    def overdue(self) -> float | None:
        """Note each address that is on a freed IP for too long; when to look again, if any is on one."""
        looks = []
        for address in [*self.ours, *self.lent.addresses]:
            uid = self.lent.holder(address) if is_lent(address) else _uid(address)
            tenure = self.cluster.tenures.get((uid, address.private_ip))
            if tenure is None or tenure.ended_at > self.now():
                continue
            until = self._excused_until(tenure.ended_at)
            if is_lent(address) and self.forgot_at:
                until = max(until, max(self.forgot_at, self.faults.excused_until()) + FORGOTTEN)
            if address.allocation_id in self.moved:
                until = max(until, self.faults.excused_until() + FORGOTTEN)
            if self.now() > until:
                self._violated(
                    f"{address.public_ip} is on {address.private_ip}, free since {tenure.ended_at:.3f}"
                )
            else:
                looks.append(until + 0.001)
        return min(looks, default=None)

    def _excused_until(self, since: float) -> float:
        until = max(since, self.faults.excused_until()) + COOL_DOWN
        if self.faults.stalled_at:
            until = max(until, self.faults.stalled_at + self.slow_after_stall)
        return until

    # Once all is quiet.

    def wrong(self) -> list[str]:
        """What is not as it should be."""
        found = [self._wrong_with(pod) for pod in self.cluster.everyone]
        found += [self._leaked(address) for address in self.ours]
        found += [self.lent.astray(address) for address in self.lent.addresses]
        found += [self._misnamed(address) for address in self.ours]
        return [text for text in found if text]

    def _wrong_with(self, pod: Pod) -> str:
        mine = self.lent.has(pod) if asks(pod) else [a for a in self.ours if _uid(a) == pod.uid]
        sits = [a for a in mine if a.private_ip and a.private_ip == pod.ipv4]
        serves = _desired(pod, pod.uid) is Desired.SERVE and not self._occupied(pod.ipv4)
        if not serves:
            return "" if sits else _wrong_writing(pod, None)
        if pod.metadata.deletion_timestamp and not mine:
            return _wrong_writing(pod, None)
        if not mine and (asks(pod) or asks_nonsense(pod)):
            free = asks(pod) and self.lent.is_free_for(pod, self._is_hindered)
            return f"{pod.key} waits though one is free" if free else _wrong_writing(pod, None)
        if len(mine) != 1:
            return f"{pod.key} ({pod.uid}) has {len(mine)} addresses"
        if not sits and not pod.metadata.deletion_timestamp:
            return f"{pod.key} has {mine[0].public_ip} on {mine[0].private_ip or 'no IP'}, not on {pod.ipv4}"
        return _wrong_writing(pod, sits[0] if sits else None)

    def _leaked(self, address: Address) -> str:
        pod = self.cluster.by_uid(_uid(address))
        ended = pod is None or pod.status.phase in TERMINAL_PHASES
        if ended and self._is_kept(address):
            return ""
        if pod is None or _desired(pod, pod.uid) is Desired.RELEASE:
            return f"{address.public_ip} is kept for {_uid(address)}, which does not want it"
        if address.private_ip and _desired(pod, pod.uid) is Desired.HOLD:
            return f"{address.public_ip} is on {address.private_ip}, where {pod.key} is no longer"
        return ""

    def _misnamed(self, address: Address) -> str:
        """A living pod's address resolves to what the pod asks for, once that resolves to the address."""
        pod = self.cluster.by_uid(_uid(address))
        if pod is None or pod.metadata.deletion_timestamp or not pod.ipv4 or address.private_ip != pod.ipv4:
            return ""
        asked = pod.annotation(names.REVERSE_DNS_ANNOTATION)
        resolves = not asked or self.ec2.dns.points(asked, address.public_ip)
        has = self.ec2.name_of(address.allocation_id)
        if has == asked or asks_nonsense(pod) or not resolves:
            return ""
        if not asked and self.forgot_at:
            # Nobody remembers that it has a record; it goes with the address.
            return ""
        return (
            f"{address.public_ip} resolves to {has or 'nothing'}, and {pod.key} asks for {asked or 'nothing'}"
        )

    def _is_kept(self, address: Address) -> bool:
        """Whether it stays for the next pod of its name, which is not there yet."""
        next_one = self.cluster.find(*_name(address))
        waits = (
            next_one is not None
            and next_one.uid != _uid(address)
            and _desired(next_one, next_one.uid) is Desired.SERVE
            and not next_one.metadata.deletion_timestamp
            and not asks_nonsense(next_one)
            and requested(next_one).keep != 0
        )
        rivals = [a for a in self._namesakes(address) if _stays(a)]
        return _stays(address) and not address.association_id and not waits and not rivals

    def _namesakes(self, address: Address) -> list[Address]:
        """The other addresses of pods of the same name."""
        others = [a for a in self.ours if a.allocation_id != address.allocation_id]
        return [a for a in others if _name(a) == _name(address)]

    def _is_hindered(self, pod: Pod) -> bool:
        """Whether a pod cannot have its address yet: it has no IP, or a foreign one is on that."""
        desired = _desired(pod, pod.uid)
        return desired is Desired.HOLD or (desired is Desired.SERVE and self._occupied(pod.ipv4))

    def _occupied(self, ip: str) -> bool:
        return any(not is_ours(a) for a in self.ec2.at(ip))

    @property
    def ours(self) -> list[Address]:
        """The addresses with this very cluster's tags."""
        return [address for address in self.ec2.addresses if is_ours(address)]

    def _address(self, allocation_id: str) -> Address | None:
        return next((a for a in self.ec2.addresses if a.allocation_id == allocation_id), None)

    def _violated(self, what: str) -> None:
        if not any(known.endswith(what) for known in self.violations):
            self.violations.append(f"{self.now():.3f} {what}")


def is_ours(address: Address) -> bool:
    """Whether the address carries both of this cluster's marks."""
    tags = address.tags
    return (tags.get(names.CLUSTER_NAME_TAG), tags.get(names.CLUSTER_UID_TAG)) == CLUSTER


def _uid(address: Address) -> str:
    return address.tags.get(names.POD_UID_TAG, "")


def _name(address: Address) -> tuple[str, str]:
    return address.tags.get(names.NAMESPACE_TAG, ""), address.tags.get(names.POD_NAME_TAG, "")


def _confirmed(address: Address, previous: object) -> Pod | bool:
    """What the read just before the call said: the pod, True when it is gone, False without such a read."""
    if not isinstance(previous, Answered) or previous.port is not Port.KUBERNETES or previous.name != "GET":
        return False
    if previous.arguments != _name(address):
        return False
    pod = previous.answer
    return pod if isinstance(pod, Pod) and pod.uid == _uid(address) else True


def _is_in_the_way(address: Address, previous: object) -> bool:
    """Whether the read just before the call said that another pod, which is to be served, has its IP."""
    pod = read_pod(previous)
    if pod is None or pod.uid == _uid(address):
        return False
    return pod.ipv4 == address.private_ip and _desired(pod, pod.uid) is Desired.SERVE


def _desired(pod: Pod, uid: str) -> Desired:
    if pod.uid != uid:
        return Desired.RELEASE
    if asks_nonsense(pod):
        return Desired.SERVE
    return decide(EventType.READ, pod, SCOPE).desired


def asks_nonsense(pod: Pod) -> bool:
    """Whether what the pod asks for means nothing: it keeps what it has, and gets nothing."""
    return decide(EventType.READ, pod, SCOPE).rule == UNUSABLE_REQUEST


def _stays(address: Address) -> bool:
    """Whether its tags say that it stays when its pod has ended."""
    return address.tags.get(names.KEEP_TAG, "false") != "false"


def _wrong_writing(pod: Pod, address: Address | None) -> str:
    expected = address.public_ip if address else ""
    keys = (names.PUBLIC_IP_ANNOTATION, *EXTERNAL_DNS_ANNOTATIONS)
    written = {pod.annotation(key) for key in keys}
    ready = pod.condition(names.READY_CONDITION) == "True"
    if written != {expected} or ready is not bool(address):
        return f"{pod.key} says {sorted(written)} and ready={ready}, but has {expected or 'no address'}"
    return ""
