"""What is not right at a moment: read from Kubernetes and EC2, never from the operator."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from eip.names import POD_UID_TAG, PUBLIC_IP_ANNOTATION
from sandbox.chaos.churn import State, state_of
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import Stack

SERVED = (State.RUNNING,)
KEPT_ASIDE = (State.OFFLINE,)


@dataclass(frozen=True)
class Wrong:
    """Sentences, and the public IPs of addresses that no pod wants."""

    sentences: list[str]
    leaked: list[str]


def wrong(stack: Stack) -> Wrong:
    """What is not right; EC2 is read last, so that an address that is there is there."""
    pods = {pod["metadata"]["uid"]: pod for pod in stack.pods()}
    return compare(pods, stack.ec2.addresses())


def compare(pods: Mapping[str, JsonObject], addresses: Iterable[AddressSnapshot]) -> Wrong:
    """Pods by uid, and all addresses, at the same moment."""
    by_pod: dict[str, list[AddressSnapshot]] = defaultdict(list)
    for address in addresses:
        by_pod[address.tags.get(POD_UID_TAG, "")].append(address)
    keepers = {uid for uid, pod in pods.items() if state_of(pod) in (*SERVED, *KEPT_ASIDE)}
    leaked = [address.public_ip for uid, owned in by_pod.items() if uid not in keepers for address in owned]
    told = [sentence for uid, pod in pods.items() for sentence in _of_pod(pod, by_pod.get(uid, []))]
    return Wrong([*told, *(f"{public_ip} is of no pod that wants it" for public_ip in leaked)], leaked)


def _of_pod(pod: JsonObject, owned: list[AddressSnapshot]) -> Iterator[str]:
    name, state = pod["metadata"]["name"], state_of(pod)
    on_ips = [address.private_ip for address in owned if address.private_ip]
    says = (pod["metadata"].get("annotations") or {}).get(PUBLIC_IP_ANNOTATION)
    if state in SERVED and pod["status"].get("podIP"):
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
