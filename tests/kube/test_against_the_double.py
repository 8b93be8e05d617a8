"""The client, the watch and the Lease over real HTTP, against the project's Kubernetes double."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eip import names
from eip.clock import SystemClock
from eip.decide import EventType, Scope
from eip.errors import KubernetesError, SettingsError
from eip.kubernetes import client
from eip.kubernetes.client import Kubernetes
from producer.elector import Elector
from producer.inbox import Inbox
from producer.watch import Changed, Item, Listed, Page
from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.control import Control
from sandbox.kubernetes.double import KubernetesDouble

PATIENCE = 20.0
CONDITION = {
    "type": names.READY_CONDITION,
    "status": "True",
    "reason": "Associated",
    "message": "",
    "lastTransitionTime": "2026-11-24T09:00:00Z",
}


@pytest.fixture(scope="module")
def double() -> Iterator[KubernetesDouble]:
    """One server for the module; each test has a namespace of its own."""
    with KubernetesDouble() as double:
        yield double


@pytest.fixture(scope="module")
def admin(double: KubernetesDouble) -> ApiClient:
    """Whoever creates and deletes pods."""
    return ApiClient(double.url, double.token, double.certificate)


@pytest.fixture(scope="module")
def kubernetes(double: KubernetesDouble) -> Iterator[Kubernetes]:
    """The client, with a kubeconfig as its user would name it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", str(double.kubeconfig))
        kubernetes = client.connect(timeout=10.0)
    yield kubernetes
    kubernetes.close()


COUNT = itertools.count()


@pytest.fixture
def namespace(admin: ApiClient) -> str:
    """A namespace of the test's own."""
    name = f"test-{next(COUNT)}"
    assert admin.post("/api/v1/namespaces", {"metadata": {"name": name}}).status == 201
    return name


def create(admin: ApiClient, namespace: str, name: str, managed: str = "true") -> dict[str, Any]:
    """A pod."""
    pod = {
        "metadata": {"name": name, "labels": {names.MANAGE_LABEL: managed}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    answer = admin.post(f"/api/v1/namespaces/{namespace}/pods", pod)
    assert answer.status == 201, answer.body
    created: dict[str, Any] = answer.body
    return created


def arriving(inbox: Inbox) -> Iterator[Item]:
    """Item after item, until none comes any more."""
    while item := inbox.get(PATIENCE):
        yield item


def take(inbox: Inbox, number: int) -> list[Item]:
    """That many items, each of which must come."""
    items = list(itertools.islice(arriving(inbox), number))
    assert len(items) == number
    return items


def until_deleted(inbox: Inbox, name: str) -> Iterator[Changed]:
    """All that happens up to a pod's end, but for modifications on the way there."""
    while isinstance(item := inbox.get(PATIENCE), Changed):
        if item.event is not EventType.MODIFIED:
            yield item
        if (item.event, item.pod.metadata.name) == (EventType.DELETED, name):
            return


def uids(item: Item) -> set[str]:
    """Whom an item is about."""
    match item:
        case Page(_, pods):
            return {pod.uid for pod in pods}
        case Listed(_, listed):
            return set(listed)
        case Changed(_, pod):
            return {pod.uid}


@pytest.fixture
def inbox(kubernetes: Kubernetes, namespace: str, double: KubernetesDouble) -> Iterator[Inbox]:
    """A watch of the test's namespace that waits for nothing after a failure."""
    sources = Scope(frozenset({namespace})).sources
    inbox = Inbox(kubernetes, sources, SystemClock(), chance=lambda low, _: low)
    yield inbox
    inbox.stop()
    double.control.clear()


def test_lists_and_watches(admin: ApiClient, namespace: str, inbox: Inbox) -> None:
    """What is there is listed; what comes, changes and goes is told; the label decides."""
    first = create(admin, namespace, "first")
    create(admin, namespace, "unmanaged", managed="false")
    inbox.start()
    page, listed = take(inbox, 2)
    second = create(admin, namespace, "second")
    path = f"/api/v1/namespaces/{namespace}/pods"
    admin.patch(f"{path}/first", {"metadata": {"labels": {names.MANAGE_LABEL: None}}})
    admin.delete(f"{path}/second", {"gracePeriodSeconds": 0})

    assert isinstance(page, Page)
    assert listed == Listed(namespace, frozenset({first["metadata"]["uid"]}))
    changes = list(until_deleted(inbox, "second"))
    assert [(change.event, change.pod.metadata.name) for change in changes] == [
        ("ADDED", "second"),
        ("DELETED", "first"),
        ("DELETED", "second"),
    ]
    assert changes[1].pod.managed
    assert changes[2].pod.uid == second["metadata"]["uid"]


def test_a_wish_for_a_list_interrupts_the_watch(admin: ApiClient, namespace: str, inbox: Inbox) -> None:
    """The list comes while the watch would still be silent for a minute."""
    create(admin, namespace, "first")
    inbox.start()
    before = take(inbox, 2)

    inbox.relist()

    assert take(inbox, 2) == before


def expire(control: Control) -> None:
    """The place of the watch is lost, and so is the watch."""
    control.compact()
    control.error_watches(410)


@pytest.mark.parametrize(
    ("fault", "lists"),
    [
        pytest.param(Control.drop_watches, 1, id="the connection breaks"),
        pytest.param(lambda control: control.error_watches(503), 1, id="too busy"),
        pytest.param(lambda control: control.error_watches(500), 2, id="another ERROR event"),
        pytest.param(expire, 2, id="410"),
    ],
)
def test_a_watch_survives(
    admin: ApiClient,
    namespace: str,
    inbox: Inbox,
    double: KubernetesDouble,
    fault: Callable[[Control], None],
    lists: int,
) -> None:
    """What happens after the fault is told; by another list where the place may be what failed."""
    double.control.forget_requests()
    create(admin, namespace, "first")
    inbox.start()
    take(inbox, 2)
    create(admin, namespace, "second")
    take(inbox, 1)

    fault(double.control)
    take(inbox, 2 * (lists - 1))
    third = create(admin, namespace, "third")["metadata"]["uid"]

    assert any(third in uids(item) for item in arriving(inbox))
    assert double.control.counts()["list pods"] == lists


def test_refusals_of_list_and_watch_are_outlasted(
    admin: ApiClient, namespace: str, inbox: Inbox, double: KubernetesDouble
) -> None:
    """However often the API server is overloaded, what is there is told in the end."""
    first = create(admin, namespace, "first")["metadata"]["uid"]
    double.control.fail(503, count=3, verbs=("list",), resources=("pods",))
    double.control.fail(429, count=3, verbs=("watch",), resources=("pods",))

    inbox.start()

    assert take(inbox, 2)[1] == Listed(namespace, frozenset({first}))
    create(admin, namespace, "second")
    assert isinstance(inbox.get(PATIENCE), Changed)


def test_an_api_server_that_hangs_is_given_up(
    double: KubernetesDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is as long as it was told, and the answer is that there is none."""
    double.control.hang(verbs=("get",), resources=("pods",))
    monkeypatch.setenv("KUBECONFIG", str(double.kubeconfig))
    impatient = client.connect(timeout=0.1)

    with pytest.raises(KubernetesError) as raised:
        impatient.get_pod("default", "x")

    double.control.clear()
    impatient.close()
    assert raised.value.code == 0


def test_a_lost_reply_to_a_renewal_costs_no_lead(
    double: KubernetesDouble, kubernetes: Kubernetes, namespace: str
) -> None:
    """The Lease is read, found to be ours, and renewed."""
    elector = Elector(kubernetes.leases, namespace, "a", SystemClock())
    elector.turn()
    fence = elector.fence
    double.control.lose_reply(verbs=("update",), resources=("leases",))

    elector.turn()
    elector.turn()

    assert elector.fence == fence


def test_lists_in_pages(admin: ApiClient, namespace: str, kubernetes: Kubernetes) -> None:
    """All pages together are all pods."""
    for number in range(5):
        create(admin, namespace, f"pod-{number}")

    pages = list(kubernetes.list_pods(names.MANAGE_SELECTOR, namespace, limit=2))

    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert len({pod.uid for page in pages for pod in page.items}) == 5


def test_patches_the_status(admin: ApiClient, namespace: str, kubernetes: Kubernetes) -> None:
    """Annotations come and go and the condition is set, through the subresource status."""
    uid = create(admin, namespace, "web")["metadata"]["uid"]

    pod = kubernetes.patch_pod_status(namespace, "web", uid, {"a/x": "1"}, CONDITION)
    assert pod is not None
    assert (pod.annotation("a/x"), pod.condition(names.READY_CONDITION)) == ("1", "True")

    kubernetes.patch_pod_status(namespace, "web", uid, {"a/x": None}, CONDITION | {"status": "False"})
    pod = kubernetes.get_pod(namespace, "web")
    assert pod is not None
    assert (pod.annotation("a/x"), pod.condition(names.READY_CONDITION)) == ("", "False")


@pytest.mark.parametrize("name", ["druid", "gone"], ids=["another pod of that name", "no pod"])
def test_a_patch_for_another_uid_changes_nothing(
    admin: ApiClient, namespace: str, kubernetes: Kubernetes, name: str
) -> None:
    """None says that this uid is gone."""
    create(admin, namespace, "druid")

    uid = "00000000-0000-0000-0000-000000000000"
    assert kubernetes.patch_pod_status(namespace, name, uid, {"a/x": "1"}, CONDITION) is None
    druid = kubernetes.get_pod(namespace, "druid")
    assert druid is not None
    assert druid.annotation("a/x") == ""


def test_reads_what_is_not_there(kubernetes: Kubernetes, namespace: str) -> None:
    """A pod, a node and a Lease that do not exist are None."""
    assert kubernetes.get_pod(namespace, "gone") is None
    assert kubernetes.provider_id("gone") is None
    assert kubernetes.leases.get(namespace, "gone") is None


def test_reads_a_nodes_provider_id(admin: ApiClient, kubernetes: Kubernetes) -> None:
    """As the cloud controller wrote it."""
    admin.post("/api/v1/nodes", {"metadata": {"name": "n1"}, "spec": {"providerID": "aws:///az/i-1"}})

    assert kubernetes.provider_id("n1") == "aws:///az/i-1"


def test_knows_the_cluster_and_its_rights(kubernetes: Kubernetes) -> None:
    """kube-system has a uid, and an admin may patch the status of pods."""
    assert len(kubernetes.kube_system_uid()) == 36
    assert kubernetes.self_subject_access_review("patch", "pods", subresource="status")


def test_posts_an_event(admin: ApiClient, namespace: str, kubernetes: Kubernetes) -> None:
    """It can be read where `kubectl describe` looks."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "web", "uid": "u"},
        "reason": "Associated",
        "message": "m",
        "type": "Normal",
        "source": {"component": names.EVENT_SOURCE},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }

    kubernetes.create_event(event, namespace)

    [read] = admin.get(f"/api/v1/namespaces/{namespace}/events").body["items"]
    assert read["reason"] == "Associated"


def test_the_lease_changes_hands(kubernetes: Kubernetes, namespace: str) -> None:
    """One leads; it renews, gives the Lease back, and the other leads with a higher fence."""
    first, second = (Elector(kubernetes.leases, namespace, name, SystemClock()) for name in ("a", "b"))
    first.turn()
    second.turn()
    first.turn()
    fence = first.fence
    assert fence is not None
    assert second.fence is None

    first.release()
    second.turn()

    assert [first.fence, second.fence] == [None, fence + 1]


def test_a_token_that_is_not_known_is_refused(
    double: KubernetesDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 401, and no word of the token."""
    path = double.write_kubeconfig("not-a-token", "stranger")
    monkeypatch.setenv("KUBECONFIG", str(path))

    stranger = client.connect(timeout=10.0)

    with pytest.raises(KubernetesError) as raised:
        stranger.get_pod("default", "x")

    stranger.close()
    assert raised.value.code == 401
    assert "not-a-token" not in str(raised.value)


@pytest.mark.parametrize("content", [None, "{}", "no: [yaml", "current-context: x\ncontexts: []\n"])
def test_a_configuration_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    """One sentence instead of a traceback."""
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(path))

    with pytest.raises(SettingsError, match="name a kubeconfig in KUBECONFIG"):
        client.connect()
