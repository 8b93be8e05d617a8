"""What the demo invites to, on a stack that is kept: `eip doctor` finds a sound installation."""

import json
import shlex
import subprocess
import sys
import time
from typing import Any

import pytest
import urllib3

from sandbox.demo.closing import DOCTOR, GUEST, admin
from sandbox.demo.picture import Camera, State
from sandbox.processes import Process
from sandbox.stack import Shape, Stack

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PATIENCE = 30.0


def serve(stack: Stack) -> Process:
    """Start the operator, and wait until a pod is served; the worker."""
    producer, worker = stack.producer().start(wait=False), stack.worker().start(wait=False)
    producer.wait_until_ready()
    worker.wait_until_ready()
    stack.create_pod(GUEST)
    camera, deadline = Camera(stack), time.monotonic() + PATIENCE
    while camera.take().row(GUEST).state is not State.READY:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return worker


def examined(stack: Stack) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of the doctor that is invited, and what it found."""
    command = [sys.executable, "-m", "cli", *shlex.split(DOCTOR), "--output=json"]
    ran = subprocess.run(command, env=admin(stack), capture_output=True, text=True, check=False)
    findings: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return ran.returncode, findings


def test_the_doctor_finds_a_sound_installation() -> None:
    """Two things are as they are in a sandbox: Redis forgets, and the workers are no pods of the cluster."""
    with Stack(Shape(nodes=2)) as stack:
        worker = serve(stack)

        code, findings = examined(stack)

        metrics = urllib3.request("GET", f"{worker.url}/metrics").data.decode()
        quota = stack.ec2.settings().quota
    assert {(each["check"], each["status"]) for each in findings if each["status"] != "pass"} == {
        ("redis-safety", "warn"),
        ("workers-way-out", "unknown"),
    }
    assert code == 0
    assert f"eip_quota_addresses_limit {float(quota)}" in metrics
    assert "quota of Elastic IPs is not known" not in worker.log()
