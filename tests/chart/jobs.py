"""Runs the chart's Job as a kubelet and the Job controller would, for a control plane that has neither."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.real import RealControlPlane
from sandbox.kubernetes.status import JsonObject
from tests.chart.helm import NAMESPACE

JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
POLL_SECONDS = 0.1


class JobRunner(threading.Thread):
    """Runs every new Job with its account's token, until `stop`; `printed` is what they said."""

    def __init__(self, plane: RealControlPlane, api: ApiClient, folder: Path) -> None:
        """`folder` gets what a pod finds of its account."""
        super().__init__(daemon=True)
        self._plane, self._api, self._folder = plane, api, folder
        self._done: set[str] = set()
        self._stopped = threading.Event()
        self.printed: list[str] = []

    def run(self) -> None:
        """Look for Jobs, and run those that are new."""
        while not self._stopped.wait(POLL_SECONDS):
            for job in self._api.get(JOBS).body.get("items", []):
                if job["metadata"]["uid"] not in self._done:
                    self._done.add(job["metadata"]["uid"])
                    self._perform(job)

    def stop(self) -> None:
        """Look for no more."""
        self._stopped.set()
        self.join()

    def _perform(self, job: JsonObject) -> None:
        spec = job["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        command = [sys.executable, *container["command"][1:]]
        done = subprocess.run(
            command,
            env=self._environment(spec["serviceAccountName"], container),
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed.append(done.stdout + done.stderr)
        self._api.patch(
            f"{JOBS}/{job['metadata']['name']}/status", {"status": _status(succeeded=not done.returncode)}
        )

    def _environment(self, account: str, container: JsonObject) -> dict[str, str]:
        (self._folder / "token").write_text(self._plane.service_account_token(NAMESPACE, account))
        (self._folder / "namespace").write_text(NAMESPACE)
        (self._folder / "ca.crt").write_bytes(self._plane.certificate.read_bytes())
        host, _, port = self._plane.url.removeprefix("https://").partition(":")
        return {
            "PATH": os.environ["PATH"],
            "SERVICE_ACCOUNT": str(self._folder),
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
            **{each["name"]: each["value"] for each in container["env"]},
        }


def _status(*, succeeded: bool) -> JsonObject:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    types = ("SuccessCriteriaMet", "Complete") if succeeded else ("FailureTarget", "Failed")
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in types]
    times = {"startTime": now, **({"completionTime": now} if succeeded else {})}
    count = {"succeeded": 1} if succeeded else {"failed": 1}
    return {**times, **count, "uncountedTerminatedPods": {}, "conditions": conditions}
