"""EC2 and Kubernetes as one process sees them: calls take time, may fail, and are checked as they happen."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from eip.errors import Ec2Error, KubernetesError
from eip.names import Action
from eip.pod import Pod, PodList
from tests.fakes.ec2 import FakeEc2
from tests.faults.checks import Checks
from tests.faults.cluster import Cluster
from tests.faults.faults import Port
from tests.faults.process import OperatorProcess
from workers.ports import ANY, Address, Interface, Owner, ReverseDns, Wanted

T = TypeVar("T")

REFUSALS = {"RequestLimitExceeded": 0.0, "InternalError": 0.0, "UnauthorizedOperation": 30.0}
"""What EC2 may say to any call, and for how many seconds it is right to wait after it."""


class Ec2Port:
    """workers.ports.Ec2."""

    def __init__(self, process: OperatorProcess, ec2: FakeEc2, checks: Checks) -> None:
        """All processes share one account."""
        self._process = process
        self._ec2 = ec2
        self._checks = checks

    def allocate(self, owner: Owner, wanted: Wanted = ANY) -> Address:
        def effect() -> Address:
            address = self._ec2.allocate(owner, wanted)
            self._checks.allocates(owner.uid)
            return address

        return self._call(Action.ALLOCATE, (owner.uid,), effect)

    def tag(self, allocation_id: str, owner: Owner, keep: int) -> None:
        def effect() -> None:
            self._checks.tags(allocation_id)
            self._ec2.tag(allocation_id, owner, keep)

        self._call(Action.TAG, (allocation_id, owner.uid), effect)

    def associate(self, allocation_id: str, interface_id: str, private_ip: str) -> str:
        confirmed = self._process.simulation.running.previous

        def effect() -> str:
            self._checks.associates(allocation_id, private_ip, confirmed)
            return self._ec2.associate(allocation_id, interface_id, private_ip)

        return self._call(Action.ASSOCIATE, (allocation_id, private_ip), effect)

    def disassociate(self, association_id: str) -> None:
        confirmed = self._process.simulation.running.previous

        def effect() -> None:
            self._checks.disassociates(association_id, confirmed)
            self._ec2.disassociate(association_id)

        self._call(Action.DISASSOCIATE, (association_id,), effect)

    def release(self, allocation_id: str) -> None:
        confirmed = self._process.simulation.running.previous

        def effect() -> None:
            self._checks.releases(allocation_id, confirmed)
            self._ec2.release(allocation_id)

        self._call(Action.RELEASE, (allocation_id,), effect)

    def set_reverse_dns(self, allocation_id: str, name: str) -> ReverseDns:
        def effect() -> ReverseDns:
            self._checks.names(allocation_id)
            return self._ec2.set_reverse_dns(allocation_id, name)

        return self._call(Action.MODIFY_ATTRIBUTE, (allocation_id, name), effect)

    def reset_reverse_dns(self, allocation_id: str) -> None:
        def effect() -> None:
            self._checks.names(allocation_id)
            self._ec2.reset_reverse_dns(allocation_id)

        self._call(Action.RESET_ATTRIBUTE, (allocation_id,), effect)

    def reverse_dns(self, allocation_id: str) -> ReverseDns:
        return self._call(
            Action.DESCRIBE_ATTRIBUTES, (allocation_id,), lambda: self._ec2.reverse_dns(allocation_id)
        )

    def addresses_of_cluster(self) -> list[Address]:
        return self._call(Action.DESCRIBE_ADDRESSES, ("cluster",), self._ec2.addresses_of_cluster)

    def lent_addresses(self, *, pool: str = "", address: str = "") -> list[Address]:
        return self._call(
            Action.DESCRIBE_ADDRESSES,
            (pool, address),
            lambda: self._ec2.lent_addresses(pool=pool, address=address),
        )

    def addresses_of_pod(self, uid: str) -> list[Address]:
        return self._call(Action.DESCRIBE_ADDRESSES, (uid,), lambda: self._ec2.addresses_of_pod(uid))

    def addresses_at(self, private_ip: str) -> list[Address]:
        return self._call(
            Action.DESCRIBE_ADDRESSES, (private_ip,), lambda: self._ec2.addresses_at(private_ip)
        )

    def address(self, allocation_id: str) -> Address | None:
        return self._call(
            Action.DESCRIBE_ADDRESSES, (allocation_id,), lambda: self._ec2.address(allocation_id)
        )

    def interfaces_of_instances(self, instance_ids: Sequence[str]) -> list[Interface]:
        return self._call(
            Action.DESCRIBE_INTERFACES,
            tuple(instance_ids),
            lambda: self._ec2.interfaces_of_instances(instance_ids),
        )

    def interface(self, interface_id: str) -> Interface | None:
        return self._call(
            Action.DESCRIBE_INTERFACES, (interface_id,), lambda: self._ec2.interface(interface_id)
        )

    def interfaces_of_host(self, host_ip: str, vpc_id: str) -> list[Interface]:
        return self._call(
            Action.DESCRIBE_INTERFACES, (host_ip,), lambda: self._ec2.interfaces_of_host(host_ip, vpc_id)
        )

    def _call(self, action: Action, arguments: tuple[Any, ...], effect: Callable[[], T]) -> T:
        def answered() -> T:
            try:
                return effect()
            except Ec2Error as error:
                if error.code in REFUSALS:
                    self._process.faults.note(
                        f"EC2 said {error.code} to {action}", lasts=REFUSALS[error.code]
                    )
                raise

        lost = Ec2Error("NoReply", f"{action}: Read timeout on endpoint URL")
        return self._process.call(Port.EC2, action.value, arguments, answered, lost)


class KubernetesPort:
    """workers.ports.Kubernetes and the lists; a PATCH comes back by the watch."""

    def __init__(self, process: OperatorProcess, cluster: Cluster) -> None:
        """All processes share one API server."""
        self._process = process
        self._cluster = cluster
        self._kubernetes = cluster.kubernetes

    def get_pod(self, namespace: str, name: str) -> Pod | None:
        return self._call("GET", (namespace, name), lambda: self._kubernetes.get_pod(namespace, name))

    def pods_at(self, private_ip: str) -> list[Pod]:
        return self._call("LIST at", (private_ip,), lambda: self._kubernetes.pods_at(private_ip))

    def provider_ids(self) -> set[str]:
        return self._call("LIST nodes", (), self._kubernetes.provider_ids)

    def provider_id(self, node: str) -> str | None:
        return self._call("GET node", (node,), lambda: self._kubernetes.provider_id(node))

    def patch_pod_status(
        self,
        namespace: str,
        name: str,
        uid: str,
        annotations: dict[str, str | None],
        condition: dict[str, str],
    ) -> Pod | None:
        def effect() -> Pod | None:
            pod = self._kubernetes.patch_pod_status(namespace, name, uid, annotations, condition)
            if pod is not None:
                self._cluster.written(namespace, name)
            return pod

        return self._call("PATCH", (namespace, name, uid), effect)

    def create_event(self, event: dict[str, object], namespace: str) -> None:
        self._call("POST", (event["reason"],), lambda: self._kubernetes.create_event(event, namespace))

    def list_pods(self, selector: str, namespace: str | None = None) -> Iterator[PodList]:
        where = (namespace,) if namespace else ()
        pages = self._call("LIST", where, lambda: list(self._kubernetes.list_pods(selector, namespace)))
        yield from pages

    def _call(self, name: str, arguments: tuple[Any, ...], effect: Callable[[], T]) -> T:
        lost = KubernetesError(0, "Timeout", "no answer")
        return self._process.call(Port.KUBERNETES, name, arguments, effect, lost)
