"""Redis over TLS with an authority of one's own, a user and a password; and a Redis that is not fit."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eip.store.keys import Keys
from sandbox.kubernetes.real import RealControlPlane
from sandbox.processes import CELERY, ROOT, Process, has_logged
from tests import clusters
from tests.journeys import installation as installed
from tests.journeys.guarded_redis import PASSWORD, GuardedRedis, make_certificates
from tests.journeys.installation import Installation

pytestmark = clusters.NEAREST

COMMANDS = {
    "producer": [sys.executable, "-m", "producer"],
    "worker": [*CELERY, "worker", "--hostname", "refused@sandbox"],
}
UNFIT = {
    "evicts": ("maxmemory-policy allkeys-lru", "set maxmemory-policy to noeviction"),
    "is a cluster": ("cluster-enabled yes", "points to a Redis Cluster"),
}
END_SECONDS = 90


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which each authority has its own."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def guarded(certificates: Path) -> Iterator[GuardedRedis]:
    """The Redis of the installation."""
    with GuardedRedis(make_certificates(certificates, "right")) as server:
        yield server


@pytest.fixture(scope="module")
def installation(
    certificates: Path, guarded: GuardedRedis, control_plane: RealControlPlane | None
) -> Iterator[Installation]:
    """An operator that knows the authority."""
    tls = {"redis_url": guarded.url, "redis_ca_file": str(certificates / "right" / "ca.pem")}
    shape = replace(installed.SHAPE, settings={**installed.SHAPE.settings, **tls})
    with Installation(shape, control_plane) as running:
        yield running


def test_a_pod_is_served(stack: Installation, guarded: GuardedRedis) -> None:
    """Claims and Celery go through it alike, with a user that may do nothing dangerous."""
    stack.create_pod("web")
    stack.until_served("web")

    with guarded.client() as client:
        kept = set(client.scan_iter("*"))
    assert {Keys.EPOCH, "_kombu.binding.release"} <= kept
    stack.delete_pod("web")
    stack.until_gone("web")


@pytest.mark.parametrize("program", COMMANDS)
def test_another_authority(stack: Installation, tmp_path: Path, program: str) -> None:
    """Its certificate is not believed; one line says why, and what to do."""
    wrong = str(make_certificates(tmp_path, "wrong").authority)
    environment = stack.environment(program) | {"EIP_HEALTH_PORT": "0", "EIP_REDIS_CA_FILE": wrong}
    process = Process(
        program, COMMANDS[program], environment, tmp_path, has_logged("CERTIFICATE_VERIFY_FAILED")
    )
    process.start()
    process.terminate()

    [line] = [line for line in process.log().splitlines() if "Redis is away" in line]
    assert "set EIP_REDIS_CA_FILE" in json.loads(line)["remedy"]
    assert "Traceback" not in process.log()


def refused(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Start a program that is to end by itself."""
    return subprocess.run(
        COMMANDS[program],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("program", COMMANDS)
@pytest.mark.parametrize(("line", "remedy"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_redis(stack: Installation, program: str, line: str, remedy: str) -> None:
    """Refused at start with one line, which says what to do."""
    with GuardedRedis(lines=[line]) as server:
        other = {"EIP_HEALTH_PORT": "0", "EIP_REDIS_URL": server.url, "PYTHONWARNINGS": "ignore"}
        ended = refused(program, stack.environment(program) | other)

    said = [line for line in (ended.stdout + ended.stderr).splitlines() if '"level": "info"' not in line]
    assert ended.returncode != 0
    assert len(said) == 1, said
    assert remedy in said[0]
    assert PASSWORD not in said[0]
