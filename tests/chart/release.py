"""A release of the chart that runs as its manifests say, each container as a process of this machine.

Stand-ins: a kubeconfig with the account's token for the files in which a pod finds its account, a free port
for the health port that every pod has to itself, and this machine's programs for the image.
"""

import base64
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import yaml

from sandbox.ports import free_ports
from sandbox.processes import ROOT, Process
from sandbox.stack import Stack
from tests.chart.conftest import Cluster
from tests.chart.containers import variables
from tests.chart.helm import RELEASE, HelmError, Manifest, one

SECONDS = 30.0

T = TypeVar("T")


class Release:
    """A release in the namespace `space`, and its processes on the Redis, EC2 and nodes of `stack`."""

    def __init__(self, cluster: Cluster, stack: Stack, space: str) -> None:
        self.cluster, self.stack, self.space = cluster, stack, space
        self._processes: list[Process] = []
        self._tested: set[str] = set()

    def helm(self, *arguments: str) -> str:
        """What helm says of it; HelmError when it fails."""
        return self.cluster.helm(*arguments, namespace=self.space)

    def start(self, component: str, ready: Callable[[int], Callable[[Process], bool]]) -> None:
        """Start the container of a Deployment; `ready`, of its health port, says when it can be used."""
        manifests = list(yaml.safe_load_all(self.helm("get", "manifest", RELEASE)))
        spec = one(manifests, "Deployment", component)["spec"]["template"]["spec"]
        [container], [port] = spec["containers"], free_ports(1)
        environment = self._environment(spec) | {"EIP_HEALTH_PORT": str(port)}
        process = Process(component, container["command"], environment, self.stack.folder, ready(port))
        self._processes.append(process)
        process.start()

    def kill(self) -> None:
        """Kill what was started."""
        for process in self._processes:
            process.kill()

    def logs(self) -> str:
        """All that the processes have logged."""
        return "\n".join(process.log(whole=True) for process in self._processes)

    def test(self) -> str:
        """What the pod of `helm test` printed. HelmError, which ends with that, when the test fails."""
        with ThreadPoolExecutor(1) as beside:
            helm = beside.submit(self.helm, "test", RELEASE, "--timeout", "60s")
            until(lambda: helm.done() or self._test_pods(), "helm test makes a pod")
            printed = "".join(map(self._perform, self._test_pods()))
            try:
                helm.result()
            except HelmError as error:
                raise HelmError(f"{error}\n{printed}") from None
            return printed

    def _test_pods(self) -> list[Manifest]:
        """The pod of `helm test`, once it runs."""
        selector = "labelSelector=app.kubernetes.io/component=doctor"
        found = self.cluster.api.get(f"/api/v1/namespaces/{self.space}/pods?{selector}").body["items"]
        new = (pod for pod in found if pod["metadata"]["uid"] not in self._tested)
        return [pod for pod in new if pod["status"].get("phase") == "Running"]

    def _perform(self, pod: Manifest) -> str:
        """Run its container to the end, and say how it ended."""
        self._tested.add(pod["metadata"]["uid"])
        [container] = pod["spec"]["containers"]
        done = subprocess.run(
            ["/bin/sh", "-c", 'exec "$@"', "container", *container["command"]],
            env=self._environment(pod["spec"]),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        phase = "Failed" if done.returncode else "Succeeded"
        self.stack.kubelet.finish(self.space, pod["metadata"]["name"], phase)
        return done.stdout + done.stderr

    def _environment(self, spec: Manifest) -> dict[str, str]:
        [container], account = spec["containers"], spec["serviceAccountName"]
        token = self.cluster.plane.service_account_token(self.space, account)
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "KUBECONFIG": str(self.cluster.plane.write_kubeconfig(token, f"{self.space}-{account}")),
            "EIP_LEASE_NAMESPACE": self.space,
            **variables(container, self._held),
        }

    def _held(self, kind: str, name: str) -> Mapping[str, str]:
        held = self.cluster.api.get(f"/api/v1/namespaces/{self.space}/{kind.lower()}s/{name}").body["data"]
        if kind != "secret":
            return dict(held)
        return {key: base64.b64decode(value).decode() for key, value in held.items()}


def until(ready: Callable[[], T], what: str) -> T:
    """Wait for something, and return it."""
    deadline = time.monotonic() + SECONDS
    while not (found := ready()):
        assert time.monotonic() < deadline, f"not within {SECONDS:.0f} s: {what}"
        time.sleep(0.1)
    return found
