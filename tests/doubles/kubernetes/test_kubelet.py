"""The kubelet's stand-in, on the double and on a real kube-apiserver: what it does to pods and IPs."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.kubelet import Kubelet
from sandbox.kubernetes.client import SANDBOX_AGENT, ApiClient
from sandbox.kubernetes.status import JsonObject
from sandbox.pod_network import NodeNetwork
from tests.doubles.kubernetes.conftest import Cluster, Namespace

NODES = [
    NodeNetwork("node-1", "i-1", "us-east-1a", "10.0.1.1", ("10.0.1.10", "10.0.1.11", "10.0.1.12")),
    NodeNetwork("node-2", "i-2", "us-east-1b", "10.0.2.1", ("10.0.2.10", "10.0.2.11")),
]


@pytest.fixture
def kubelet(cluster: Cluster) -> Iterator[Kubelet]:
    """Two nodes with five IPs, whose cool-down outlasts the test."""
    api = ApiClient(cluster.url, cluster.token, cluster.certificate, user_agent=SANDBOX_AGENT)
    for pod in api.get("/api/v1/pods").body["items"]:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        api.delete(path, {"gracePeriodSeconds": 0})
    with Kubelet(api, NODES, cool_down=3600) as running:
        yield running
    for node in NODES:
        api.delete(f"/api/v1/nodes/{node.name}")


def until(namespace: Namespace, name: str, holds: Callable[[JsonObject], bool]) -> JsonObject:
    """The pod's state as soon as a watch shows it so."""
    with namespace.api.watch(
        f"{namespace.pods}?fieldSelector=metadata.name={name}&timeoutSeconds=20"
    ) as stream:
        for event in stream:
            if holds(event["object"]) or event["type"] == "DELETED":
                found: JsonObject = event["object"]
                return found
    pytest.fail(f"pod {name} was never so")


def running(pod: JsonObject) -> bool:
    """Whether the pod runs and has an IP."""
    return pod["status"]["phase"] == "Running" and "podIP" in pod["status"]


def conditions(pod: JsonObject) -> dict[str, str]:
    """Status of each condition."""
    return {entry["type"]: entry["status"] for entry in pod["status"].get("conditions", [])}


def test_runs_a_pod_on_a_node_with_one_of_its_ips(namespace: Namespace, kubelet: Kubelet) -> None:
    """Bound, Running, with the IP of its node's interface, ready; the account knows it."""
    made = namespace.create("a")

    pod = until(namespace, "a", running)

    node = next(node for node in NODES if node.name == pod["spec"]["nodeName"])
    status = pod["status"]
    assert status["podIP"] in node.pod_ips
    assert (status["podIPs"], status["hostIP"]) == ([{"ip": status["podIP"]}], node.host_ip)
    assert (
        conditions(pod).items()
        >= {
            "PodScheduled": "True",
            "PodReadyToStartContainers": "True",
            "Ready": "True",
        }.items()
    )
    assert kubelet.network.occupant(status["podIP"]) == made["metadata"]["uid"]


def test_respects_the_node_that_a_pod_names(namespace: Namespace, kubelet: Kubelet) -> None:
    """A pod with spec.nodeName is not bound elsewhere."""
    namespace.create("a", node="node-2")

    assert until(namespace, "a", running)["status"]["podIP"] in NODES[1].pod_ips


def test_no_two_pods_share_an_ip(namespace: Namespace, kubelet: Kubelet) -> None:
    """Five pods, five IPs; the sixth stays Pending."""
    for name in "abcde":
        namespace.create(name)
    ips = {until(namespace, name, running)["status"]["podIP"] for name in "abcde"}

    namespace.create("f")

    assert ips == {ip for node in NODES for ip in node.pod_ips}
    assert namespace.api.get(namespace.pod("f")).body["status"]["phase"] == "Pending"


def test_ends_a_deleted_pod_network_first(namespace: Namespace, kubelet: Kubelet) -> None:
    """PodReadyToStartContainers becomes False and the IP is free before the pod is gone."""
    namespace.create("a")
    start = until(namespace, "a", running)
    ip = start["status"]["podIP"]
    version = start["metadata"]["resourceVersion"]

    namespace.api.delete(namespace.pod("a"))

    with namespace.api.watch(f"{namespace.pods}?resourceVersion={version}&timeoutSeconds=20") as stream:
        told = []
        for event in stream:
            network = conditions(event["object"])["PodReadyToStartContainers"]
            told.append((event["type"], network))
            if event["type"] == "DELETED":
                break
    assert told[0] == ("MODIFIED", "True")
    assert ("MODIFIED", "False") in told
    assert told[-1] == ("DELETED", "False")
    assert kubelet.network.occupant(ip) is None
    assert kubelet.network.freed_at(ip) is not None


def test_loses_and_restores_a_network(namespace: Namespace, kubelet: Kubelet) -> None:
    """The IP is free at once; the new sandbox has another one while the old one rests."""
    namespace.create("a", node="node-1")
    old = until(namespace, "a", running)["status"]["podIP"]

    kubelet.lose_network(namespace.name, "a")
    lost = namespace.api.get(namespace.pod("a")).body
    new = kubelet.restore_network(namespace.name, "a")
    restored = namespace.api.get(namespace.pod("a")).body

    assert conditions(lost)["PodReadyToStartContainers"] == "False"
    assert new != old
    assert (restored["status"]["podIP"], restored["status"]["podIPs"]) == (new, [{"ip": new}])
    assert conditions(restored)["PodReadyToStartContainers"] == "True"
    assert kubelet.network.occupant(old) is None


def test_changes_an_ip(namespace: Namespace, kubelet: Kubelet) -> None:
    """The same pod, another IP."""
    made = namespace.create("a", node="node-1")
    old = until(namespace, "a", running)["status"]["podIP"]

    new = kubelet.change_ip(namespace.name, "a")

    pod = namespace.api.get(namespace.pod("a")).body
    assert (pod["metadata"]["uid"], pod["status"]["podIP"]) == (made["metadata"]["uid"], new)
    assert new != old


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_finishes_a_pod(namespace: Namespace, kubelet: Kubelet, phase: str) -> None:
    """A pod that is over has no network, and its IP is free."""
    namespace.create("a")
    ip = until(namespace, "a", running)["status"]["podIP"]

    kubelet.finish(namespace.name, "a", phase)

    pod = namespace.api.get(namespace.pod("a")).body
    assert pod["status"]["phase"] == phase
    assert conditions(pod)["PodReadyToStartContainers"] == "False"
    assert kubelet.network.occupant(ip) is None


def test_an_event_that_is_late_revives_nothing(namespace: Namespace, kubelet: Kubelet) -> None:
    """What a watch told before a pod ended is not acted on after it."""
    namespace.create("a", node="node-1")
    pod = until(namespace, "a", running)
    kubelet.finish(namespace.name, "a")

    kubelet.tell({"type": "MODIFIED", "object": pod | {"status": {"phase": "Pending"}}})
    namespace.create("b", node="node-2")
    until(namespace, "b", running)

    assert namespace.api.get(namespace.pod("a")).body["status"]["phase"] == "Succeeded"
    assert kubelet.network.occupant(pod["status"]["podIP"]) is None


def test_removes_a_node_with_its_pods(namespace: Namespace, kubelet: Kubelet) -> None:
    """Node and pods are gone, the other node's are not."""
    namespace.create("a", node="node-1")
    namespace.create("b", node="node-2")
    ip = until(namespace, "a", running)["status"]["podIP"]
    until(namespace, "b", running)

    kubelet.remove_node("node-1")

    assert namespace.api.get("/api/v1/nodes/node-1").status == 404
    assert [item["metadata"]["name"] for item in namespace.api.get(namespace.pods).body["items"]] == ["b"]
    assert kubelet.network.occupant(ip) is None


def test_registers_nodes_as_ec2_instances(namespace: Namespace, kubelet: Kubelet) -> None:
    """The providerID says zone and instance; the node is Ready."""
    node = namespace.api.get("/api/v1/nodes/node-1").body

    assert node["spec"]["providerID"] == "aws:///us-east-1a/i-1"
    assert node["status"]["addresses"] == [{"type": "InternalIP", "address": "10.0.1.1"}]
    assert conditions(node) == {"Ready": "True"}


def test_says_that_there_is_no_such_pod(namespace: Namespace, kubelet: Kubelet) -> None:
    """The server's own words."""
    with pytest.raises(LookupError, match='pods "ghost" not found'):
        kubelet.finish(namespace.name, "ghost")
