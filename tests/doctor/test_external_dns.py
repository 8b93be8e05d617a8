"""Which annotation a running external-dns reads, and whether it is written."""

import pytest

from cli.doctor.checks.external_dns import external_dns
from cli.doctor.facts import ExternalDns, Facts
from cli.doctor.finding import Status
from tests.doctor.world import healthy, only, settings, spoil

P, F, U = Status.PASS, Status.FAIL, Status.UNKNOWN
STABLE, ALPHA = "external-dns.kubernetes.io/target", "external-dns.alpha.kubernetes.io/target"
IMAGE = "registry.k8s.io/external-dns/external-dns"
OLD, NEW = f"{IMAGE}:v0.21.0", f"{IMAGE}:v0.22.0@sha256:00"


@pytest.mark.parametrize(
    ("image", "arguments", "written", "status"),
    [
        pytest.param(NEW, (), STABLE, P, id="new-reads-stable"),
        pytest.param(NEW, (), ALPHA, F, id="new-does-not-read-alpha"),
        pytest.param(OLD, (), ALPHA, P, id="old-reads-alpha"),
        pytest.param(OLD, (), STABLE, F, id="old-does-not-read-stable"),
        pytest.param("bitnami/external-dns:1.0", (), STABLE, P, id="version-one-without-v"),
        pytest.param(
            NEW, ("--annotation-prefix=external-dns.alpha.kubernetes.io/",), ALPHA, P, id="told-alpha"
        ),
        pytest.param(NEW, ("--annotation-prefix", "dns.example/"), STABLE, F, id="told-its-own"),
        pytest.param(NEW, ("--enable-legacy-annotation-prefix",), ALPHA, P, id="reads-alpha-too"),
        pytest.param(f"{IMAGE}:latest", (), STABLE, U, id="no-version"),
        pytest.param(f"{IMAGE}@sha256:00", (), STABLE, U, id="digest-alone"),
        pytest.param(OLD, (), "", P, id="nothing-is-to-be-written"),
    ],
)
def test_external_dns(
    monkeypatch: pytest.MonkeyPatch, image: str, arguments: tuple[str, ...], written: str, status: Status
) -> None:
    """It reads one prefix, which its version or its arguments say."""
    facts = healthy(settings(monkeypatch, external_dns_annotations=written))
    running = ExternalDns("dns/external-dns", image, arguments)

    assert only(external_dns, spoil(facts, "kubernetes", external_dns=(running,))).status is status


def test_its_environment_tells_it_too(facts: Facts) -> None:
    """Each of its flags may be a variable."""
    told = ExternalDns("dns/e", NEW, environment={"EXTERNAL_DNS_ANNOTATION_PREFIX": "dns.example/"})

    finding = only(external_dns, spoil(facts, "kubernetes", external_dns=(told,)))

    assert (finding.status, "dns.example/target" in finding.mend) == (F, True)


def test_each_that_runs_is_judged(facts: Facts) -> None:
    """One for the public zone and one for the private may differ."""
    both = (ExternalDns("dns/a", OLD), ExternalDns("dns/b", f"{IMAGE}:main"))

    found = external_dns(spoil(facts, "kubernetes", external_dns=both))

    assert [P, U] == [finding.status for finding in found]
