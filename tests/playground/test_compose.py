"""The playground of docker-compose.yml: what it runs, in which order, and who can reach it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from eip.names import MANAGE_LABEL
from eip.settings import unknown_variables
from sandbox import localstack
from tests.playground.seeding import seed

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = ("seed", "producer", "worker", "flower")
RUNNING = sorted(SERVICES.keys() - {"seed"})


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """EC2 as moto has it, from which LocalStack takes it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "playground")
    with mock_aws():
        yield boto3.client("ec2", region_name="us-east-1")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - set(OURS)))
def test_images_are_pinned(name: str) -> None:
    """A release, and never the newest."""
    assert re.search(r":v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$", SERVICES[name]["image"])


def test_the_image_is_built_once() -> None:
    """Docker builds services at the same time, and refuses the second image of a name: "already exists"."""
    assert [name for name in OURS if "build" in SERVICES[name]] == ["seed"]
    assert {SERVICES[name]["image"] for name in OURS} == {"k8s-eip-operator:local"}


@pytest.mark.parametrize("name", OURS)
def test_the_image_is_not_asked_of_a_registry(name: str) -> None:
    """There it would be another's."""
    assert SERVICES[name]["pull_policy"] == "never"


@pytest.mark.parametrize("name", [name for name in SERVICES if "ports" in SERVICES[name]])
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    """There are no passwords in the playground."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


@pytest.mark.parametrize("name", RUNNING)
def test_health_is_checked(name: str) -> None:
    """`docker compose up --wait` returns when all is usable, whoever built the image."""
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", ["producer", "worker", "flower"])
def test_processes_start_when_there_is_something_to_see(name: str) -> None:
    """Redis is healthy and the seed is sown."""
    assert SERVICES[name]["depends_on"] == {
        "redis": {"condition": "service_healthy"},
        "seed": {"condition": "service_completed_successfully"},
    }


@pytest.mark.parametrize("name", OURS)
def test_processes_are_locked_up(name: str) -> None:
    """As in a cluster."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert unknown_variables(service["environment"]) == []


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_observability_is_on_request(name: str) -> None:
    """Only with `--profile observability`."""
    assert SERVICES[name]["profiles"] == ["observability"]


def test_mounts_exist() -> None:
    """A path that is missing would become an empty folder."""
    mounts = [
        mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", ())
    ]

    assert mounts
    assert [mount for mount in mounts if not (ROOT / mount).exists()] == []


def test_the_localstack_of_the_tests_is_the_playgrounds() -> None:
    """`make localstack` runs the release that the image holds."""
    assert f":{localstack.version()}@" in SERVICES["localstack"]["image"]


def test_the_seed_labels_what_the_operator_serves() -> None:
    """It is a script without imports of ours, and so has the label by heart."""
    assert seed.LABEL == MANAGE_LABEL


def test_every_pod_ip_is_the_first_of_an_interface(ec2: Any) -> None:
    """LocalStack would associate the first IP whatever it is told."""
    instance_id, _ = seed.instance(ec2, seed.network(ec2), "node-1", "10.0.0.10", "10.0.1.0/28")

    mine = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    found = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    assert {each["PrivateIpAddress"] for each in found} == {"10.0.0.10", *(f"10.0.1.{n}" for n in range(16))}


def test_the_seed_makes_nothing_twice(ec2: Any) -> None:
    """`docker compose up` runs it each time."""
    first = seed.network(ec2), seed.instance(ec2, seed.network(ec2), "node-1", "10.0.0.10", "10.0.1.0/28")
    second = seed.network(ec2), seed.instance(ec2, seed.network(ec2), "node-1", "10.0.0.10", "10.0.1.0/28")

    assert first == second
