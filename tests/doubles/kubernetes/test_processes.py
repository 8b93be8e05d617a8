"""The double and the kubelet's stand-in as processes of their own, by `python -m`."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.kubeconfig import read_kubeconfig
from sandbox.pod_network import NodeNetwork
from tests.doubles.kubernetes.conftest import Cluster

ROOT = Path(__file__).resolve().parents[3]
PODS = "/api/v1/namespaces/default/pods"


def start(*arguments: str) -> "subprocess.Popen[str]":
    """`python -m` with these arguments."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def stop(process: "subprocess.Popen[str]") -> int:
    """End it as a service manager would; return its exit code."""
    process.send_signal(signal.SIGTERM)
    process.communicate()
    return process.returncode


def first_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What it says when it is ready."""
    assert process.stdout
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


@pytest.mark.parametrize("tls", [(), ("--tls",)], ids=["http", "https"])
def test_serves_in_a_process_of_its_own(tls: tuple[str, ...]) -> None:
    """One line of JSON says where; the kubeconfig works; SIGTERM leaves nothing behind."""
    process = start("sandbox.kubernetes", "--port", "0", *tls)
    said = first_line(process)
    access = read_kubeconfig(Path(said["kubeconfig"]))

    assert (access.url, access.token) == (said["url"], said["token"])
    assert ApiClient(access.url, access.token, access.certificate).get(PODS).status == 200
    assert Path(said["kubeconfig"]).stat().st_mode & 0o077 == 0
    assert stop(process) == 0
    assert not Path(said["kubeconfig"]).parent.exists()


def test_says_that_a_port_is_taken(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, with the port, and no traceback."""
    port = cluster.url.rpartition(":")[2]

    process = start("sandbox.kubernetes", "--port", port)
    process.communicate()

    assert process.returncode == 1
    assert capfd.readouterr().err.startswith(f"port {port} of 127.0.0.1 can't be had: ")


def test_runs_pods_from_a_process_of_its_own(tmp_path: Path) -> None:
    """The kubelet's stand-in, given the double's kubeconfig and a file of nodes."""
    server = start("sandbox.kubernetes")
    said = first_line(server)
    nodes = tmp_path / "nodes.json"
    nodes.write_bytes(msgspec.json.encode([NodeNetwork("node-1", "i-1", "a", "10.0.1.1", ("10.0.1.2",))]))
    kubelet = start("sandbox.kubelet", "--kubeconfig", said["kubeconfig"], "--nodes", str(nodes))
    api = ApiClient(said["url"], said["token"])

    assert first_line(kubelet)["nodes"] == ["node-1"]
    api.post(
        PODS, {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "example"}]}}
    )
    with api.watch(f"{PODS}?fieldSelector=status.phase=Running&timeoutSeconds=20") as stream:
        pod = next(iter(stream))["object"]

    assert pod["status"]["podIP"] == "10.0.1.2"
    assert (stop(kubelet), stop(server)) == (0, 0)


def test_says_which_file_is_no_file_of_nodes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, with the file, and no traceback."""
    missing = str(tmp_path / "none")

    process = start("sandbox.kubelet", "--kubeconfig", missing, "--nodes", missing)
    process.communicate()

    assert process.returncode == 1
    assert missing in capfd.readouterr().err
