"""Who reaches whom."""

from tests.chart.helm import Manifest, one, render


def test_only_our_pods_reach_redis(default: list[Manifest]) -> None:
    """Its policy names the components, lets nobody else in, and lets it out nowhere."""
    policy = one(default, "NetworkPolicy", "redis")["spec"]

    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert "egress" not in policy
    (rule,) = policy["ingress"]
    assert [port["port"] for port in rule["ports"]] == [6379]
    peers = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in rule["from"]]
    assert peers == ["producer", "worker", "flower", "doctor"]


def test_workers_reach_the_pod_identity_agent(default: list[Manifest]) -> None:
    """Without it there are no credentials; the producer, which has none, does not reach it."""
    agent = "169.254.170.23/32"

    assert agent in str(one(default, "NetworkPolicy", "worker")["spec"]["egress"])
    assert agent not in str(one(default, "NetworkPolicy", "producer")["spec"]["egress"])


def test_the_doctor_reaches_what_workers_reach(default: list[Manifest]) -> None:
    """Else `helm test` would say nothing of their way to Redis and EC2."""
    doctor, worker = (one(default, "NetworkPolicy", component)["spec"] for component in ("doctor", "worker"))

    assert doctor["egress"] == worker["egress"]
    assert "ingress" not in doctor


def test_the_job_reaches_the_api_server_before_all_else(default: list[Manifest]) -> None:
    """In a namespace that denies by default, its policy must be there before it, and no longer than it."""
    policy, job = one(default, "NetworkPolicy", "secrets"), one(default, "Job", "secrets")
    weight = "helm.sh/hook-weight"
    before, after = policy["metadata"]["annotations"], job["metadata"]["annotations"]

    assert policy["spec"]["egress"] == [{"ports": [{"port": 443}, {"port": 6443}]}]
    assert int(before[weight]) < int(after[weight])
    assert before == {**after, weight: before[weight]}


def test_nobody_comes_in_to_workers(default: list[Manifest]) -> None:
    """They serve nothing, unless a scraper is let in."""
    policy = one(default, "NetworkPolicy", "worker")["spec"]

    assert "Ingress" in policy["policyTypes"]
    assert "ingress" not in policy


def test_flower_is_kept_to_whom_the_user_names() -> None:
    """`flowerFrom` replaces everybody in the cluster."""
    ingress = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]
    policy = one(render({"networkPolicy": {"flowerFrom": ingress}}), "NetworkPolicy", "flower")

    assert policy["spec"]["ingress"][0]["from"] == ingress


def test_no_network_policies_on_request() -> None:
    """A cluster may have policies of another kind."""
    assert not [
        each for each in render({"networkPolicy": {"enabled": False}}) if each["kind"] == "NetworkPolicy"
    ]
