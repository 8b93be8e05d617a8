"""A client of the double's control API: limits, faults, networks, and what was called."""

from typing import TypeVar

import msgspec
import urllib3

from sandbox.ec2.messages import (
    AddressSnapshot,
    Calls,
    Empty,
    Fault,
    FaultKind,
    ForwardRequest,
    GrowRequest,
    Id,
    Interface,
    InterfaceRequest,
    InterfaceShape,
    Network,
    NetworkRequest,
    Node,
    NodesRequest,
    PoolRequest,
    Settings,
    ShrinkRequest,
)

Answer = TypeVar("Answer")

PLAIN = InterfaceShape()


class ControlError(Exception):
    """The double did not do what it was asked; its text says why."""


class Control:
    """Controls the double at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        """Close the connections to the double."""
        self._http.clear()

    def reset(self, settings: Settings | None = None) -> None:
        """Start again as a new account with these settings."""
        self._ask("reset", settings or Settings(), None)

    def settings(self) -> Settings:
        """The settings in force."""
        return self._ask("settings", Empty(), Settings)

    def configure(self, **changes: object) -> Settings:
        """Change some of the settings, by the names of their fields."""
        changed = msgspec.structs.replace(self.settings(), **changes)
        self._ask("configure", changed, None)
        return changed

    def add_fault(self, fault: Fault) -> None:
        """Arm a fault."""
        self._ask("add-fault", fault, None)

    def lose_replies(self, action: str, count: int = 1) -> None:
        """Perform the next `count` calls, and close the connection without an answer."""
        self.add_fault(Fault(FaultKind.LOSE_REPLY, action, count))

    def refuse(self, action: str, code: str, status: int = 400, count: int | None = 1) -> None:
        """Answer the next `count` calls with an error, and do not perform them."""
        self.add_fault(Fault(FaultKind.REFUSE, action, count, code=code, status=status))

    def throttle(self, action: str = "*", count: int = 1) -> None:
        """Answer the next `count` calls with RequestLimitExceeded."""
        self.refuse(action, "RequestLimitExceeded", 503, count)

    def delay(self, seconds: float, action: str = "*") -> None:
        """Give every call this latency."""
        self.add_fault(Fault(FaultKind.HANG_BEFORE, action, seconds=seconds))

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self._ask("clear-faults", Empty(), None)

    def calls(self) -> Calls:
        """What was called since the last reset."""
        return self._ask("calls", Empty(), Calls)

    def reset_calls(self) -> None:
        """Empty the call log."""
        self._ask("reset-calls", Empty(), None)

    def addresses(self) -> list[AddressSnapshot]:
        """All addresses as they are, whatever Describe calls show."""
        return self._ask("addresses", Empty(), list[AddressSnapshot])

    def add_pool(self, pool_id: str, cidr: str) -> None:
        """A pool of public IPv4 addresses of the account's own: of EC2, or of IPAM, as its id says."""
        self._ask("add-pool", PoolRequest(pool_id, cidr), None)

    def add_forward_record(self, name: str, public_ip: str) -> None:
        """A DNS record of type A, as external-dns makes it: from here on the name resolves to the address."""
        self._ask("add-forward-record", ForwardRequest(name, public_ip), None)

    def create_network(self, cidr: str = "10.0.0.0/16") -> Network:
        """A new VPC, and one subnet of its whole block."""
        return self._ask("create-network", NetworkRequest(cidr=cidr), Network)

    def default_network(self) -> Network:
        """The default VPC, where ReleaseAddress disassociates by itself."""
        return self._ask("create-network", NetworkRequest(default=True), Network)

    def add_nodes(self, network: Network, count: int, *shapes: InterfaceShape) -> list[Node]:
        """New instances, each with an interface for every shape, the first of them its primary one."""
        request = NodesRequest(network.subnet_id, count, list(shapes) or [PLAIN])
        return self._ask("add-nodes", request, list[Node])

    def add_node(self, network: Network, *shapes: InterfaceShape) -> Node:
        """One new instance."""
        return self.add_nodes(network, 1, *shapes)[0]

    def node(self, instance_id: str) -> Node:
        """An instance and its interfaces as they are."""
        return self._ask("node", Id(instance_id), Node)

    def remove_node(self, instance_id: str) -> None:
        """Terminate an instance: its interfaces go, and the addresses on them are disassociated."""
        self._ask("remove-node", Id(instance_id), None)

    def add_interface(self, instance_id: str, shape: InterfaceShape = PLAIN) -> Interface:
        """Attach a new interface to an instance."""
        return self._ask("add-interface", InterfaceRequest(instance_id, shape), Interface)

    def remove_interface(self, interface_id: str) -> None:
        """Delete an interface; the addresses on it are disassociated."""
        self._ask("remove-interface", Id(interface_id), None)

    def grow_interface(self, interface_id: str, *, secondary_ips: int = 0, prefixes: int = 0) -> Interface:
        """Give an interface more addresses."""
        return self._ask("grow-interface", GrowRequest(interface_id, secondary_ips, prefixes), Interface)

    def shrink_interface(self, interface_id: str, addresses: list[str]) -> Interface:
        """Take secondary addresses or prefixes away; Elastic IPs on them are disassociated."""
        return self._ask("shrink-interface", ShrinkRequest(interface_id, addresses), Interface)

    def _ask(self, operation: str, request: msgspec.Struct, answer: type[Answer] | None) -> Answer:
        body = msgspec.json.encode(request)
        response = self._http.request("POST", f"{self._url}/_sandbox/{operation}", body=body)
        if response.status != 200:  # noqa: PLR2004
            raise ControlError(f"{response.status} from the EC2 double: {response.data.decode()}")
        return msgspec.json.decode(response.data, type=answer)
