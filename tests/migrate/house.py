"""A cluster as the other operators leave it: their pods, Eips and addresses, and nobody at work."""

import ipaddress
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sandbox.accounts import done
from sandbox.kubernetes.client import MERGE, ApiClient
from sandbox.kubernetes.status import JsonObject
from sandbox.stack import CLUSTER_NAME, Shape, Stack
from tests.journeys.installation import Installation, _empty

ROOT = Path(__file__).parents[2]
SHAPE = Shape(nodes=2, ips_per_node=16, settings={"sweep_interval": "2", "orphan_age": "2"})
MATERIALIZE = "eip.materialize.cloud"
AWS_SAMPLES = "aws-samples.github.com/aws-pod-eip-controller"
EIPS = "/apis/materialize.cloud/v2/namespaces/default/eips"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OPEN: JsonObject = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}

CRD: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "eips.materialize.cloud"},
    "spec": {
        "group": "materialize.cloud",
        "names": {"kind": "Eip", "plural": "eips", "singular": "eip"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v2",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}
                },
            }
        ],
    },
}


class House(Installation):
    """A context manager: producer and worker are not started, `run` starts them."""

    def __enter__(self) -> Self:
        if self._real:
            _empty(self.admin())
        Stack.__enter__(self)
        self.first_producer = self.producer()
        self.first_worker = self.worker()
        return self

    def admin(self) -> ApiClient:
        """A client of the real control plane before the stack has one."""
        assert self._real
        return ApiClient(self._real.url, self._real.token, self._real.certificate)

    def define_eips(self) -> None:
        """The custom resource definition that Materialize's operator registers at its start."""
        if self.api.get(f"{CRDS}/eips.materialize.cloud").status == 404:
            done(self.api.post(CRDS, CRD))
        self.until(lambda: self.api.get(EIPS).status == 200, "the resource is served")

    def pod_of_materialize(self, name: str, *, own: bool = True) -> JsonObject:
        """A pod that Materialize's operator serves; the Eip of one that is not its `own` was made by hand."""
        labels = {f"{MATERIALIZE}/manage": "true"} | (
            {f"{MATERIALIZE}/autocreate_eip": "true"} if own else {}
        )
        pod = self.running(name, labels=labels)
        eip = done(self.api.post(EIPS, _eip(name)))
        tags = {
            f"{MATERIALIZE}/eip_uid": eip["metadata"]["uid"],
            f"{MATERIALIZE}/eip_name": name,
            f"{MATERIALIZE}/namespace": "default",
            f"{MATERIALIZE}/cluster_name": CLUSTER_NAME,
            f"{MATERIALIZE}/pod_name": name,
            "Name": f"eip-operator:{CLUSTER_NAME}:default:{name}",
            "Stack": "example",
        }
        made = self.allocate(tags, pod["status"]["podIP"])
        status = {
            "allocationId": made["AllocationId"],
            "publicIpAddress": made["PublicIp"],
            "resourceId": name,
        }
        done(self.api.patch(f"{EIPS}/{name}/status", {"status": status}, MERGE))
        written = {
            f"{MATERIALIZE}/allocation_id": made["AllocationId"],
            "external-dns.alpha.kubernetes.io/target": made["PublicIp"],
        }
        held = [f"{MATERIALIZE}/disassociate"]
        return done(
            self.api.patch(_pod(name), {"metadata": {"annotations": written, "finalizers": held}}, MERGE)
        )

    def pod_of_aws_samples(self, name: str) -> JsonObject:
        """A pod that aws-pod-eip-controller serves."""
        pod = self.running(name, annotations={f"{AWS_SAMPLES}-type": "auto"})
        tags = {
            f"{AWS_SAMPLES}-type": "auto",
            f"{AWS_SAMPLES}-cluster-name": CLUSTER_NAME,
            f"{AWS_SAMPLES}-pod": f"default/{name}",
        }
        made = self.allocate(tags, pod["status"]["podIP"])
        written = {
            "aws-pod-eip-controller-public-ip": made["PublicIp"],
            "aws-pod-eip-controller-type": "auto",
        }
        return done(self.api.patch(_pod(name), {"metadata": {"labels": written}}, MERGE))

    def operator_of_materialize(self) -> None:
        """A pod of the other operator itself."""
        image = "registry.example/mirror/k8s-eip-operator:v0.12"
        container = {"name": "eip-operator", "image": image, "env": [{"name": "CLUSTER_NAME", "value": "x"}]}
        self.create_pod("eip-operator-0", labelled=False, containers=[container])

    def running(self, name: str, **metadata: object) -> JsonObject:
        """A pod with this metadata, once it has its IP."""
        body = {
            "metadata": {"name": name, **metadata},
            "spec": {"containers": [{"name": "main", "image": "example"}]},
        }
        done(self.api.post("/api/v1/namespaces/default/pods", body))
        self.until(lambda: self._has_ip(name), f"{name} runs")
        return self.the_pod(name)

    def allocate(self, tags: Mapping[str, str], private_ip: str) -> dict[str, Any]:
        """An address as another program allocates and associates it."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        made: dict[str, Any] = self.aws.allocate_address(
            Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": pairs}]
        )
        self.aws.associate_address(
            AllocationId=made["AllocationId"],
            NetworkInterfaceId=self.interface_of(private_ip),
            PrivateIpAddress=private_ip,
        )
        return made

    def interface_of(self, ip: str) -> str:
        """The network interface that carries a pod's IP."""
        return next(
            interface.id
            for node in self.nodes
            for interface in node.interfaces
            if ip in interface.ips
            or any(ipaddress.ip_address(ip) in ipaddress.ip_network(p) for p in interface.prefixes)
        )

    def eip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`eip migrate` with these arguments, as an admin of the cluster runs it."""
        environment = self.environment("worker") | {"KUBECONFIG": str(self.kubeconfig)}
        return subprocess.run(
            [sys.executable, "-m", "cli", "migrate", *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def associations(self) -> dict[str, str]:
        """What EC2 itself has, by private IP: the public IP and the association's id."""
        found = self.ec2.addresses()
        return {a.private_ip: f"{a.public_ip} {a.association_id}" for a in found if a.private_ip}


def _eip(name: str) -> JsonObject:
    return {
        "apiVersion": "materialize.cloud/v2",
        "kind": "Eip",
        "metadata": {"name": name, "finalizers": [f"{MATERIALIZE}/destroy"]},
        "spec": {"selector": {"pod": {"podName": name}}},
    }


def _pod(name: str) -> str:
    return f"/api/v1/namespaces/default/pods/{name}"
