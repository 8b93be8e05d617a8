# ruff: noqa: INP001, T201 - a script that a person watches, not a package
"""Makes the playground: a VPC with two instances in LocalStack, and their nodes and a few pods in Kubernetes.

May be run again at any time: what is there is left as it is.

kwok gives pods IPs of their node's podCIDR. LocalStack ignores PrivateIpAddress when an address is associated
and takes the interface's first IP, so that each of these IPs is the first of an interface of its own; on EKS
an interface has many. Set by AWS_ENDPOINT_URL, AWS_REGION and KUBECONFIG.
"""

import ipaddress
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import urllib3
import yaml
from botocore.exceptions import BotoCoreError

NAME = "k8s-eip-operator-playground"
NETWORK = "10.0.0.0/16"
PODS = {"node-1": "10.0.1.0/28", "node-2": "10.0.2.0/28"}
LABEL = "eip.aws.materialize.com/manage"
EXAMPLES = {"game-0": True, "game-1": True, "web-0": False}
SECONDS = 120


def main() -> int:
    """Wait for both, and make what is missing."""
    kubernetes = Kubernetes(os.environ["KUBECONFIG"])
    ec2 = boto3.client("ec2")
    wait("Kubernetes", lambda: kubernetes.call("GET", "/readyz")[0] == 200)  # noqa: PLR2004
    wait("LocalStack", lambda: bool(ec2.describe_availability_zones()))
    subnet = network(ec2)
    for number, (name, cidr) in enumerate(PODS.items(), 10):
        node(kubernetes, name, cidr, *instance(ec2, subnet, name, f"10.0.0.{number}", cidr))
    for name, labelled in EXAMPLES.items():
        kubernetes.create("/api/v1/namespaces/default/pods", pod(name, labelled=labelled))
    return 0


class Kubernetes:
    """An API server that asks for no credentials, as kwok's does."""

    def __init__(self, kubeconfig: str) -> None:
        """Read where it is."""
        with open(kubeconfig, encoding="utf-8") as file:  # noqa: PTH123
            self._url = yaml.safe_load(file)["clusters"][0]["cluster"]["server"]
        self._http = urllib3.PoolManager(retries=False, timeout=5)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body of an answer."""
        answer = self._http.request(method, self._url + path, json=body)
        kind = answer.headers.get("Content-Type", "")
        return answer.status, answer.json() if kind.startswith("application/json") else answer.data

    def create(self, path: str, body: dict[str, Any]) -> None:
        """Create an object that is not there yet."""
        status, answer = self.call("POST", path, body)
        if status not in {201, 409}:
            sys.exit(f"{path} answered {status}: {answer}")
        print(f"{path}/{body['metadata']['name']}", "exists" if status == 409 else "created")  # noqa: PLR2004


def wait(what: str, ready: Callable[[], bool]) -> None:
    """Return as soon as it answers; exit after two minutes."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if ready():
                return
        except (OSError, urllib3.exceptions.HTTPError, BotoCoreError):
            pass
        time.sleep(1)
    sys.exit(f"{what} does not answer")


def network(ec2: Any) -> str:
    """The subnet of the playground's VPC."""
    mine = [{"Name": "tag:Name", "Values": [NAME]}]
    found = ec2.describe_subnets(Filters=mine)["Subnets"]
    if found:
        return str(found[0]["SubnetId"])
    vpc = ec2.create_vpc(CidrBlock=NETWORK, TagSpecifications=tagged("vpc", NAME))["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=NETWORK, TagSpecifications=tagged("subnet", NAME))
    return str(made["Subnet"]["SubnetId"])


def instance(ec2: Any, subnet: str, name: str, ip: str, pods: str) -> tuple[str, str]:
    """Id and zone of a node's instance, which has an interface for each pod IP."""
    mine = [{"Name": "tag:Name", "Values": [name]}, {"Name": "instance-state-name", "Values": ["running"]}]
    found = [
        each for one in ec2.describe_instances(Filters=mine)["Reservations"] for each in one["Instances"]
    ]
    if not found:
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        found = ec2.run_instances(
            ImageId=image,
            InstanceType="m5.large",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            PrivateIpAddress=ip,
            TagSpecifications=tagged("instance", name),
        )["Instances"]
        for index, each in enumerate(ipaddress.ip_network(pods), 1):
            interface = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress=str(each))
            ec2.attach_network_interface(
                NetworkInterfaceId=interface["NetworkInterface"]["NetworkInterfaceId"],
                InstanceId=found[0]["InstanceId"],
                DeviceIndex=index,
            )
    return str(found[0]["InstanceId"]), str(found[0]["Placement"]["AvailabilityZone"])


def node(kubernetes: Kubernetes, name: str, pods: str, instance_id: str, zone: str) -> None:
    """A node on this instance; one that is on another, of a LocalStack that was started anew, is replaced."""
    provider = f"aws:///{zone}/{instance_id}"
    status, there = kubernetes.call("GET", f"/api/v1/nodes/{name}")
    if status == 200 and there["spec"].get("providerID") != provider:  # noqa: PLR2004
        kubernetes.call("DELETE", f"/api/v1/nodes/{name}")
    metadata = {
        "name": name,
        "annotations": {"kwok.x-k8s.io/node": "fake"},
        "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone},
    }
    kubernetes.create(
        "/api/v1/nodes",
        {"metadata": metadata, "spec": {"providerID": provider, "podCIDR": pods, "podCIDRs": [pods]}},
    )


def pod(name: str, *, labelled: bool) -> dict[str, Any]:
    """A pod whose container is never started: kwok only says so."""
    labels = {LABEL: "true"} if labelled else {}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    """TagSpecifications of a name."""
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


if __name__ == "__main__":
    sys.exit(main())
