"""Which pod has which private IP: what the VPC CNI keeps account of on every node."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from eip.clock import Clock

COOL_DOWN_SECONDS = 30.0


@dataclass(frozen=True)
class NodeNetwork:
    """A node and the private IPs on its network interfaces that pods may get."""

    name: str
    instance_id: str
    zone: str
    host_ip: str
    pod_ips: tuple[str, ...]

    @property
    def provider_id(self) -> str:
        """spec.providerID, as the AWS cloud provider writes it."""
        return f"aws:///{self.zone}/{self.instance_id}"


@dataclass(frozen=True)
class Tenancy:
    """One pod's time on an IP, in the clock's seconds; `until` None: it still has it."""

    uid: str
    since: float
    until: float | None = None


class PodNetwork:
    """Hands out IPs; one that was freed rests for the cool-down, and the longest-freed goes first."""

    def __init__(
        self, nodes: Iterable[NodeNetwork], clock: Clock, *, cool_down: float = COOL_DOWN_SECONDS
    ) -> None:
        """All IPs are free."""
        self._clock = clock
        self._cool_down = cool_down
        self._lock = threading.Lock()
        self._nodes = {node.name: node for node in nodes}
        self._tenancies: dict[str, list[Tenancy]] = {}

    def take(self, node: str, uid: str) -> str | None:
        """An IP of `node` for the pod, the one that it has or a rested one; None when there is none."""
        with self._lock:
            ips = self._nodes[node].pod_ips if node in self._nodes else ()
            held = next((ip for ip in ips if self._occupant(ip) == uid), None)
            rested = [ip for ip in ips if self._rested(ip)]
            if held is None and rested:
                held = min(rested, key=lambda ip: self._freed_at(ip) or 0.0)
                self._tenancies.setdefault(held, []).append(Tenancy(uid, self._clock.now()))
            return held

    def free(self, uid: str) -> str | None:
        """Take the pod's IP from it; return the IP, or None when it had none."""
        with self._lock:
            for ip, tenancies in self._tenancies.items():
                if tenancies[-1].uid == uid and tenancies[-1].until is None:
                    tenancies[-1] = Tenancy(uid, tenancies[-1].since, self._clock.now())
                    return ip
        return None

    def room(self, node: str) -> int:
        """How many IPs of `node` are neither taken nor resting."""
        with self._lock:
            return sum(self._rested(ip) for ip in self._nodes[node].pod_ips)

    def occupant(self, ip: str) -> str | None:
        """The uid of the pod that has `ip`, or None."""
        with self._lock:
            return self._occupant(ip)

    def freed_at(self, ip: str) -> float | None:
        """When `ip` was last freed; None while it is taken, and when it never was."""
        with self._lock:
            return self._freed_at(ip)

    def tenancies(self, ip: str) -> list[Tenancy]:
        """All that `ip` has seen, oldest first."""
        with self._lock:
            return list(self._tenancies.get(ip, ()))

    def _occupant(self, ip: str) -> str | None:
        last = self._last(ip)
        return last.uid if last and last.until is None else None

    def _freed_at(self, ip: str) -> float | None:
        last = self._last(ip)
        return last.until if last else None

    def _rested(self, ip: str) -> bool:
        last = self._last(ip)
        return last is None or (last.until is not None and self._clock.now() >= last.until + self._cool_down)

    def _last(self, ip: str) -> Tenancy | None:
        return self._tenancies.get(ip, [None])[-1]
