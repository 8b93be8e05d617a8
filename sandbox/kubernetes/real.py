"""A real control plane without nodes: etcd and kube-apiserver on free ports of 127.0.0.1, RBAC on.

There is no controller manager, no scheduler and no kubelet: what they would do, a test does or
leaves undone.
"""

import secrets
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3

from sandbox.kube_assets import Assets
from sandbox.kubernetes.certificates import write_serving_certificate, write_signing_key
from sandbox.kubernetes.kubeconfig import write_kubeconfig
from sandbox.kubernetes.status import JsonObject
from sandbox.ports import free_ports

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
TOKEN_SECONDS = 3600


class ControlPlaneError(Exception):
    """A component did not start; the message ends with the last lines of its log."""


class RealControlPlane:
    """A context manager: running on entry, gone with its data on exit.

    `url`, `certificate` (the authority to trust), `token` (system:masters) and `kubeconfig` say how
    to reach it.
    """

    def __init__(self, assets: Assets) -> None:
        """Run nothing yet; `assets` are the binaries."""
        self._assets = assets
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.token = secrets.token_urlsafe(24)

    def __enter__(self) -> Self:
        """Start both processes and wait until /readyz says ok."""
        self._scratch = tempfile.TemporaryDirectory(prefix="kube-", ignore_cleanup_errors=True)
        self._folder = Path(self._scratch.name)
        self._etcd_port, self._peer_port, self._port = free_ports(3)
        self.url = f"https://127.0.0.1:{self._port}"
        self.certificate, self._serving_key = write_serving_certificate(self._folder)
        self._http = urllib3.PoolManager(ca_certs=str(self.certificate), retries=False)
        self._signing_key = write_signing_key(self._folder)
        tokens = self._folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f"{self.token},admin,admin,system:masters\n")
        self.kubeconfig = self.write_kubeconfig(self.token, "admin")
        try:
            self._start("etcd", self._etcd_command())
            self.start_server()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything and remove the data."""
        self.stop()

    def stop(self) -> None:
        """Stop everything and remove the data."""
        self.stop_server()
        self._stop("etcd")
        self._scratch.cleanup()

    def start_server(self) -> None:
        """Start kube-apiserver on its port, with the data as they are, and wait until it is ready."""
        self._start("kube-apiserver", self._server_command())
        self._await("kube-apiserver", f"{self.url}/readyz")

    def stop_server(self) -> None:
        """Stop kube-apiserver; etcd keeps the data."""
        self._stop("kube-apiserver")

    def compact(self) -> None:
        """Forget all history, in etcd and, by a restart, in the server's watch cache."""
        self.stop_server()
        etcd = f"http://127.0.0.1:{self._etcd_port}/v3/kv"
        found = self._http.request("POST", f"{etcd}/range", json={"key": "AA=="}).json()
        body = {"revision": found["header"]["revision"], "physical": True}
        self._http.request("POST", f"{etcd}/compaction", json=body)
        self.start_server()

    def service_account_token(self, namespace: str, name: str) -> str:
        """Mint a token of an existing ServiceAccount by the TokenRequest API."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        made = self._call("POST", path, {"spec": {"expirationSeconds": TOKEN_SECONDS}})
        return str(made["status"]["token"])

    def write_kubeconfig(self, token: str, name: str) -> Path:
        """Write a kubeconfig for `token` to `name`.kubeconfig in the temporary folder."""
        return write_kubeconfig(self._folder / f"{name}.kubeconfig", self.url, token, self.certificate)

    def _call(self, method: str, path: str, body: JsonObject) -> JsonObject:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self._http.request(method, self.url + path, json=body, headers=headers)
        found: JsonObject = answer.json()
        if answer.status >= 300:  # noqa: PLR2004
            raise ControlPlaneError(f"{method} {path} answered {answer.status}: {found.get('message')}")
        return found

    def _start(self, name: str, command: Sequence[str]) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)

    def _stop(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _await(self, name: str, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._processes[name].poll() is None:
            try:
                if self._http.request("GET", url, timeout=2).status == 200:  # noqa: PLR2004
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.1)
        lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines()[-10:]
        problem = f"{name} stopped, or is not ready after {READY_SECONDS:.0f} s:"
        raise ControlPlaneError("\n".join([problem, *lines]))

    def _etcd_command(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        return [
            str(self._assets.etcd),
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=error",
        ]

    def _server_command(self) -> list[str]:
        return [
            str(self._assets.kube_apiserver),
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--etcd-compaction-interval=0",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--tls-cert-file={self.certificate}",
            f"--tls-private-key-file={self._serving_key}",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._signing_key}",
            f"--service-account-signing-key-file={self._signing_key}",
            "--service-cluster-ip-range=10.96.0.0/24",
            # Without a controller manager nobody makes the ServiceAccount `default` that it asks for.
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
            "--shutdown-delay-duration=0s",
        ]
