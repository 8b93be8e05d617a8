"""EC2 and nodes as dictionaries that count what they are asked, and a clock that a test owns."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar, cast

from eip.errors import EipError
from workers.aws.interface import InterfaceFinder, PodPlace, interface_finder
from workers.ports import Ec2, Interface

T = TypeVar("T")
VPC = "vpc-0a"


class Clock:
    """Time passes only by `sleep`, which first waits until `gathered` is true."""

    def __init__(self) -> None:
        """Start at 0 s, and wait for nothing."""
        self.seconds = 0.0
        self.slept: list[float] = []
        self.gathered: Callable[[], bool] = lambda: True

    def now(self) -> float:
        """Seconds since the start."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let seconds pass, once all that the test waits for have come."""
        until(self.gathered)
        self.slept.append(seconds)
        self.seconds += seconds


def until(true: Callable[[], bool]) -> None:
    """Give other threads their turn until it is true."""
    turn = Event()
    while not true():
        turn.wait(0.001)


def at_once(clock: Clock, waiting: Callable[[], int], calls: Sequence[Callable[[], T]]) -> list[T]:
    """All calls in threads of their own, none of which goes on before all are in the batch."""
    clock.gathered = lambda: waiting() == len(calls)
    with ThreadPoolExecutor(len(calls)) as pool:
        results = [future.result() for future in [pool.submit(call) for call in calls]]
    clock.gathered = lambda: True
    return results


@dataclass
class World:
    """What EC2 and the API server know, and what they were asked."""

    clock: Clock = field(default_factory=Clock)
    nodes: dict[str, str] = field(default_factory=dict)
    interfaces: list[Interface] = field(default_factory=list)
    hosts: dict[str, str] = field(default_factory=dict)
    errors: list[EipError] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    lock: Any = field(default_factory=Lock)

    def finder(self, vpc_id: str = "", *, rights_on_nodes: bool = True) -> InterfaceFinder:
        """A finder in this world."""
        return interface_finder(cast("Ec2", self), self.clock, self if rights_on_nodes else None, vpc_id)

    def asked(self, name: str) -> int:
        """How often."""
        return sum(1 for call, _ in self.calls if call == name)

    def provider_id(self, node: str) -> str | None:
        """workers.ports.Kubernetes."""
        self._note("node", node)
        return self.nodes.get(node)

    def interfaces_of_instances(self, instance_ids: Sequence[str]) -> list[Interface]:
        """workers.ports.Ec2."""
        self._note("instances", tuple(instance_ids))
        return [i for i in self.interfaces if i.instance_id in instance_ids]

    def interface(self, interface_id: str) -> Interface | None:
        """workers.ports.Ec2."""
        self._note("interface", interface_id)
        return next((i for i in self.interfaces if i.interface_id == interface_id), None)

    def interfaces_of_host(self, host_ip: str, vpc_id: str) -> list[Interface]:
        """workers.ports.Ec2."""
        self._note("host", (host_ip, vpc_id))
        return [i for i in self.interfaces if i.instance_id == self.hosts.get(host_ip)]

    def _note(self, name: str, argument: object) -> None:
        with self.lock:
            self.calls.append((name, argument))
            if self.errors:
                raise self.errors.pop(0)


def eni(number: int, instance: int | None, *ips: str, **fields: Any) -> Interface:
    """An interface, attached to an instance."""
    attached = "" if instance is None else instance_id(instance)
    known: dict[str, Any] = {"vpc_id": VPC, **fields}
    return Interface(f"eni-{number:08x}", attached, private_ips=frozenset(ips), **known)


def instance_id(number: int) -> str:
    """An instance id as EC2 makes them."""
    return f"i-{number:017x}"


def provider_id(number: int) -> str:
    """A providerID as the AWS cloud provider writes it."""
    return f"aws:///us-west-2a/{instance_id(number)}"


def place(ip: str = "10.0.0.9", node: str = "node-1", hint: str = "", host_ip: str = "10.0.0.1") -> PodPlace:
    """Where a pod is."""
    return PodPlace(f"uid-of-{ip}", ip, node, host_ip, hint)


def small(**fields: Any) -> World:
    """One node with one interface that has one pod's IP."""
    known: dict[str, Any] = {
        "nodes": {"node-1": provider_id(1)},
        "interfaces": [eni(1, 1, "10.0.0.1", "10.0.0.9")],
    }
    return World(**{**known, **fields})
