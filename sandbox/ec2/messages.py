"""What the double and its clients say to each other: settings, faults, calls and networks."""

from enum import StrEnum

import msgspec


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token bucket's size in calls, and its refill in calls per second."""

    burst: float
    rate: float


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the account behaves; the defaults are EC2's, but for the quota."""

    throttle: bool = True
    """Whether calls take tokens; off, nothing is ever throttled."""
    whole_second_refill: bool = False
    """Refill in steps at whole seconds, as EC2's documentation words it, and not continuously."""
    limits: dict[str, Limit] = {}
    """Limits that replace the documented ones, by action; `ACTION:unfiltered` for calls without a filter."""
    quota: int = 100_000
    """Elastic IPs the account may hold; EC2's own default is 5."""
    lag: float = 0.0
    """Seconds that Describe calls are behind, 300 at most."""
    young_seconds: float = 0.0
    """How long after its allocation an id may be unknown to other actions."""
    young_not_found: float = 0.0
    """The probability that a young id is unknown."""
    unauthorized_seconds: float = 0.0
    """How long after its allocation an address refuses tag-authorized actions."""
    ptr_seconds: float = 0.0
    """How long a reverse DNS record is pending before it is set, or before its update fails."""
    ptr_release_seconds: float = 0.0
    """How long after the record was reset a release is still refused; on EC2, for minutes."""
    ptr_refused_at_once: bool = True
    """Whether a name that does not resolve to the address is refused; else its update fails later."""
    reassociation_by_default: bool = False
    """Whether leaving AllowReassociation out means true, as documented; the strict default is false."""
    seed: int = 0
    """Seed of the young ids' chance."""


class FaultKind(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """The call is answered with `code` and not performed."""
    FAIL_AFTER = "fail-after"
    """The call is performed, and answered with `code` all the same."""
    LOSE_REPLY = "lose-reply"
    """The call is performed, and the connection closed without an answer."""
    HANG_BEFORE = "hang-before"
    """The call waits `seconds` before it is performed: latency, or a time-out."""
    HANG_AFTER = "hang-after"
    """The call is performed, and the answer waits `seconds`."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault, limited by action, count and probability."""

    kind: FaultKind
    action: str = "*"
    count: int | None = None
    """How many calls it strikes; none means until it is removed."""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    code: str = "InternalError"
    status: int = 500
    message: str = ""


class Call(msgspec.Struct, frozen=True):
    """One call: when it began by the double's clock, how it ended, and how long it took, in seconds."""

    time: float
    action: str
    outcome: str
    """`ok`, an EC2 error code, or `lost-reply`."""
    ids: dict[str, str]
    """The ids and addresses of the request and its answer; for a filter, how many values it named."""
    latency: float


class Calls(msgspec.Struct, frozen=True):
    """All calls since the last reset, counted by action and outcome, and the newest of them one by one."""

    counts: dict[str, dict[str, int]]
    calls: list[Call]

    def count(self, action: str, outcome: str | None = None) -> int:
        """How often `action` was called, or how often with this outcome."""
        outcomes = self.counts.get(action, {})
        return sum(outcomes.values()) if outcome is None else outcomes.get(outcome, 0)


class AddressSnapshot(msgspec.Struct, frozen=True):
    """An Elastic IP as it is at this moment, whatever Describe calls show."""

    allocation_id: str
    public_ip: str
    allocated_at: float
    tags: dict[str, str]
    association_id: str = ""
    interface_id: str = ""
    private_ip: str = ""
    ptr_record: str = ""


class Interface(msgspec.Struct, frozen=True):
    """A network interface and its private addresses."""

    id: str
    private_ip: str
    secondary_ips: list[str]
    prefixes: list[str]
    managed: bool

    @property
    def ips(self) -> list[str]:
        """The primary and the secondary addresses, in that order."""
        return [self.private_ip, *self.secondary_ips]


class Node(msgspec.Struct, frozen=True):
    """An instance with its interfaces, the primary one first."""

    instance_id: str
    zone: str
    interfaces: list[Interface]

    @property
    def private_ip(self) -> str:
        """The instance's own address."""
        return self.interfaces[0].private_ip

    @property
    def provider_id(self) -> str:
        """The node's spec.providerID in Kubernetes."""
        return f"aws:///{self.zone}/{self.instance_id}"


class Network(msgspec.Struct, frozen=True):
    """A VPC and one subnet in it."""

    vpc_id: str
    subnet_id: str
    default: bool


class NetworkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for the region's default VPC, or for a new one with a subnet of its whole block."""

    default: bool = False
    cidr: str = "10.0.0.0/16"


class InterfaceShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new interface carries besides its primary address; `managed` as by EKS Auto Mode."""

    secondary_ips: int = 0
    prefixes: int = 0
    managed: bool = False


class NodesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for instances, each with one interface for every shape."""

    subnet_id: str
    count: int
    shapes: list[InterfaceShape]


class InterfaceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for one more interface on an instance."""

    instance_id: str
    shape: InterfaceShape


class GrowRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for more addresses on an interface."""

    interface_id: str
    secondary_ips: int = 0
    prefixes: int = 0


class ShrinkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Takes secondary addresses or prefixes from an interface."""

    interface_id: str
    addresses: list[str]


class PoolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a pool of public IPv4 addresses: of EC2, `ipv4pool-ec2-...`, or of IPAM, `ipam-pool-...`."""

    id: str
    cidr: str


class ForwardRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Creates a DNS record of type A."""

    name: str
    public_ip: str


class Id(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names an instance or an interface."""

    id: str


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Says nothing."""
