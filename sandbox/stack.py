"""Everything the operator needs around it, on this machine: Redis, EC2, Kubernetes, nodes and a kubelet.

    with Stack() as stack:
        stack.producer().start()
        stack.worker().start()
        stack.create_pod("web")

The operator's own processes get the rights of deploy/roles.yaml and nothing of this process' environment
that could lead them elsewhere.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec
import redis

from eip.names import MANAGE_LABEL, Queue
from sandbox import accounts, processes
from sandbox.accounts import done
from sandbox.ec2.control import Control as Ec2Control
from sandbox.ec2.messages import InterfaceShape, Node
from sandbox.ec2.messages import Settings as Ec2Settings
from sandbox.kubelet import Kubelet
from sandbox.kubernetes.client import SANDBOX_AGENT, ApiClient
from sandbox.kubernetes.control import Control as KubernetesControl
from sandbox.kubernetes.kubeconfig import read_kubeconfig
from sandbox.kubernetes.status import JsonObject
from sandbox.pod_network import NodeNetwork
from sandbox.ports import free_ports
from sandbox.processes import Process
from sandbox.redis import RedisServer

CLUSTER_NAME = "sandbox"
REGION = "us-east-1"
PREFIX_IPS = 16
"""What VPC CNI hands out of one delegated /28 prefix."""

WORKLOADS = Path(__file__).with_name("workloads.yaml")
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV")


class ControlPlane(Protocol):
    """A kube-apiserver that runs, such as sandbox.kubernetes.real.RealControlPlane."""

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig, as `write_kubeconfig` writes it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the stack is made of.

    The last node's pods get their IPs from /28 prefixes, the others' are secondary IPs of two interfaces.
    `settings` are EIP_ variables for all processes, without the prefix and in any case.
    """

    nodes: int = 3
    ips_per_node: int = 24
    grace: float = 0.0
    """Seconds that a pod takes to end."""
    cool_down: float = 30.0
    """Seconds for which a freed IP rests."""
    tls: bool = False
    """Whether the Kubernetes double serves https, without which kubectl sends no token."""
    ec2: Ec2Settings = field(default_factory=Ec2Settings)
    settings: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """A context manager. On exit everything is killed and the folder removed, on a crash of ours too.

    `redis`, `ec2` (control), `kubernetes` (control of the double, None with a real control plane), `api`
    (an admin's client), `kubelet`, `nodes` (instances) and `networks` (the same nodes, as the kubelet knows
    them) are there while it is entered.
    """

    def __init__(self, shape: Shape | None = None, control_plane: ControlPlane | None = None) -> None:
        """Start nothing yet; without a control plane the double is started."""
        self.shape = shape or Shape()
        self._control_plane = control_plane
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        """Start it; well under five seconds on two cores."""
        with ExitStack() as opened:
            self.folder = Path(tempfile.mkdtemp(prefix="eip-stack-"))
            opened.callback(processes.Watchdog(self.folder).close)
            opened.callback(self._kill_all)
            self._open(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill everything."""
        self._opened.close()

    def create_pod(
        self, name: str, *, labelled: bool = True, namespace: str = "default", **spec: Any
    ) -> JsonObject:
        """Create a pod, which the kubelet binds and starts at once; `spec` is added to its spec."""
        labels = {MANAGE_LABEL: "true"} if labelled else {}
        body = {
            "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "example"}]} | spec,
        }
        return done(self.api.post(f"/api/v1/namespaces/{namespace}/pods", body))

    def delete_pod(self, name: str, namespace: str = "default") -> None:
        """Delete a pod; the kubelet frees its IP and finishes the deletion."""
        done(self.api.delete(_pod_path(namespace, name)))

    def label_pod(self, name: str, *, managed: bool, namespace: str = "default") -> None:
        """Set or remove the label that asks for an address."""
        patch = {"metadata": {"labels": {MANAGE_LABEL: "true" if managed else None}}}
        done(self.api.patch(_pod_path(namespace, name), patch))

    def pod(self, name: str, namespace: str = "default") -> JsonObject | None:
        """A pod as it is, or None."""
        reply = self.api.get(_pod_path(namespace, name))
        return None if reply.status == 404 else done(reply)  # noqa: PLR2004

    def pods(self) -> list[JsonObject]:
        """All pods of all namespaces."""
        items: list[JsonObject] = done(self.api.get("/api/v1/pods"))["items"]
        return items

    def queue_lengths(self) -> dict[Queue, int]:
        """Wake-ups that stand in each Celery queue, those in a worker's hands aside."""
        with self.redis_client() as client:
            return {queue: int(client.llen(queue.value)) for queue in Queue}

    def redis_client(self) -> "redis.Redis":
        """A client of the stack's Redis, for the caller to close."""
        return redis.Redis.from_url(self.redis.url, decode_responses=True)

    def producer(self) -> Process:
        """The producer, not started."""
        return self._known(processes.producer(self.environment("producer"), self.folder, _free_port()))

    def worker(self, name: str = "worker-1") -> Process:
        """A worker of this name, not started."""
        return self._known(processes.worker(self.environment("worker"), self.folder, name, _free_port()))

    def flower(self, port: int = 0) -> Process:
        """Flower, not started; it listens on `port` or a free one."""
        return self._known(processes.flower(self.environment("worker"), self.folder, port or _free_port()))

    def environment(self, account: str) -> dict[str, str]:
        """The environment of a process with the rights of the service account eip-`account`."""
        settings = {
            "CLUSTER_NAME": CLUSTER_NAME,
            "REDIS_URL": self.redis.url,
            "SWEEP_INTERVAL": "10",
            "LOG_FORMAT": "json",
            "LEASE_NAMESPACE": accounts.NAMESPACE,
        } | {name.upper(): value for name, value in self.shape.settings.items()}
        return self._plain_environment() | {
            "AWS_ENDPOINT_URL": self.ec2_url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_EC2_METADATA_DISABLED": "true",
            "KUBECONFIG": str(self.kubeconfigs[account]),
            **{f"EIP_{name}": value for name, value in settings.items()},
        }

    @property
    def doubles(self) -> dict[str, Process]:
        """The processes of the EC2 double and, without a real control plane, of the Kubernetes double."""
        return {name: process for name, process in self._processes.items() if name.endswith("-double")}

    def logs(self) -> dict[str, str]:
        """What each process has logged, by its name."""
        return {name: process.log(whole=True) for name, process in self._processes.items()}

    def _plain_environment(self) -> dict[str, str]:
        """What leads a process to this machine's programs, and temporary files to our folder."""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        return {**kept, "TMPDIR": str(self.folder)}

    def _open(self, opened: ExitStack) -> None:
        plain = self._plain_environment()
        ec2 = self._known(processes.double("sandbox.ec2", plain, self.folder)).start(wait=False)
        kubernetes = None if self._control_plane else self._start_kubernetes_double(plain)
        self.redis = opened.enter_context(RedisServer())
        ec2.wait_until_ready()
        self.ec2_url = _first_line(ec2)["url"]
        self.ec2 = Ec2Control(self.ec2_url)
        opened.callback(self.ec2.close)
        self.ec2.configure(**msgspec.structs.asdict(self.shape.ec2))
        self.nodes = list(self._make_nodes())
        self._meet(kubernetes)
        self.kubelet = opened.enter_context(self._make_kubelet())

    def _start_kubernetes_double(self, plain: Mapping[str, str]) -> Process:
        options = ["--tls"] if self.shape.tls else []
        return self._known(processes.double("sandbox.kubernetes", plain, self.folder, *options)).start(
            wait=False
        )

    def _meet(self, double: Process | None) -> None:
        """Learn where Kubernetes is, and give the operator its accounts there."""
        if double:
            double.wait_until_ready()
            self.kubeconfig = Path(_first_line(double)["kubeconfig"])
        elif self._control_plane:
            self.kubeconfig = self._control_plane.kubeconfig
        access = read_kubeconfig(self.kubeconfig)
        self.api = ApiClient(access.url, access.token, access.certificate, user_agent=SANDBOX_AGENT)
        authority = str(access.certificate) if access.certificate else None
        self.kubernetes = KubernetesControl(access.url, access.token, authority) if double else None
        nodes = self.shape.settings.get("nodes") == "true"
        self.kubeconfigs = accounts.make(self.api, access, self.folder, nodes=nodes)
        accounts.apply(self.api, WORKLOADS)

    def _make_nodes(self) -> Iterator[Node]:
        network = self.ec2.create_network()
        first = self.shape.ips_per_node // 2
        secondary = [InterfaceShape(first), InterfaceShape(self.shape.ips_per_node - first)]
        prefixed = InterfaceShape(prefixes=-(-self.shape.ips_per_node // PREFIX_IPS))
        for _ in range(self.shape.nodes - 1):
            yield self.ec2.add_node(network, *secondary)
        yield self.ec2.add_node(network, prefixed)

    def _make_kubelet(self) -> Kubelet:
        self.networks = [_network(f"node-{number}", node) for number, node in enumerate(self.nodes, 1)]
        return Kubelet(self.api, self.networks, cool_down=self.shape.cool_down, grace=self.shape.grace)

    def _known(self, process: Process) -> Process:
        self._processes[process.name] = process
        return process

    def _kill_all(self) -> None:
        for process in self._processes.values():
            process.kill()


def _network(name: str, node: Node) -> NodeNetwork:
    """The IPs that the VPC CNI would give to pods: secondary ones, and all of a prefix."""
    secondary = [ip for interface in node.interfaces for ip in interface.secondary_ips]
    prefixes = [prefix for interface in node.interfaces for prefix in interface.prefixes]
    delegated = [str(ip) for prefix in prefixes for ip in IPv4Network(prefix)]
    return NodeNetwork(name, node.instance_id, node.zone, node.private_ip, (*secondary, *delegated))


def _first_line(process: Process) -> dict[str, str]:
    return msgspec.json.decode(process.log().partition("\n")[0], type=dict[str, str])


def _pod_path(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{name}"


def _free_port() -> int:
    return free_ports(1)[0]
