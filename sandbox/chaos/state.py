"""What is not right at a moment: read from Kubernetes and EC2, never from the operator."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eip.names import KEEP_TAG, POD_UID_TAG, PUBLIC_IP_ANNOTATION
from sandbox.chaos.asks import Ask
from sandbox.chaos.churn import State, state_of
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.status import JsonObject

SERVED = (State.RUNNING,)
KEPT_ASIDE = (State.OFFLINE,)
ENDED = (State.GONE, State.FINISHED)

OVERDUE = 60.0
"""Seconds for which an address may be kept too long: after a lost Redis it is first seen in two sweeps."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What each pod's uid asked for, for how many seconds it has been without IP, and what is lent."""

    asks: Mapping[str, Ask] = field(default_factory=dict)
    idle: Mapping[str, float] = field(default_factory=dict)
    lent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wrong:
    """Sentences, the public IPs of addresses that no pod wants, and how many are kept for pods to come."""

    sentences: list[str]
    leaked: list[str]
    kept: int = 0


def compare(
    pods: Mapping[str, JsonObject], addresses: Iterable[AddressSnapshot], asked: Asked | None = None
) -> Wrong:
    """Pods by uid, and all addresses, at the same moment."""
    asked = asked or Asked()
    lent, by_pod = _sorted(addresses, asked)
    states = {uid: state_of(pod) for uid, pod in pods.items()}
    borrowers = {uid for uid, ask in asked.asks.items() if ask.borrows}
    keepers = {uid for uid, state in states.items() if state in (*SERVED, *KEPT_ASIDE)} - borrowers
    ownerless = {uid: owned for uid, owned in by_pod.items() if uid not in keepers}
    # A pod that never had network takes over what is kept for it once it has.
    taken = {uid for uid in keepers if states[uid] is State.RUNNING or by_pod.get(uid)}
    kept = _kept(ownerless, states, asked, {pods[uid]["metadata"]["name"] for uid in taken})
    leaked = [a.public_ip for uid, owned in ownerless.items() if uid not in kept for a in owned]
    told: list[str] = []
    for uid, pod in pods.items():
        told += _of_pod(pod, _has(pod, by_pod.get(uid, []), lent), asked.asks.get(uid))
    for address in lent:
        told += _astray(address, pods, asked)
    told += _unused(lent, pods, asked)
    told += [f"{public_ip} is of no pod that wants it" for public_ip in leaked]
    return Wrong(told, leaked, len(kept))


def _sorted(
    addresses: Iterable[AddressSnapshot], asked: Asked
) -> tuple[list[AddressSnapshot], dict[str, list[AddressSnapshot]]]:
    """Those that are lent, and the others by the uid in their tags."""
    lent: list[AddressSnapshot] = []
    by_pod: dict[str, list[AddressSnapshot]] = defaultdict(list)
    for address in addresses:
        if address.public_ip in asked.lent:
            lent.append(address)
        else:
            by_pod[address.tags.get(POD_UID_TAG, "")].append(address)
    return lent, by_pod


def _kept(
    ownerless: Mapping[str, list[AddressSnapshot]],
    states: Mapping[str, State],
    asked: Asked,
    taken: set[str],
) -> set[str]:
    """Whose address is rightly kept: one a name, on no IP, in time, and the name is not taken."""
    kept: dict[str, str] = {}
    for uid, owned in ownerless.items():
        ask = asked.asks.get(uid)
        if ask is None or not ask.keep or ask.name in taken or states.get(uid, State.GONE) not in ENDED:
            continue
        in_time = asked.idle.get(uid, 0.0) <= ask.keep + OVERDUE
        if in_time and len(owned) == 1 and _is_aside(owned[0]):
            kept.setdefault(ask.name, uid)
    return set(kept.values())


def _is_aside(address: AddressSnapshot) -> bool:
    """Whether it is on no IP, and its tags say that it is meant to stay."""
    return not address.private_ip and KEEP_TAG in address.tags


def _has(
    pod: JsonObject, owned: list[AddressSnapshot], lent: Iterable[AddressSnapshot]
) -> list[AddressSnapshot]:
    """The pod's addresses: by their tags, and lent ones by where they are."""
    return [*owned, *(address for address in lent if _is_at(pod, address))]


def _is_at(pod: JsonObject, address: AddressSnapshot) -> bool:
    """Whether the address is on the pod's IP; a pod without network has it no more, whatever it says."""
    on_ip = bool(address.private_ip) and pod["status"].get("podIP") == address.private_ip
    return on_ip and state_of(pod) in (State.RUNNING, State.UNLABELLED)


def _astray(address: AddressSnapshot, pods: Mapping[str, JsonObject], asked: Asked) -> Iterator[str]:
    """A lent address on the IP of whoever may not have it, or of nobody."""
    here = [uid for uid, pod in pods.items() if _is_at(pod, address)]
    ask = asked.asks.get(here[0]) if here else None
    if address.private_ip and (ask is None or address.public_ip not in ask.lent):
        who = pods[here[0]]["metadata"]["name"] if here else "nobody"
        yield f"{address.public_ip}, which is lent, is on {address.private_ip} of {who}, who may not have it"


def _unused(lent: list[AddressSnapshot], pods: Mapping[str, JsonObject], asked: Asked) -> Iterator[str]:
    """Pods wait though more addresses are free for them than may be held for pods without network."""
    occupied = {address.private_ip for address in lent}
    borrowers = {uid: asked.asks[uid] for uid in pods if uid in asked.asks and asked.asks[uid].lent}
    offline = [ask for uid, ask in borrowers.items() if state_of(pods[uid]) is State.OFFLINE]
    for uid, ask in borrowers.items():
        ip = pods[uid]["status"].get("podIP")
        if state_of(pods[uid]) is not State.RUNNING or not ip or ip in occupied:
            continue
        free = [a.public_ip for a in lent if a.public_ip in ask.lent and not a.private_ip]
        if len(free) > sum(other.lent == ask.lent for other in offline):
            yield f"{ask.name} waits though {', '.join(free)} are free for it"


def _of_pod(pod: JsonObject, owned: list[AddressSnapshot], ask: Ask | None) -> Iterator[str]:
    name, state = pod["metadata"]["name"], state_of(pod)
    on_ips = [address.private_ip for address in owned if address.private_ip]
    says = (pod["metadata"].get("annotations") or {}).get(PUBLIC_IP_ANNOTATION)
    if state in SERVED and pod["status"].get("podIP") and not (ask and ask.borrows and not owned):
        if len(owned) != 1 or on_ips != [pod["status"]["podIP"]]:
            yield f"{name} has {pod['status']['podIP']}, and {len(owned)} addresses, on {on_ips}"
        elif says != owned[0].public_ip:
            yield f"{name} has {owned[0].public_ip} and says {says}"
        return
    if on_ips:
        yield f"{name} is {state}, and an address is on {on_ips}"
    if says:
        yield f"{name} is {state}, and says that it has {says}"
    if len(owned) > 1:
        yield f"{name} is {state}, and {len(owned)} addresses are kept for it"
