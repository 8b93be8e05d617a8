"""Who may do what: tokens, roles, and the words of a refusal."""

import time
from collections.abc import Callable

import pytest

from sandbox.kubernetes.client import MERGE, ApiClient, Reply
from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Cluster, Namespace

RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"
REVIEWS = f"{AUTHORIZATION}/selfsubjectaccessreviews"
PATIENCE = 30.0


@pytest.fixture
def worker(namespace: Namespace) -> ApiClient:
    """A ServiceAccount without any right."""
    account = {"metadata": {"name": "worker"}}
    assert namespace.api.post(f"/api/v1/namespaces/{namespace.name}/serviceaccounts", account).status == 201
    return namespace.cluster.as_holder(namespace.cluster.mint(namespace.name, "worker"))


def user(namespace: Namespace) -> str:
    """The worker's name."""
    return f"system:serviceaccount:{namespace.name}:worker"


def grant(namespace: Namespace, *rules: JsonObject, cluster_wide: bool = False) -> None:
    """Permit the worker what `rules` say, and wait until it counts."""
    kind, where = ("ClusterRole", "") if cluster_wide else ("Role", f"/namespaces/{namespace.name}")
    plural = "clusterrole" if cluster_wide else "role"
    name = f"worker-{namespace.name}"
    subject = {"kind": "ServiceAccount", "name": "worker", "namespace": namespace.name}
    reference = {"apiGroup": GROUP, "kind": kind, "name": name}
    made = namespace.api.post(f"{RBAC}{where}/{plural}s", {"metadata": {"name": name}, "rules": list(rules)})
    bound = namespace.api.post(
        f"{RBAC}{where}/{plural}bindings",
        {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]},
    )
    assert (made.status, bound.status) == (201, 201)


def rule(verbs: list[str], resources: list[str], **more: list[str]) -> JsonObject:
    """One rule of the core group."""
    return {"apiGroups": [""], "resources": resources, "verbs": verbs} | more


def once_allowed(call: Callable[[], Reply]) -> Reply:
    """Repeat a call that a new role permits until the authorizer's own watch has heard of the role."""
    return once(lambda reply: reply.status != 403, call)


def once(holds: Callable[[Reply], bool], call: Callable[[], Reply]) -> Reply:
    """Repeat a call until its reply is as it will be; the last reply when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not holds(reply := call()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return reply


def test_a_wrong_token_is_unauthorized(cluster: Cluster) -> None:
    """401, and not a word more."""
    reply = cluster.as_holder("nobody-was-given-this").get("/api/v1/pods")

    assert reply.status == 401
    assert reply.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    }


def test_no_token_is_anonymous(cluster: Cluster) -> None:
    """Without a token the request is forbidden, not unauthorized."""
    reply = cluster.as_holder(None).get("/api/v1/pods")

    assert (reply.status, reply.body["details"]) == (403, {"kind": "pods"})
    assert reply.body["message"] == (
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" '
        "at the cluster scope"
    )


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/version"])
def test_anybody_may_ask_for_health(cluster: Cluster, path: str) -> None:
    """The bootstrap policy opens these to all."""
    assert cluster.as_holder(None).get(path).status == 200


def test_an_unknown_path_is_forbidden_first(cluster: Cluster) -> None:
    """What a stranger may not ask for is not said to be missing."""
    reply = cluster.as_holder(None).get("/secrets-of-the-sandbox")

    assert reply.status == 403
    assert reply.body["message"] == (
        'forbidden: User "system:anonymous" cannot get path "/secrets-of-the-sandbox"'
    )


@pytest.mark.parametrize(
    ("method", "tail", "words"),
    [
        ("GET", "", 'pods is forbidden: User "{user}" cannot list resource "pods"'),
        ("GET", "?watch=1&timeoutSeconds=1", 'pods is forbidden: User "{user}" cannot watch resource "pods"'),
        ("GET", "/a", 'pods "a" is forbidden: User "{user}" cannot get resource "pods"'),
        ("PATCH", "/a/status", 'pods "a" is forbidden: User "{user}" cannot patch resource "pods/status"'),
        ("DELETE", "/a", 'pods "a" is forbidden: User "{user}" cannot delete resource "pods"'),
    ],
    ids=["list", "watch", "get", "patch-status", "delete"],
)
def test_a_new_service_account_may_nothing(
    namespace: Namespace, worker: ApiClient, method: str, tail: str, words: str
) -> None:
    """403 says who, what and where."""
    reply = worker.call(method, namespace.pods + tail, {} if method == "PATCH" else None, MERGE)

    assert (reply.status, reply.body["reason"]) == (403, "Forbidden")
    assert reply.body["message"] == (
        f'{words.format(user=user(namespace))} in API group "" in the namespace "{namespace.name}"'
    )


def test_a_refusal_names_the_group(namespace: Namespace, worker: ApiClient) -> None:
    """A Lease is refused in its group's name."""
    reply = worker.get(f"/apis/coordination.k8s.io/v1/namespaces/{namespace.name}/leases/leader")

    assert reply.body["message"] == (
        f'leases.coordination.k8s.io "leader" is forbidden: User "{user(namespace)}" cannot get resource '
        f'"leases" in API group "coordination.k8s.io" in the namespace "{namespace.name}"'
    )


def test_a_role_permits_in_its_namespace_only(namespace: Namespace, worker: ApiClient) -> None:
    """Listed there, forbidden at the cluster scope."""
    grant(namespace, rule(["list"], ["pods"]))

    assert once_allowed(lambda: worker.get(namespace.pods)).status == 200
    assert worker.get("/api/v1/pods").status == 403
    assert worker.get("/api/v1/namespaces/default/pods").status == 403


def test_a_cluster_role_permits_everywhere(namespace: Namespace, worker: ApiClient) -> None:
    """Bound by a ClusterRoleBinding."""
    grant(namespace, rule(["list"], ["pods"]), cluster_wide=True)

    assert once_allowed(lambda: worker.get("/api/v1/pods")).status == 200
    assert worker.get(f"{namespace.pods}/a").status == 403


def test_the_status_is_a_right_of_its_own(namespace: Namespace, worker: ApiClient) -> None:
    """Who may patch pods/status may annotate a pod by it, and may not patch pods."""
    namespace.create("a")
    grant(namespace, rule(["patch"], ["pods/status"]))
    patch = {"metadata": {"annotations": {"x": "y"}}}

    reply = once_allowed(lambda: worker.patch(f"{namespace.pod('a')}/status", patch))

    assert (reply.status, reply.body["metadata"]["annotations"]) == (200, {"x": "y"})
    assert worker.patch(namespace.pod("a"), patch).status == 403


def test_a_right_can_be_for_one_name(namespace: Namespace, worker: ApiClient) -> None:
    """Through resourceNames: it permits that object, and a list of it by metadata.name."""
    for name in "ab":
        namespace.create(name)
    grant(namespace, rule(["get", "list"], ["pods"], resourceNames=["a"]))

    assert once_allowed(lambda: worker.get(namespace.pod("a"))).status == 200
    assert worker.get(f"{namespace.pods}?fieldSelector=metadata.name=a").status == 200
    assert worker.get(namespace.pod("b")).status == 403
    assert worker.get(namespace.pods).status == 403


def test_a_role_in_a_namespace_permits_to_get_it(namespace: Namespace, worker: ApiClient) -> None:
    """A Namespace counts as an object in itself."""
    grant(namespace, rule(["get"], ["namespaces"]))

    assert once_allowed(lambda: worker.get(f"/api/v1/namespaces/{namespace.name}")).status == 200
    assert worker.get("/api/v1/namespaces/kube-system").status == 403


def test_a_binding_to_no_role_says_so(namespace: Namespace, worker: ApiClient) -> None:
    """The refusal names the role that is missing."""
    reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": "missing"}
    subject = {"kind": "ServiceAccount", "name": "worker", "namespace": namespace.name}
    binding = {"metadata": {"name": "lost"}, "roleRef": reference, "subjects": [subject]}
    namespace.api.post(f"{RBAC}/namespaces/{namespace.name}/rolebindings", binding)
    expected = ': RBAC: clusterrole.rbac.authorization.k8s.io "missing" not found'

    reply = once(lambda r: r.body["message"].endswith(expected), lambda: worker.get(namespace.pods))

    assert reply.body["message"].endswith(expected)


def test_a_binding_keeps_its_role(namespace: Namespace, worker: ApiClient) -> None:
    """Its roleRef is immutable."""
    grant(namespace, rule(["list"], ["pods"]))
    path = f"{RBAC}/namespaces/{namespace.name}/rolebindings/worker-{namespace.name}"

    reply = namespace.api.patch(path, {"roleRef": {"name": "other"}}, MERGE)

    assert reply.status == 422
    assert reply.body["message"].endswith(
        '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef'
    )


def test_reviews_the_rights_of_who_asks(namespace: Namespace, worker: ApiClient) -> None:
    """SelfSubjectAccessReview answers whether, and by which binding."""
    grant(namespace, rule(["list"], ["pods"]))
    once_allowed(lambda: worker.get(namespace.pods))
    wanted = {"verb": "list", "resource": "pods", "namespace": namespace.name}

    may = worker.post(REVIEWS, {"spec": {"resourceAttributes": wanted}})
    may_not = worker.post(REVIEWS, {"spec": {"resourceAttributes": wanted | {"verb": "delete"}}})

    assert (may.status, may_not.status) == (201, 201)
    name = f"worker-{namespace.name}"
    assert may.body["status"] == {
        "allowed": True,
        "reason": f'RBAC: allowed by RoleBinding "{name}/{namespace.name}" of Role "{name}" '
        f'to ServiceAccount "worker/{namespace.name}"',
    }
    assert may_not.body["status"] == {"allowed": False}


def test_reviews_the_rights_of_another(namespace: Namespace, worker: ApiClient) -> None:
    """SubjectAccessReview names who is meant, and is for those alone who may ask about others."""
    grant(namespace, rule(["list"], ["pods"]))
    once_allowed(lambda: worker.get(namespace.pods))
    wanted = {"verb": "list", "resource": "pods", "namespace": namespace.name}
    about = {"spec": {"user": user(namespace), "resourceAttributes": wanted}}
    about_nobody = {"spec": {"user": "nobody", "resourceAttributes": wanted}}
    path = f"{AUTHORIZATION}/subjectaccessreviews"

    may, may_not = namespace.api.post(path, about), namespace.api.post(path, about_nobody)
    refused = worker.post(path, about)

    assert (may.status, may.body["status"]["allowed"]) == (201, True)
    assert may_not.body["status"] == {"allowed": False}
    assert refused.status == 403
    assert refused.body["message"].endswith(
        'cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" '
        "at the cluster scope"
    )


def test_a_group_has_rights_too(namespace: Namespace) -> None:
    """Who is of system:masters may everything, whatever their name."""
    spec = {"user": "somebody", "groups": ["system:masters"], "resourceAttributes": {"verb": "delete"}}

    reply = namespace.api.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": spec})

    assert reply.body["status"]["allowed"] is True


def test_tells_who_asks(namespace: Namespace, worker: ApiClient) -> None:
    """SelfSubjectReview needs no right."""
    asked = worker.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})

    known = asked.body["status"]["userInfo"]
    assert (asked.status, known["username"]) == (201, user(namespace))
    assert {"system:authenticated", f"system:serviceaccounts:{namespace.name}"} < set(known["groups"])


def test_refuses_a_token_for_a_moment(namespace: Namespace, worker: ApiClient) -> None:
    """Ten minutes is the least."""
    path = f"/api/v1/namespaces/{namespace.name}/serviceaccounts/worker/token"

    reply = namespace.api.post(path, {"spec": {"expirationSeconds": 1}})

    assert reply.status == 422
    assert reply.body["message"] == (
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: '
        "Invalid value: 1: may not specify a duration less than 10 minutes"
    )


def test_gives_no_token_to_an_account_that_is_missing(namespace: Namespace) -> None:
    """404 names it."""
    reply = namespace.api.post(
        f"/api/v1/namespaces/{namespace.name}/serviceaccounts/ghost/token", {"spec": {}}
    )

    assert (reply.status, reply.body["message"]) == (404, 'serviceaccounts "ghost" not found')
