"""The double's switches: each does what it says, to whom it says, as often as it says."""

import threading

import pytest
import urllib3

from sandbox.kubernetes.client import SANDBOX_AGENT, ApiClient
from sandbox.kubernetes.control import Control, ControlError
from sandbox.kubernetes.double import KubernetesDouble
from sandbox.kubernetes.status import JsonObject

PODS = "/api/v1/namespaces/default/pods"


def pod(name: str) -> JsonObject:
    """A pod."""
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "example"}]}}


@pytest.fixture
def api(double: KubernetesDouble) -> ApiClient:
    """An admin's client."""
    return ApiClient(double.url, double.token)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (410, "Expired"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
    ],
)
def test_fails_the_next_requests_and_no_more(
    double: KubernetesDouble, api: ApiClient, code: int, reason: str
) -> None:
    """`count` requests are answered with the code, and are not carried out."""
    double.control.fail(code, count=2)

    replies = [api.post(PODS, pod("a")) for _ in range(3)]

    assert [reply.status for reply in replies] == [code, code, 201]
    assert (replies[0].body["kind"], replies[0].body["reason"]) == ("Status", reason)


def test_says_when_to_come_again(double: KubernetesDouble, api: ApiClient) -> None:
    """Retry-After, in the header and in the Status."""
    double.control.fail(429, retry_after=7)

    reply = api.get(PODS)

    assert reply.headers["Retry-After"] == "7"
    assert reply.body["details"] == {"retryAfterSeconds": 7}


def test_spares_what_does_not_match(double: KubernetesDouble, api: ApiClient) -> None:
    """Verb, resource and name must all fit, and what does not fit uses nothing up."""
    api.post(PODS, pod("a"))
    api.post(PODS, pod("b"))
    double.control.fail(500, verbs=("patch",), resources=("pods/status",), name="a")

    spared = [
        api.get(PODS),
        api.patch(f"{PODS}/a", {}),
        api.patch(f"{PODS}/b/status", {}),
    ]

    assert [reply.status for reply in spared] == [200, 200, 200]
    assert api.patch(f"{PODS}/a/status", {}).status == 500


def test_lasts_until_it_is_cleared(double: KubernetesDouble, api: ApiClient) -> None:
    """A fault without a count ends by `clear`."""
    double.control.fail(503, count=None)
    during = [api.get(PODS).status for _ in range(3)]

    double.control.clear()

    assert (during, api.get(PODS).status) == ([503, 503, 503], 200)


def test_loses_the_reply_of_what_was_done(double: KubernetesDouble, api: ApiClient) -> None:
    """The pod is made, and nobody hears of it."""
    double.control.lose_reply(verbs=("create",))

    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.post(PODS, pod("a"))

    assert api.get(f"{PODS}/a").status == 200


def test_hangs_until_it_is_cleared(double: KubernetesDouble, api: ApiClient) -> None:
    """No answer comes; afterwards the connection is cut and nothing was done."""
    double.control.hang(verbs=("create",))
    failures: list[Exception] = []

    def create() -> None:
        try:
            api.post(PODS, pod("a"))
        except urllib3.exceptions.HTTPError as problem:
            failures.append(problem)

    thread = threading.Thread(target=create)
    thread.start()
    while not double.server.faults.hanging:
        thread.join(0.01)
    double.control.clear()
    thread.join()

    assert len(failures) == 1
    assert api.get(f"{PODS}/a").status == 404


def test_carries_out_late(double: KubernetesDouble, api: ApiClient) -> None:
    """A slow request is carried out all the same."""
    double.control.slow(0.01)

    assert api.post(PODS, pod("a")).status == 201


def test_drops_open_watches(double: KubernetesDouble, api: ApiClient) -> None:
    """The connection breaks in the middle of the stream."""
    with api.watch(PODS) as stream:
        following = iter(stream)
        api.post(PODS, pod("a"))
        assert next(following)["type"] == "ADDED"
        double.control.drop_watches()
        with pytest.raises(urllib3.exceptions.ProtocolError):
            next(following)


@pytest.mark.parametrize(("code", "reason"), [(410, "Expired"), (500, "InternalError")])
def test_ends_open_watches_by_an_error_event(
    double: KubernetesDouble, api: ApiClient, code: int, reason: str
) -> None:
    """One ERROR event with a Status, then the end of the stream; a later watch is well."""
    with api.watch(PODS) as stream:
        following = iter(stream)
        api.post(PODS, pod("a"))
        next(following)
        double.control.error_watches(code)
        rest = list(following)

    assert [(event["type"], event["object"]["code"], event["object"]["reason"]) for event in rest] == [
        ("ERROR", code, reason)
    ]
    with api.watch(f"{PODS}?timeoutSeconds=3") as stream:
        assert [event["type"] for event in stream] == ["ADDED"]


def test_sends_a_bookmark_at_once(double: KubernetesDouble, api: ApiClient) -> None:
    """To the watches that allow them, and to no others."""
    api.post(PODS, pod("a"))
    with (
        api.watch(f"{PODS}?allowWatchBookmarks=true") as asking,
        api.watch(f"{PODS}?timeoutSeconds=3") as silent,
    ):
        following, other = iter(asking), iter(silent)
        assert (next(following)["type"], next(other)["type"]) == ("ADDED", "ADDED")
        double.control.bookmark_watches()

        assert next(following)["type"] == "BOOKMARK"
        assert list(other) == []


def test_keeps_silent_and_then_tells_all(double: KubernetesDouble, api: ApiClient) -> None:
    """A silent watch is open and says nothing; what it kept back comes afterwards."""
    double.control.silence_watches()
    version = api.get(PODS).body["metadata"]["resourceVersion"]
    with api.watch(f"{PODS}?timeoutSeconds=1&resourceVersion={version}") as stream:
        api.post(PODS, pod("a"))
        assert list(stream) == []
    double.control.resume_watches()

    with api.watch(f"{PODS}?timeoutSeconds=3&resourceVersion={version}") as stream:
        assert [event["type"] for event in stream] == ["ADDED"]


def test_compaction_spares_open_watches(double: KubernetesDouble, api: ApiClient) -> None:
    """Who follows closely never notices."""
    with api.watch(PODS) as stream:
        following = iter(stream)
        api.post(PODS, pod("a"))
        double.control.compact()
        api.post(PODS, pod("b"))

        assert [next(following)["object"]["metadata"]["name"] for _ in range(2)] == ["a", "b"]


def test_counts_requests_by_verb_and_resource(double: KubernetesDouble, api: ApiClient) -> None:
    """Refused ones too; the switches themselves are not counted."""
    api.post(PODS, pod("a"))
    api.patch(f"{PODS}/a/status", {})
    api.get(f"{PODS}/b")
    ApiClient(double.url, "nobody-was-given-this").get(PODS)

    assert double.control.counts() == {
        "create pods": 1,
        "patch pods/status": 1,
        "get pods": 1,
        "list pods": 1,
    }
    found = [(entry.verb, entry.name, entry.user, entry.code) for entry in double.control.requests()]
    assert found == [
        ("create", "", "admin", 201),
        ("patch", "a", "admin", 200),
        ("get", "b", "admin", 404),
        ("list", "", "system:anonymous", 401),
    ]


def test_forgets_what_was_counted(double: KubernetesDouble, api: ApiClient) -> None:
    """Counting starts anew."""
    api.get(PODS)

    double.control.forget_requests()

    assert (double.control.counts(), double.control.requests()) == ({}, [])


def test_spares_and_does_not_count_the_sandbox_itself(double: KubernetesDouble) -> None:
    """The kubelet's stand-in goes on while the client under test meets faults."""
    double.control.fail(500, count=None)
    kubelet = ApiClient(double.url, double.token, user_agent=SANDBOX_AGENT)

    assert kubelet.get(PODS).status == 200
    assert double.control.counts() == {}


@pytest.mark.parametrize("token", ["", "nobody-was-given-this"], ids=["no-token", "wrong-token"])
def test_switches_are_for_the_admin_only(double: KubernetesDouble, token: str) -> None:
    """Nobody else may break the server."""
    with pytest.raises(ControlError, match=r"answered 40[13]"):
        Control(double.url, token).compact()


def test_refuses_a_fault_that_does_not_exist(double: KubernetesDouble, api: ApiClient) -> None:
    """400 says what is wrong with it."""
    reply = api.post("/_sandbox/faults", {"effect": "explode"})

    assert (reply.status, reply.body["message"]) == (
        400,
        "not a fault: Invalid enum value 'explode' - at `$.effect`",
    )
