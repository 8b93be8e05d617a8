"""The operator, installed: a stack on which producer and worker run, and what a test does to it."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import OK
from typing import Any, Self

import boto3
import msgspec
import urllib3

from sandbox.accounts import NAMESPACE
from sandbox.ec2.messages import AddressSnapshot
from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.real import RealControlPlane
from sandbox.kubernetes.status import JsonObject
from sandbox.ports import free_ports
from sandbox.processes import Process, answers
from sandbox.stack import REGION, Shape, Stack
from tests.journeys.right import our_addresses, unsafe, written, wrong

PATIENCE = 60.0
POLL_SECONDS = 0.1
TAIL_LINES = 200
SHAPE = Shape(ips_per_node=64, settings={"sweep_interval": "2", "orphan_age": "2"})
"""Enough IPs that none is needed again while it rests; sweeps so frequent that a test can wait for two."""

LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/k8s-eip-operator"

_ROLES = "/apis/rbac.authorization.k8s.io/v1"
_OBJECTS = (
    f"{_ROLES}/clusterroles/eip-producer",
    f"{_ROLES}/clusterroles/eip-worker",
    f"{_ROLES}/clusterroles/eip-producer-nodes",
    f"{_ROLES}/clusterroles/eip-worker-nodes",
    f"{_ROLES}/namespaces/{NAMESPACE}/roles/eip-producer",
    LEASE,
)


class Installation(Stack):
    """A context manager: on entry the operator runs and is ready."""

    def __init__(self, shape: Shape = SHAPE, control_plane: RealControlPlane | None = None) -> None:
        super().__init__(shape, control_plane)
        self._real = control_plane

    def __enter__(self) -> Self:
        if self._real:
            _empty(ApiClient(self._real.url, self._real.token, self._real.certificate))
        super().__enter__()
        try:
            self.first_producer = self.producer()
            self.first_worker = self.worker()
            self.run()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def run(self) -> None:
        """Start what does not run of producer and worker, and wait for both."""
        stopped = [p for p in (self.first_producer, self.first_worker) if not p.running]
        for process in stopped:
            process.start(wait=False)
        for process in stopped:
            process.wait_until_ready()

    def second_producer(self) -> Process:
        """Another replica of the producer, not started."""
        port = str(free_ports(1)[0])
        environment = self.environment("producer") | {"EIP_HEALTH_PORT": port}
        command = [sys.executable, "-m", "producer"]
        ready = answers(f"http://127.0.0.1:{port}/readyz")
        return self._known(Process("producer-2", command, environment, self.folder, ready))

    def create_pods(self, prefix: str, count: int) -> list[str]:
        """Create so many labelled pods; returns their names."""
        made = [f"{prefix}-{number}" for number in range(count)]
        for name in made:
            self.create_pod(name)
        return made

    def the_pod(self, name: str) -> JsonObject:
        """A pod that is there."""
        found = self.pod(name)
        assert found, f"the pod {name} is gone"
        return found

    def annotate(self, name: str, annotations: Mapping[str, str | None]) -> None:
        """Set annotations by hand; None removes one."""
        path = f"/api/v1/namespaces/default/pods/{name}"
        assert self.api.patch(path, {"metadata": {"annotations": annotations}}).status == OK

    def addresses_of(self, uid: str) -> list[AddressSnapshot]:
        """The addresses that carry this pod's uid."""
        return [a for a in our_addresses(self) if uid in a.tags.values()]

    def address(self, name: str) -> AddressSnapshot:
        """The one address of a pod."""
        [found] = self.addresses_of(self.the_pod(name)["metadata"]["uid"])
        return found

    def events(self, uid: str) -> dict[str, str]:
        """The reasons of the Events on a pod, and their types."""
        found = self.api.get("/api/v1/events").body["items"]
        return {event["reason"]: event["type"] for event in found if event["involvedObject"]["uid"] == uid}

    @property
    def aws(self) -> Any:
        """An EC2 client of somebody else in the same account."""
        return boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=self.ec2_url,
            aws_access_key_id="other",
            aws_secret_access_key="other",
        )

    def until(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Wait until something holds; fails with what is wrong when it never does."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError("\n".join([f"not within {seconds:.0f} s: {what}", *wrong(self)]))
            time.sleep(POLL_SECONDS)

    def until_right(self, seconds: float = PATIENCE) -> None:
        """Wait until every pod has what it is to have, and nothing is left over."""
        self.until(lambda: not wrong(self), "everything right", seconds)

    def until_served(self, *pods: str) -> None:
        """Wait until these pods run, and everything is right."""
        self.until(lambda: all(self._has_ip(name) for name in pods), f"running: {', '.join(pods)}")
        self.until_right()

    def _has_ip(self, name: str) -> bool:
        found = self.pod(name)
        return bool(found and found["status"].get("podIP"))

    def until_gone(self, *pods: str) -> None:
        """Wait until these pods do not exist, and everything is right."""
        self.until(lambda: not any(self.pod(name) for name in pods), f"gone: {', '.join(pods)}")
        self.until_right()

    def until_told(self, pod: JsonObject, expected: dict[str, str]) -> None:
        """Wait until a pod has these Events, by reason and type, and no others."""
        uid = pod["metadata"]["uid"]
        self.until(lambda: self.events(uid) == expected, f"the Events {expected}")

    def until_written(self, name: str) -> None:
        """Wait until a pod says that it has an address."""
        self.until(lambda: written(self.the_pod(name)), f"{name} has an address")

    def until_logged(self, process: Process, *words: str) -> str:
        """Wait for a line of the process' log that has all these words; returns it."""
        found: list[str] = []

        def logged() -> bool:
            found[:] = [line for line in process.log().splitlines() if all(word in line for word in words)]
            return bool(found)

        self.until(logged, f"{process.name} logs {words}")
        return found[0]

    @contextlib.contextmanager
    def without_kubernetes(self) -> Iterator[None]:
        """The API server does not answer, and forgets nothing."""
        if self._real:
            self._real.stop_server()
            yield
            self._real.start_server()
            return
        pid = self._processes["kubernetes-double"].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def tails(self) -> Iterator[tuple[str, str]]:
        """What each process logged last, its sweeps aside."""
        for name, log in self.logs().items():
            lines = [line for line in log.splitlines() if '"event": "sweep"' not in line]
            yield name, "\n".join(lines[-TAIL_LINES:])

    def settle(self, seconds: float) -> None:
        """Leave it as it was found: all pods gone, no address of ours left, no fault armed."""
        self.ec2.clear_faults()
        self.ec2.configure(**msgspec.structs.asdict(self.shape.ec2))
        for name, process in self._processes.items():
            if name in ("producer-2", "worker-2") and process.running:
                process.terminate()
        self.run()
        _delete_pods(self.api)
        self.until(lambda: not our_addresses(self) and not self.pods(), "nothing left", seconds)
        self.delete_everything()
        late = unsafe(self, time.monotonic())
        self.ec2.reset_calls()
        assert not late, "\n".join(late)

    def delete_everything(self) -> None:
        """By hand, without the operator: pods and addresses, whosever they are."""
        _delete_pods(self.api)
        self.until(lambda: not self.pods(), "no pod left")
        for address in self.ec2.addresses():
            if address.association_id:
                self.aws.disassociate_address(AssociationId=address.association_id)
            self.aws.release_address(AllocationId=address.allocation_id)


def _delete_pods(api: ApiClient) -> None:
    for pod in api.get("/api/v1/pods").body["items"]:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        if metadata.get("finalizers"):
            api.patch(path, {"metadata": {"finalizers": None}})
        api.delete(path, {"gracePeriodSeconds": 0})


def _empty(api: ApiClient) -> None:
    """What another installation left on a control plane that both use."""
    _delete_pods(api)
    for node in api.get("/api/v1/nodes").body["items"]:
        api.delete(f"/api/v1/nodes/{node['metadata']['name']}")
    for path in _OBJECTS:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            api.delete(path)
