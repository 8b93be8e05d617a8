"""The rights that are asked for are those of deploy/roles.yaml, less what the settings spare."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from cli.doctor.accounts import Asked, own_account, parsed, to_ask
from cli.doctor.checks.kubernetes import rights as check
from cli.doctor.facts import Facts
from cli.doctor.finding import Status
from cli.doctor.objects import PodTemplate, PodTemplateSpec, Workload, WorkloadSpec
from cli.doctor.rights import NODE_RIGHTS, RIGHTS, Right, Where, needed
from cli.doctor.seen import Unseen
from cli.reach.installation import Component
from eip.errors import SettingsError
from eip.kubernetes.review import ServiceAccount
from eip.pod import OwnerMeta
from sandbox import accounts
from tests.doctor.world import account, only, settings, spoil

WORKER = ServiceAccount("eip-system", "eip-worker")


def _granted(file: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """What a file of roles grants: account, group, resource, name and verb."""
    for role in yaml.safe_load_all(file.read_text()):
        for rule in role.get("rules", []):
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    for verb in rule["verbs"]:
                        who = role["metadata"]["name"].removeprefix("eip-").removesuffix("-nodes")
                        yield who, rule["apiGroups"][0], resource, name, verb


@pytest.mark.parametrize(
    ("file", "table"),
    [(accounts.ROLES, RIGHTS), (accounts.NODE_ROLES, NODE_RIGHTS)],
    ids=["roles", "roles-nodes"],
)
def test_the_rights_are_those_that_are_granted(
    file: Path, table: Mapping[Component, tuple[Right, ...]]
) -> None:
    """None is asked for that is not in deploy/, and none of them is left out."""
    asked = [
        (component.value, right.group, right.resource, right.name, right.verb)
        for component, rights in table.items()
        for right in rights
    ]

    assert sorted(_granted(file)) == sorted(asked)


def test_nodes_take_rights_only_where_they_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """To watch them, and to write on them."""
    chosen = {nodes: settings(monkeypatch, nodes=nodes) for nodes in ("false", "true")}
    asked = {
        nodes: {f"{c} {r} {n}" for c in Component for r, n in needed(c, chosen[nodes], "eip-system")}
        for nodes in chosen
    }

    assert asked["true"] - asked["false"] == {
        "producer list nodes ",
        "producer watch nodes ",
        "worker patch nodes ",
    }


def test_only_the_lease_is_asked_for_in_one_namespace() -> None:
    """As in deploy/roles.yaml, whose Role is for the Lease and whose ClusterRoles are for all else."""
    roles = [one for one in yaml.safe_load_all(accounts.ROLES.read_text()) if one["kind"] == "Role"]
    in_roles = {resource for role in roles for rule in role["rules"] for resource in rule["resources"]}
    asked = {right.resource for rights in RIGHTS.values() for right in rights if right.where is Where.LEASE}

    assert in_roles == asked == {"leases"}


def test_each_served_namespace_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """In namespaced mode neither nodes nor kube-system are needed, and pods only where they are served."""
    chosen = settings(
        monkeypatch, namespaces="games,voice", read_nodes="false", vpc_id="vpc-1", cluster_uid="u"
    )

    asked = {(str(right), namespace) for right, namespace in needed(Component.WORKER, chosen, "eip-system")}

    assert {namespace for _, namespace in asked} == {"games", "voice"}
    assert ("get pods", "voice") in asked
    assert not any("nodes" in right or "kube-system" in right for right, _ in asked)


def test_the_lease_is_asked_about_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever namespaces are served."""
    chosen = settings(monkeypatch, namespaces="games")

    asked = {(right.resource, namespace) for right, namespace in needed(Component.PRODUCER, chosen, "eip")}

    assert asked == {("pods", "games"), ("leases", "eip")}


def _deployment(component: str, service_account: str = "") -> Workload:
    spec = PodTemplateSpec(service_account_name=service_account)
    labels = {"app.kubernetes.io/component": component}
    meta = OwnerMeta(namespace="eip-system", name="d", labels=labels)
    return Workload(meta, WorkloadSpec(PodTemplate(spec)))


def test_a_pod_asks_for_itself() -> None:
    """Its account may not ask about others."""
    asked = to_ask((), WORKER.user, [_deployment("producer", "eip-producer")])

    assert [Asked(Component.WORKER, WORKER, itself=True)] == asked


def test_an_admin_asks_about_the_installations_accounts() -> None:
    """Those that its Deployments name; Flower needs no rights."""
    workloads = [_deployment("producer", "eip-producer"), _deployment("worker"), _deployment("flower", "f")]

    asked = to_ask((), "admin", workloads)

    assert [(one.component, one.account.name, one.itself) for one in asked] == [
        (Component.PRODUCER, "eip-producer", False),
        (Component.WORKER, "default", False),
    ]


def test_a_named_account_is_asked_about_and_no_other() -> None:
    """Whoever asks; its name tells whose rights it needs."""
    asked = to_ask([ServiceAccount("a", "x-producer")], WORKER.user, [_deployment("worker", "w")])

    assert [Asked(Component.PRODUCER, ServiceAccount("a", "x-producer"))] == asked


@pytest.mark.parametrize("text", ["eip-worker", "/eip-worker", "eip-system/", "a/b/c", ""])
def test_an_account_without_namespace_is_refused(text: str) -> None:
    """The error shows what was given."""
    with pytest.raises(SettingsError, match="NAMESPACE/NAME"):
        parsed(text)


@pytest.mark.parametrize("user", ["admin", "system:serviceaccount:eip", "system:node:a"])
def test_others_than_service_accounts_are_nobodys_account(user: str) -> None:
    """They ask about the installation's."""
    assert own_account(user) is None


def test_missing_rights_fail_by_name(facts: Facts) -> None:
    """Each of them is named, and no other."""
    spoilt = account(Component.WORKER, "patch pods/status", "get namespaces kube-system")

    finding = only(check, spoil(facts, "kubernetes", rights=(spoilt,)))

    assert (finding.check, finding.status) == ("rights-worker", Status.FAIL)
    assert finding.seen == "eip-system/eip-worker may not patch pods/status, get namespaces kube-system"


def test_without_the_right_to_ask_the_rights_are_unknown(facts: Facts) -> None:
    """A missing right to ask is no missing right."""
    denied = account(Component.WORKER)
    hidden = type(denied)(denied.component, denied.account, Unseen("no right to create reviews"))

    assert Status.UNKNOWN is only(check, spoil(facts, "kubernetes", rights=(hidden,))).status


def test_without_an_installation_the_rights_are_unknown(facts: Facts) -> None:
    """The way to name the accounts is said."""
    finding = only(check, spoil(facts, "kubernetes", rights=()))

    assert finding.status is Status.UNKNOWN
    assert "--service-account" in finding.mend
