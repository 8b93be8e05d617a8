"""The chart as a release packages it: with the image of that release, and with where its runbook is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.chart.helm import CHART, ROOT, Manifest, find, one, run
from tests.chart.manifests import pod_specs

IMAGE = "docker.io/publisher/k8s-eip-operator"
DIGEST = "sha256:" + "1" * 64
RUNBOOK = "https://github.com/owner/repository/blob/v1.2.3/docs/runbook.md"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    """What a user gets of it, who says nothing of image and runbook."""
    folder = tmp_path_factory.mktemp("released")
    shutil.copytree(CHART, folder / "helm")
    (folder / "bin").mkdir()
    (folder / "bin" / "helm").symlink_to(find())
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "IMAGE": IMAGE,
        "DIGEST": DIGEST,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "owner/repository",
        "GITHUB_REF_NAME": "v1.2.3",
    }
    subprocess.run(["/bin/bash", "-e", "-c", _packaging()], cwd=folder, env=environment, check=True)
    [package] = folder.glob("*.tgz")
    given = "clusterName=games,region=eu-central-1,monitoring.rules.enabled=true"
    return [each for each in yaml.safe_load_all(run("template", "a", str(package), "--set", given)) if each]


def _packaging() -> str:
    """The step of the workflow that makes the package."""
    path = Path(ROOT / ".github" / "workflows" / "release.yml")
    steps = yaml.safe_load(path.read_text())["jobs"]["chart"]["steps"]
    [script] = [step["run"] for step in steps if "helm package" in step.get("run", "")]
    return str(script)


def test_it_names_its_image_by_digest(released: list[Manifest]) -> None:
    """In every pod but that of Redis."""
    images = {name: spec["containers"][0]["image"] for name, spec in pod_specs(released)}

    assert images.pop("redis").startswith("docker.io/valkey/valkey@")
    assert set(images.values()) == {f"{IMAGE}@{DIGEST}"}


def test_its_alerts_lead_to_its_runbook(released: list[Manifest]) -> None:
    """That of the same tag."""
    groups = one(released, "PrometheusRule", "monitoring")["spec"]["groups"]
    urls = {
        rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"] if "alert" in rule
    }

    assert f"{RUNBOOK}#eipnoleader" in urls
    assert all(url.startswith(f"{RUNBOOK}#eip") for url in urls)


def test_it_says_its_version(released: list[Manifest]) -> None:
    """In the labels, by which one sees what runs."""
    labels = one(released, "Deployment", "worker")["metadata"]["labels"]

    assert labels["app.kubernetes.io/version"] == "1.2.3"
    assert labels["helm.sh/chart"] == "k8s-eip-operator-1.2.3"
