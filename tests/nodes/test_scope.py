"""Which nodes are an installation's business, and that they are not taken for pods, nor pods for them."""

import pytest

from eip import names
from eip.aliases import MATERIALIZE_AUTOCREATE_LABEL, MATERIALIZE_MANAGE_LABEL, Alias
from eip.claim import Claim
from eip.decide import Desired, EventType, Scope, decide
from eip.names import NODES
from eip.pod import OwnerMeta, Pod, PodStatus
from eip.settings import load
from eip.store.workqueue import WorkQueue
from producer.enqueue import Enqueue
from tests.workers_world import IP, OTHER, UID
from workers.ours import Identity, whose
from workers.ports import Address

MANAGED = names.MANAGE_SELECTOR
ALIASES = frozenset({Alias.MATERIALIZE})
TAGS = {
    names.CLUSTER_NAME_TAG: "demo",
    names.CLUSTER_UID_TAG: "c",
    names.POD_UID_TAG: UID,
    names.NAMESPACE_TAG: NODES,
    names.POD_NAME_TAG: "node-1",
}


def owner(namespace: str, **labels: str) -> Pod:
    """A pod, or a node in its form, with an IP."""
    metadata = OwnerMeta(uid=UID, namespace=namespace, name="a", labels=labels)
    return Pod(metadata, status=PodStatus(pod_ip=IP))


@pytest.mark.parametrize(
    ("scope", "sources"),
    [
        pytest.param(Scope(), [(None, MANAGED)], id="pods"),
        pytest.param(Scope(nodes=True), [(None, MANAGED), (NODES, MANAGED)], id="pods and nodes"),
        pytest.param(
            Scope(frozenset({"b", "a"}), nodes=True),
            [("a", MANAGED), ("b", MANAGED), (NODES, MANAGED)],
            id="some namespaces' pods, and all nodes",
        ),
        pytest.param(
            Scope(aliases=ALIASES, nodes=True),
            [(None, ""), (NODES, MANAGED)],
            id="nodes never in another operator's words",
        ),
    ],
)
def test_what_is_listed(scope: Scope, sources: list[tuple[str | None, str]]) -> None:
    """Nodes in a list of their own."""
    assert scope.sources == sources


@pytest.mark.parametrize("namespaces", [frozenset[str](), frozenset({"shop"})])
def test_nodes_are_served_by_their_own_setting(namespaces: frozenset[str]) -> None:
    """Whatever namespaces are."""
    assert Scope(namespaces, nodes=True).serves(NODES)
    assert not Scope(namespaces).serves(NODES)


def test_another_operators_mark_asks_for_no_nodes_address() -> None:
    """Nobody lists nodes by it: one that lost our label would keep its address for ever."""
    labels = {MATERIALIZE_MANAGE_LABEL: "x", MATERIALIZE_AUTOCREATE_LABEL: "true"}
    scope = Scope(aliases=ALIASES, nodes=True)

    assert decide(EventType.READ, owner(NODES, **labels), scope).rule == "not-managed"
    assert decide(EventType.READ, owner("shop", **labels), scope).desired is Desired.SERVE


def test_without_the_setting_a_node_is_out_of_scope() -> None:
    """The reason names the setting."""
    found = decide(EventType.READ, owner(NODES, **{names.MANAGE_LABEL: "true"}), Scope())

    assert (found.rule, found.reason) == ("out-of-scope", "EIP_NODES is not true")


def test_without_the_setting_a_nodes_address_is_not_ours_to_touch() -> None:
    """Another installation in the same cluster may serve nodes."""
    address, identity = Address("eipalloc-1", "198.51.100.1", tags=TAGS), Identity("demo", "c")

    assert whose(address, identity, Scope(nodes=True)) == ""
    assert "not served here" in whose(address, identity, Scope())


def test_a_namespaces_limit_is_not_for_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in none, and who labels nodes is an admin."""
    given = {"CLUSTER_NAME": "demo", "REDIS_URL": "redis://127.0.0.1", "NAMESPACE_LIMIT": "1"}
    for name, value in given.items():
        monkeypatch.setenv(f"EIP_{name}", value)
    settings = load()

    assert (settings.limit_of("shop"), settings.limit_of(NODES)) == (1, 0)


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        pytest.param(None, {"shop"}, id="all pods"),
        pytest.param("shop", {"shop"}, id="a namespace's pods"),
        pytest.param("bank", set[str](), id="another namespace's pods"),
        pytest.param(NODES, {NODES}, id="the nodes"),
    ],
)
def test_a_list_speaks_of_its_own_kind_alone(
    work_queue: WorkQueue, listed: str | None, left: set[str]
) -> None:
    """An empty list of pods says nothing of nodes, nor one of nodes of pods."""
    enqueue = Enqueue(work_queue, Scope(nodes=True), ())
    for uid, namespace in ((UID, "shop"), (OTHER, NODES)):
        claim = Claim(uid=uid, namespace=namespace, name="a", desired=Desired.SERVE, allocation_id="e")
        work_queue.update(uid, lambda _, claim=claim: claim)  # type: ignore[misc]

    enqueue.compare(listed, set(), fence=1)

    claims = work_queue.ledger.claims([UID, OTHER]).values()
    assert {claim.namespace for claim in claims if claim.desired is Desired.RELEASE} == left
