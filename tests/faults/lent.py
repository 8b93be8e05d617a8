"""What must hold for addresses that an admin lends: who may have one, and that it comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eip import names
from eip.decide import Desired, EventType, decide
from eip.pod import Pod
from tests.fakes.ec2 import CLUSTER, FakeEc2
from tests.faults.cluster import SCOPE, Cluster
from tests.faults.faults import Port
from tests.faults.process import Answered
from workers.ports import Address


@dataclass
class Lent:
    """The lent addresses of one account; `holders` remembers for which pod one was associated."""

    ec2: FakeEc2
    cluster: Cluster
    holders: dict[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> list[Address]:
        """All that are lent."""
        return [address for address in self.ec2.addresses if is_lent(address)]

    def associated(self, address: Address, private_ip: str, previous: object) -> str:
        """What is wrong with an association that is about to be made; remembers for whom it is."""
        pod = read_pod(previous)
        if pod is None:
            return "without a confirming read"
        if not may_have(pod, address) or pod.ipv4 != private_ip or not _serves(pod):
            return f"for {pod.key}, against what was read or what it is lent for"
        self.holders[address.allocation_id] = pod.uid
        return ""

    def disassociated(self, address: Address, previous: object) -> str:
        """What is wrong with one that is about to be taken off."""
        if not isinstance(previous, Answered) or previous.port is not Port.KUBERNETES:
            return "without a confirming answer"
        pod = read_pod(previous)
        pods = previous.answer if isinstance(previous.answer, list) else [pod]
        wanted = [p for p in pods if p and self._is_at_home(address, p)]
        if pod and self._is_of_before(address, pod):
            return ""
        return f"while {wanted[0].key} has it" if wanted else ""

    def holder(self, address: Address) -> str:
        """The uid of the pod that one was associated for."""
        return self.holders.get(address.allocation_id, "")

    def has(self, pod: Pod) -> list[Address]:
        """Those on a pod's IP."""
        return [a for a in self.addresses if self._is_at_home(a, pod)]

    def is_free_for(self, pod: Pod, is_hindered: Callable[[Pod], bool]) -> bool:
        """Whether the pod could have one that none has taken which cannot have it on its IP yet."""
        free = [a for a in self.addresses if may_have(pod, a) and not a.association_id]
        hindered = [other for other in self.cluster.everyone if other.uid != pod.uid and is_hindered(other)]
        return any(not any(may_have(other, address) for other in hindered) for address in free)

    def astray(self, address: Address) -> str:
        """What is wrong with where one is."""
        if not address.association_id:
            return ""
        for pod in self.cluster.everyone:
            if self._is_at_home(address, pod):
                return ""
        return f"{address.public_ip} is on {address.private_ip}, where no pod asks for it"

    def _is_of_before(self, address: Address, pod: Pod) -> bool:
        """Whether it was associated for one that is gone: its namesake has got the freed IP, and it there."""
        return self.holder(address) not in ("", pod.uid)

    def _is_at_home(self, address: Address, pod: Pod) -> bool:
        on_ip = bool(pod.ipv4) and address.private_ip == pod.ipv4
        return on_ip and may_have(pod, address) and _serves(pod)


def is_lent(address: Address) -> bool:
    """Whether an admin lends it."""
    return names.LEND_TAG in address.tags and names.CLUSTER_UID_TAG not in address.tags


def asks(pod: Pod) -> bool:
    """Whether a pod asks for a lent address."""
    return bool(pod.annotation(names.POOL_ANNOTATION) or pod.annotation(names.REQUEST_ADDRESS_ANNOTATION))


def may_have(pod: Pod, address: Address) -> bool:
    """Whether a pod asks for this address, and it is lent to it: to the cluster, or to its very name."""
    wanted = pod.annotation(names.REQUEST_ADDRESS_ANNOTATION)
    pool = pod.annotation(names.POOL_ANNOTATION)
    asked = wanted in {address.allocation_id, address.public_ip} if wanted else False
    asked = asked or bool(pool and pool == address.tags.get(names.POOL_TAG))
    return asked and bool({CLUSTER[0], pod.key} & set(address.tags.get(names.LEND_TAG, "").split()))


def _serves(pod: Pod) -> bool:
    return decide(EventType.READ, pod, SCOPE).desired is Desired.SERVE


def read_pod(previous: object) -> Pod | None:
    """The pod that the read just before a call showed."""
    if isinstance(previous, Answered) and previous.port is Port.KUBERNETES and previous.name == "GET":
        return previous.answer if isinstance(previous.answer, Pod) else None
    return None
