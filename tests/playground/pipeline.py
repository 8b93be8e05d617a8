"""The operator on LocalStack: its real programs, Redis, Kubernetes, and the playground's instances."""

from contextlib import ExitStack, suppress
from typing import Any, TypeVar

import msgspec

from sandbox import localstack
from sandbox.ec2.control import Control, ControlError
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubelet import Kubelet
from sandbox.pod_network import NodeNetwork
from sandbox.ports import free_ports
from sandbox.processes import ProcessFailedError
from sandbox.redis import RedisServer
from tests.journeys.installation import Installation
from tests.playground.seeding import seed

Answer = TypeVar("Answer")


class LocalStackControl(Control):
    """What tests ask of the EC2 double, as far as LocalStack can tell."""

    def __init__(self, url: str, ec2: Any) -> None:
        """`ec2` is a client of LocalStack."""
        super().__init__(url)
        self._ec2 = ec2

    def addresses(self) -> list[AddressSnapshot]:
        """All addresses; when they were allocated is not known."""
        return [_snapshot(address) for address in self._ec2.describe_addresses()["Addresses"]]

    def _ask(self, operation: str, request: msgspec.Struct, answer: type[Answer] | None) -> Answer:
        raise ControlError(f"LocalStack can't {operation}; limits, faults and calls are the double's")


class LocalStackInstallation(Installation):
    """A context manager: on entry the operator runs on LocalStack, with the instances of compose/seed.py."""

    def _open(self, opened: ExitStack) -> None:
        plain = self._plain_environment()
        (port,) = free_ports(1)
        ec2 = self._known(localstack.process(plain, self.folder, port)).start(wait=False)
        kubernetes = None if self._control_plane else self._start_kubernetes_double(plain)
        self.redis = opened.enter_context(RedisServer())
        # It loads so much that a busy machine needs twice as long as for other programs.
        with suppress(ProcessFailedError):
            ec2.wait_until_ready()
        ec2.wait_until_ready()
        self.ec2_url = ec2.url
        self.ec2 = LocalStackControl(ec2.url, self.aws)
        opened.callback(self.ec2.close)
        self.networks = _networks(self.aws)
        self._meet(kubernetes)
        self.kubelet = opened.enter_context(
            Kubelet(self.api, self.networks, cool_down=self.shape.cool_down, grace=self.shape.grace)
        )

    def put_away(self) -> None:
        """Delete all pods, and wait until the operator has released all addresses."""
        for pod in self.pods():
            self.delete_pod(pod["metadata"]["name"])
        self.until(lambda: not self.pods() and not self.ec2.addresses(), "no pod and no address left")


def _networks(ec2: Any) -> list[NodeNetwork]:
    subnet = seed.network(ec2)
    return [_network(ec2, subnet, name, f"10.0.0.{n}") for n, name in enumerate(seed.PODS, 10)]


def _network(ec2: Any, subnet: str, name: str, host_ip: str) -> NodeNetwork:
    instance_id, zone = seed.instance(ec2, subnet, name, host_ip, seed.PODS[name])
    mine = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    interfaces = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    ips = sorted(each["PrivateIpAddress"] for each in interfaces)
    return NodeNetwork(name, instance_id, zone, host_ip, tuple(ip for ip in ips if ip != host_ip))


def _snapshot(address: dict[str, Any]) -> AddressSnapshot:
    return AddressSnapshot(
        allocation_id=address["AllocationId"],
        public_ip=address["PublicIp"],
        allocated_at=0.0,
        tags={tag["Key"]: tag["Value"] for tag in address.get("Tags", [])},
        association_id=address.get("AssociationId", ""),
        interface_id=address.get("NetworkInterfaceId", ""),
        private_ip=address.get("PrivateIpAddress", ""),
    )
