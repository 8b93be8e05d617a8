"""Lists: selectors, pages and versions."""

from typing import TYPE_CHECKING

import pytest

from tests.doubles.kubernetes.conftest import Namespace

if TYPE_CHECKING:
    from sandbox.kubernetes.status import JsonObject


def names(namespace: Namespace, query: str = "") -> list[str]:
    """The names that a list answers, in its order."""
    return [item["metadata"]["name"] for item in namespace.api.get(f"{namespace.pods}{query}").body["items"]]


def test_items_have_no_kind(namespace: Namespace) -> None:
    """The list has a kind, an item in it has none."""
    namespace.create("a")

    body = namespace.api.get(namespace.pods).body

    assert (body["kind"], body["apiVersion"]) == ("PodList", "v1")
    assert not body["items"][0].keys() & {"kind", "apiVersion"}


def test_lists_all_namespaces(namespace: Namespace) -> None:
    """The path without a namespace has the pods of all."""
    uid = namespace.create("a")["metadata"]["uid"]

    assert uid in {item["metadata"]["uid"] for item in namespace.api.get("/api/v1/pods").body["items"]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=web", ["a", "b"]),
        ("app==web,tier=gold", ["a"]),
        ("app!=web", ["c"]),
        ("app in (web, db)", ["a", "b"]),
        ("app notin (web)", ["c"]),
        ("tier", ["a"]),
        ("!tier", ["b", "c"]),
        ("app=", []),
        ("", ["a", "b", "c"]),
    ],
)
def test_selects_by_label(namespace: Namespace, selector: str, expected: list[str]) -> None:
    """Equality, sets and existence; all terms must hold."""
    namespace.create("a", labels={"app": "web", "tier": "gold"})
    namespace.create("b", labels={"app": "web"})
    namespace.create("c")

    assert names(namespace, f"?labelSelector={selector.replace(' ', '%20')}") == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("metadata.name=a", ["a"]),
        ("metadata.name!=a", ["b"]),
        ("spec.nodeName=node-1", ["b"]),
        ("spec.nodeName=", ["a"]),
        ("status.phase=Running", ["b"]),
        ("status.phase!=Running,metadata.name=b", []),
    ],
)
def test_selects_by_field(namespace: Namespace, selector: str, expected: list[str]) -> None:
    """The fields of pods that the server indexes."""
    namespace.create("a")
    namespace.create("b", node="node-1")
    namespace.api.patch(f"{namespace.pod('b')}/status", {"status": {"phase": "Running"}})

    assert names(namespace, f"?fieldSelector={selector}") == expected


def test_selects_by_ip(namespace: Namespace) -> None:
    """The pods of all namespaces that have an IP, labelled or not; a pod without one has none."""
    for name, ip in (("a", "10.9.8.7"), ("b", "10.9.8.70"), ("c", "")):
        namespace.create(name)
        if ip:
            status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}
            namespace.api.patch(f"{namespace.pod(name)}/status", {"status": status})

    found = namespace.api.get("/api/v1/pods?fieldSelector=status.podIP=10.9.8.7&limit=500").body

    ours = [item for item in found["items"] if item["metadata"]["namespace"] == namespace.name]
    assert [(pod["metadata"]["name"], pod["status"]["podIP"]) for pod in ours] == [("a", "10.9.8.7")]
    assert {pod["status"]["podIP"] for pod in found["items"]} == {"10.9.8.7"}


def test_nodes_come_in_pages(namespace: Namespace) -> None:
    """Each of them once, with its providerID; the last page has no token."""
    made = {f"{namespace.name}-{letter}": f"aws:///az/i-{letter}" for letter in "abcde"}
    for name, provider_id in made.items():
        node = {"metadata": {"name": name}, "spec": {"providerID": provider_id}}
        assert namespace.api.post("/api/v1/nodes", node).status == 201

    found: list[JsonObject] = []
    token = "first"
    while token:
        query = f"limit=2&continue={token}" if found else "limit=2"
        page = namespace.api.get(f"/api/v1/nodes?{query}").body
        assert len(page["items"]) <= 2
        found += page["items"]
        token = page["metadata"].get("continue", "")

    seen = [item["metadata"]["name"] for item in found]
    assert len(seen) == len(set(seen))
    ours = {item["metadata"]["name"]: item["spec"]["providerID"] for item in found}
    assert made.items() <= ours.items()
    for name in made:
        namespace.api.delete(f"/api/v1/nodes/{name}")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("fieldSelector=spec.foo=x", "field label not supported: spec.foo"),
        ("labelSelector=a%20b", "unable to parse requirement: "),
        ("labelSelector=a%20in%20x", "unable to parse requirement: "),
        ("resourceVersion=abc", "invalid resource version: resourceVersion: Invalid value: "),
        ("limit=1&continue=abc", "invalid continue token: continue key is not valid: "),
    ],
)
def test_refuses_what_it_cannot_parse(namespace: Namespace, query: str, message: str) -> None:
    """400 BadRequest says which parameter."""
    reply = namespace.api.get(f"{namespace.pods}?{query}")

    assert (reply.status, reply.body["reason"]) == (400, "BadRequest")
    assert reply.body["message"].startswith(message)


def test_pages_show_one_moment(namespace: Namespace) -> None:
    """All pages have the first one's resourceVersion; what is written in between is on none of them."""
    for name in "abcde":
        namespace.create(name)
    first = namespace.api.get(f"{namespace.pods}?limit=2").body
    namespace.create("aa")
    namespace.api.delete(namespace.pod("d"))

    second = namespace.api.get(f"{namespace.pods}?limit=2&continue={first['metadata']['continue']}").body
    third = namespace.api.get(f"{namespace.pods}?limit=2&continue={second['metadata']['continue']}").body

    pages = [[item["metadata"]["name"] for item in page["items"]] for page in (first, second, third)]
    assert pages == [["a", "b"], ["c", "d"], ["e"]]
    assert len({page["metadata"]["resourceVersion"] for page in (first, second, third)}) == 1
    assert [page["metadata"].get("remainingItemCount") for page in (first, second, third)] == [3, 1, None]
    assert "continue" not in third["metadata"]
    assert names(namespace) == ["a", "aa", "b", "c", "e"]


def test_does_not_count_what_remains_of_a_selection(namespace: Namespace) -> None:
    """With a selector the number of remaining items is not known."""
    for name in "abc":
        namespace.create(name, labels={"x": "1"})

    metadata = namespace.api.get(f"{namespace.pods}?limit=2&labelSelector=x=1").body["metadata"]

    assert "continue" in metadata
    assert "remainingItemCount" not in metadata


def test_refuses_a_version_beside_a_token(namespace: Namespace) -> None:
    """The token says the version."""
    for name in "ab":
        namespace.create(name)
    metadata = namespace.api.get(f"{namespace.pods}?limit=1").body["metadata"]

    reply = namespace.api.get(
        f"{namespace.pods}?limit=1&continue={metadata['continue']}&resourceVersion={metadata['resourceVersion']}"
    )

    assert reply.status == 400
    assert reply.body["message"] == "specifying resource version is not allowed when using continue"


def test_shows_an_exact_moment(namespace: Namespace) -> None:
    """With resourceVersionMatch=Exact a list shows the past."""
    version = namespace.create("a")["metadata"]["resourceVersion"]
    namespace.create("b")

    body = namespace.api.get(f"{namespace.pods}?resourceVersion={version}&resourceVersionMatch=Exact").body

    assert body["metadata"]["resourceVersion"] == version
    assert [item["metadata"]["name"] for item in body["items"]] == ["a"]


def test_refuses_a_version_of_the_future(namespace: Namespace) -> None:
    """504 with Retry-After, and a cause that clients know."""
    reply = namespace.api.get(f"{namespace.pods}?resourceVersion=999999999")

    assert (reply.status, reply.headers["Retry-After"]) == (504, "1")
    assert reply.body["message"].startswith("Timeout: Too large resource version: 999999999, current: ")
    assert reply.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert reply.body["details"]["retryAfterSeconds"] == 1


def test_refuses_a_match_without_a_version(namespace: Namespace) -> None:
    """A resourceVersionMatch alone means nothing."""
    reply = namespace.api.get(f"{namespace.pods}?resourceVersionMatch=Exact")

    assert reply.status == 422
    assert reply.body["message"] == (
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
        "resourceVersionMatch is forbidden unless resourceVersion is provided"
    )
