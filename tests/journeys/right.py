"""What is right: read from Kubernetes, EC2 and the kubelet's account of IPs, never from the operator."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from eip import names
from eip.names import Action
from sandbox.ec2.messages import AddressSnapshot, Call
from sandbox.kubernetes.status import JsonObject
from sandbox.pod_network import Tenancy
from sandbox.stack import CLUSTER_NAME, Stack

OURS = (names.PUBLIC_IP_ANNOTATION, names.ALLOCATION_ID_ANNOTATION, *names.EXTERNAL_DNS_ANNOTATIONS)
ENDS = {
    Action.DISASSOCIATE: ("AssociationId",),
    Action.ASSOCIATE: ("AllocationId", "PrivateIpAddress"),
}
PERFORMED = ("ok", "lost-reply")


def condition(pod: JsonObject, kind: str) -> str:
    """The status of a condition, or nothing."""
    found = (entry["status"] for entry in pod["status"].get("conditions", []) if entry["type"] == kind)
    return next(found, "")


def written(pod: JsonObject) -> dict[str, str]:
    """The annotations that the operator writes."""
    annotations = pod["metadata"].get("annotations", {})
    return {key: annotations[key] for key in OURS if key in annotations}


def wants(pod: JsonObject) -> bool:
    """Whether the pod is to have an address on its IP."""
    status = pod["status"]
    return (
        pod["metadata"].get("labels", {}).get(names.MANAGE_LABEL) == "true"
        and status.get("phase") not in ("Succeeded", "Failed")
        and not pod["spec"].get("hostNetwork")
        and condition(pod, names.NETWORK_CONDITION) != "False"
    )


def holds(pod: JsonObject) -> bool:
    """Whether the pod may keep an address aside: it has lost its network, or it ends."""
    without_network = condition(pod, names.NETWORK_CONDITION) == "False"
    return without_network or "deletionTimestamp" in pod["metadata"]


def our_addresses(stack: Stack) -> list[AddressSnapshot]:
    """All addresses with this cluster's tags."""
    uid = stack.api.get("/api/v1/namespaces/kube-system").body["metadata"]["uid"]
    mine = {names.CLUSTER_NAME_TAG: CLUSTER_NAME, names.CLUSTER_UID_TAG: uid}
    return [address for address in stack.ec2.addresses() if mine.items() <= address.tags.items()]


def wrong(stack: Stack) -> list[str]:
    """What is not right, one line each; nothing when all is well."""
    by_pod: dict[str, list[AddressSnapshot]] = defaultdict(list)
    for address in our_addresses(stack):
        by_pod[address.tags[names.POD_UID_TAG]].append(address)
    faults: list[str] = []
    for pod in stack.pods():
        faults += _of_pod(pod, by_pod.pop(pod["metadata"]["uid"], []))
    for uid, left in by_pod.items():
        faults += [f"{address.public_ip} is left of the pod {uid}, which is gone" for address in left]
    return faults


def _of_pod(pod: JsonObject, addresses: list[AddressSnapshot]) -> Iterator[str]:
    name, ip = pod["metadata"]["name"], pod["status"].get("podIP")
    if wants(pod):
        if len(addresses) != 1:
            yield f"{name} has {len(addresses)} addresses"
            return
        [address] = addresses
        if address.private_ip != ip:
            yield f"{name} has {ip}, its address is on {address.private_ip or 'nothing'}"
        if written(pod) != expected(address):
            yield f"{name} has {address.public_ip} and says {written(pod)}"
        if condition(pod, names.READY_CONDITION) != "True":
            yield f"{name} is not said to be ready"
        return
    if written(pod):
        yield f"{name} is not served and says {written(pod)}"
    if any(address.private_ip for address in addresses) or (addresses and not holds(pod)):
        yield f"{name} is not to have {[address.public_ip for address in addresses]}"


def expected(address: AddressSnapshot) -> dict[str, str]:
    """The annotations of the pod that has this address."""
    return dict.fromkeys(OURS, address.public_ip) | {names.ALLOCATION_ID_ANNOTATION: address.allocation_id}


@dataclass(frozen=True)
class Association:
    """An address on a private IP, from one moment to another; `until` None: it is there still."""

    ids: dict[str, str]
    since: float
    until: float | None = None

    @property
    def private_ip(self) -> str:
        """Where the address was."""
        return self.ids["PrivateIpAddress"]

    def is_ended_by(self, call: Call) -> bool:
        """Whether it is over with this call."""
        same = ENDS[Action(call.action)]
        return any(self.ids[name] == call.ids[name] for name in same)


def associations(calls: list[Call]) -> list[Association]:
    """What the calls amount to, by the double's clock.

    An association ends by its id, by its address moving, or by another address coming to its IP.
    """
    lasting: list[Association] = []
    ended: list[Association] = []
    for call in calls:
        if call.action in (Action.ASSOCIATE, Action.DISASSOCIATE) and call.outcome in PERFORMED:
            over = [one for one in lasting if one.is_ended_by(call)]
            ended += [replace(one, until=call.time) for one in over]
            lasting = [one for one in lasting if one not in over]
            if call.action == Action.ASSOCIATE:
                lasting.append(Association(call.ids, call.time))
    return ended + lasting


def unsafe(stack: Stack, now: float) -> list[str]:
    """Associations that outlived the time for which a freed IP rests; `now` by the machine's clock."""
    return [
        f"{association.private_ip} kept an address for {late:.1f} s after it was freed"
        for association in associations(stack.ec2.calls().calls)
        if (late := _late(association, stack.kubelet.network.tenancies(association.private_ip), now))
        > stack.shape.cool_down
    ]


def _late(association: Association, tenancies: list[Tenancy], now: float) -> float:
    """Seconds from the end of the tenancy that the association began in to the end of the association."""
    before = [tenancy for tenancy in tenancies if tenancy.since <= association.since]
    if not before or before[-1].until is None:
        return 0.0
    return (association.until or now) - before[-1].until
