"""What the chart has for Prometheus, Grafana and KEDA: nothing by default, and on request what works."""

import json

import pytest
import yaml

from tests.chart.helm import CHART, NAMESPACE, RELEASE, HelmError, Manifest, one, render
from tests.chart.manifests import KEDA, pod_spec

OURS = {"PodMonitor", "PrometheusRule", "ScaledObject"}
"""Kinds whose CRDs a cluster may lack."""

SCRAPED = {"monitoring": {"podMonitor": {"enabled": True}}}
RULES = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]


def rules(**values: object) -> Manifest:
    """The PrometheusRule of these values."""
    given = {"monitoring": {"rules": {"enabled": True, **values}}}
    return one(render(given), "PrometheusRule", "monitoring")


def alerts(manifest: Manifest) -> dict[str, Manifest]:
    """The alerts of a PrometheusRule by name."""
    every = [rule for group in manifest["spec"]["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule for rule in every if "alert" in rule}


def test_nothing_needs_a_crd_by_default(default: list[Manifest]) -> None:
    """A cluster without these operators would refuse the whole release."""
    assert not OURS & {manifest["kind"] for manifest in default}
    assert "ConfigMap" not in {manifest["kind"] for manifest in default}


def test_pod_monitor_finds_who_serves_metrics() -> None:
    """Producer and workers by labels that their pods have, and neither Flower nor Redis."""
    manifests = render(SCRAPED)
    selector = one(manifests, "PodMonitor", "monitoring")["spec"]["selector"]
    (choice,) = selector["matchExpressions"]

    assert (choice["key"], choice["operator"]) == ("app.kubernetes.io/component", "In")
    assert choice["values"] == ["producer", "worker"]
    for component in choice["values"]:
        labels = one(manifests, "Deployment", component)["spec"]["template"]["metadata"]["labels"]
        assert selector["matchLabels"].items() <= labels.items()


def test_pod_monitor_asks_a_port_that_is_named() -> None:
    """Prometheus' operator finds it by its name in the pod."""
    manifests = render(SCRAPED)
    (endpoint,) = one(manifests, "PodMonitor", "monitoring")["spec"]["podMetricsEndpoints"]

    for component in ("producer", "worker"):
        (container,) = pod_spec(manifests, component)["containers"]
        assert {"name": endpoint["port"], "containerPort": 8080} in container["ports"]


def test_the_scraper_is_let_in() -> None:
    """From the namespace that is named, to that port, whatever the other policies say."""
    given = {"monitoring": {**SCRAPED["monitoring"], "scraperNamespace": "prometheus"}}
    policy = one(render(given), "NetworkPolicy", "monitoring")["spec"]
    (rule,) = policy["ingress"]

    assert rule["ports"] == [{"port": 8080}]
    assert rule["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "prometheus"}}}
    ]
    assert policy["policyTypes"] == ["Ingress"]


def test_the_scraper_is_whom_the_user_named_for_the_producer() -> None:
    """Without a namespace of its own; else scraping would open what `metricsFrom` had closed."""
    named = [{"namespaceSelector": {"matchLabels": {"team": "network"}}}]
    manifests = render({**SCRAPED, "networkPolicy": {"metricsFrom": named}})

    for component in ("monitoring", "producer"):
        assert one(manifests, "NetworkPolicy", component)["spec"]["ingress"][0]["from"] == named
    (rule,) = one(render(SCRAPED), "NetworkPolicy", "monitoring")["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {}}]


def test_workers_stay_closed_without_a_scraper() -> None:
    """Alerts and a dashboard alone scrape nothing."""
    given = {"rules": {"enabled": True}, "dashboards": {"enabled": True}, "scraperNamespace": "prometheus"}
    policies = [each for each in render({"monitoring": given}) if each["kind"] == "NetworkPolicy"]

    assert "monitoring" not in {
        each["metadata"]["labels"]["app.kubernetes.io/component"] for each in policies
    }


def test_annotations_are_for_those_without_the_operator() -> None:
    """On producer and workers, beside the user's own, and on nothing that serves no metrics."""
    own = {"podAnnotations": {"team": "network"}}
    manifests = render({"monitoring": {"scrapeAnnotations": True}, "worker": own, "flower": own})

    def annotations(component: str) -> Manifest:
        return dict(one(manifests, "Deployment", component)["spec"]["template"]["metadata"]["annotations"])

    assert annotations("worker") == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8080",
        "prometheus.io/path": "/metrics",
        "team": "network",
    }
    assert annotations("producer")["prometheus.io/scrape"] == "true"
    assert annotations("flower") == {"team": "network"}


def test_rules_are_those_of_the_file() -> None:
    """The chart changes nothing that was tested."""
    assert rules()["spec"]["groups"] == RULES


def test_an_alert_is_left_out_on_request() -> None:
    """And no other rule."""
    every, fewer = alerts(rules()), alerts(rules(disabled=["EipQuotaNear"]))

    assert every.keys() - fewer.keys() == {"EipQuotaNear"}


def test_an_unknown_alert_is_not_left_out_silently() -> None:
    """A typo would leave the alert on."""
    with pytest.raises(HelmError, match="EipQuotaNeer, which is no alert"):
        rules(disabled=["EipQuotaNeer"])


def test_alerts_get_the_labels_of_the_user() -> None:
    """Beside the severity, for Alertmanager's routes; and the object those by which it is selected."""
    made = rules(alertLabels={"team": "network"}, labels={"release": "p"})

    assert alerts(made)["EipNoLeader"]["labels"] == {"severity": "critical", "team": "network"}
    assert made["metadata"]["labels"]["release"] == "p"


def test_alerts_lead_to_the_runbook_of_the_user() -> None:
    """Each to its chapter there; to nowhere while nobody has said where it is."""
    url = "https://wiki.example/eip"
    leading = alerts(rules(runbookUrl=url))

    assert {name: alert["annotations"]["runbook_url"] for name, alert in leading.items()} == {
        name: f"{url}#{name.lower()}" for name in alerts(rules())
    }
    assert not [each for each in alerts(rules()).values() if "runbook_url" in each["annotations"]]


def test_the_dashboard_is_found_by_grafanas_sidecar() -> None:
    """By the label that it looks for, and whole."""
    given = {"dashboards": {"enabled": True, "annotations": {"grafana_folder": "Platform"}}}
    made = one(render({"monitoring": given}), "ConfigMap", "dashboards")

    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert made["metadata"]["annotations"] == {"grafana_folder": "Platform"}
    for name, text in made["data"].items():
        assert json.loads(text) == json.loads((CHART / "files" / "dashboards" / name).read_text())


def test_a_dashboard_needs_no_label() -> None:
    """Who mounts it, instead of having a sidecar find it, takes the label away."""
    given = {"dashboards": {"enabled": True, "labels": {"grafana_dashboard": None}}}

    assert (
        "grafana_dashboard"
        not in one(render({"monitoring": given}), "ConfigMap", "dashboards")["metadata"]["labels"]
    )


def test_keda_alone_says_how_many_workers() -> None:
    """With `replicas` in the Deployment each upgrade would undo what KEDA did."""
    manifests = render({"keda": KEDA})
    scaled = one(manifests, "ScaledObject", "worker")["spec"]
    deployment = one(manifests, "Deployment", "worker")

    assert "replicas" not in deployment["spec"]
    assert scaled["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 4)
    assert f'namespace="{NAMESPACE}"' in scaled["triggers"][0]["metadata"]["query"]
    assert one(manifests, "PodDisruptionBudget", "worker")


def test_workers_are_never_scaled_to_none() -> None:
    """A freed address is to be off its IP within 30 s."""
    with pytest.raises(HelmError, match="minReplicas"):
        render({"keda": {**KEDA, "minReplicas": 0}})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"enabled": True}, "keda.prometheusUrl is not set"),
        ({**KEDA, "minReplicas": 5}, "minReplicas is 5 and maxReplicas 4"),
    ],
    ids=["without Prometheus", "more at least than at most"],
)
def test_what_keda_could_not_use_is_refused(values: Manifest, message: str) -> None:
    """In words, before anything is installed."""
    with pytest.raises(HelmError, match=message):
        render({"keda": values})


def test_names_are_the_releases() -> None:
    """Two releases in one namespace do not overwrite each other's."""
    manifests = render({"keda": KEDA, "monitoring": {"rules": {"enabled": True}, **SCRAPED["monitoring"]}})
    names = {each["metadata"]["name"] for each in manifests if each["kind"] in OURS}

    assert names == {f"{RELEASE}-monitoring", f"{RELEASE}-worker"}
