"""What a node says of itself and of its pods, in the form of patches."""

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.defaults import timestamp
from sandbox.kubernetes.status import JsonObject
from sandbox.pod_network import NodeNetwork


def register_node(api: ApiClient, node: NodeNetwork) -> None:
    """Make the Node that an EC2 instance registers as, Ready and without taints."""
    api.post("/api/v1/nodes", {"metadata": {"name": node.name}, "spec": {"providerID": node.provider_id}})
    path = f"/api/v1/nodes/{node.name}"
    api.patch(path, {"spec": {"taints": None}})
    status = {
        "addresses": [{"type": "InternalIP", "address": node.host_ip}],
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": timestamp()}],
    }
    api.patch(f"{path}/status", {"status": status})


def running(ip: str, host_ip: str) -> JsonObject:
    """The status of a pod that runs and has `ip`, which replaces what it had."""
    return {
        "phase": "Running",
        "podIP": ip,
        "podIPs": [{"ip": ip, "$patch": "replace"}, {"ip": ip}],
        "hostIP": host_ip,
        "startTime": timestamp(),
        "conditions": _conditions(up=True),
    }


def without_network() -> JsonObject:
    """The status of a pod whose sandbox is gone; the IP that it had stays written there."""
    return {"conditions": _conditions(up=False)}


def _conditions(*, up: bool) -> list[JsonObject]:
    states = {
        "PodScheduled": True,
        "PodReadyToStartContainers": up,
        "Initialized": True,
        "ContainersReady": up,
        "Ready": up,
    }
    return [
        {"type": kind, "status": str(state), "lastTransitionTime": timestamp()}
        for kind, state in states.items()
    ]
