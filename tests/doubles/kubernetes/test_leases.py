"""Leases: what leader election stands on."""

from sandbox.kubernetes.status import JsonObject
from tests.doubles.kubernetes.conftest import Namespace


def lease(holder: str = "a", **metadata: str) -> JsonObject:
    """A Lease that `holder` holds."""
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}
    return {"metadata": {"name": "leader"} | metadata, "spec": spec}


def path(namespace: Namespace) -> str:
    """Where the Leases are."""
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace.name}/leases"


def test_only_one_of_two_writers_wins(namespace: Namespace) -> None:
    """Two replicas that read the same version: the second PUT is 409."""
    version = namespace.api.post(path(namespace), lease()).body["metadata"]["resourceVersion"]

    first = namespace.api.put(f"{path(namespace)}/leader", lease("b", resourceVersion=version))
    second = namespace.api.put(f"{path(namespace)}/leader", lease("c", resourceVersion=version))

    assert (first.status, second.status, second.body["reason"]) == (200, 409, "Conflict")
    assert namespace.api.get(f"{path(namespace)}/leader").body["spec"]["holderIdentity"] == "b"


def test_only_one_of_two_creators_wins(namespace: Namespace) -> None:
    """The second POST is 409 AlreadyExists, in the words of the group."""
    namespace.api.post(path(namespace), lease())

    reply = namespace.api.post(path(namespace), lease("b"))

    assert reply.body["message"] == 'leases.coordination.k8s.io "leader" already exists'
    assert reply.body["details"] == {"name": "leader", "group": "coordination.k8s.io", "kind": "leases"}


def test_refuses_an_update_without_a_version(namespace: Namespace) -> None:
    """A Lease can't be overwritten blindly."""
    namespace.api.post(path(namespace), lease())

    reply = namespace.api.put(f"{path(namespace)}/leader", lease("b"))

    assert reply.status == 422
    assert reply.body["message"] == (
        'leases.coordination.k8s.io "leader" is invalid: metadata.resourceVersion: '
        "Invalid value: 0: must be specified for an update"
    )


def test_put_creates_a_missing_lease(namespace: Namespace) -> None:
    """A PUT of a Lease that is not there is 201."""
    assert namespace.api.put(f"{path(namespace)}/leader", lease()).status == 201


def test_refuses_impossible_numbers(namespace: Namespace) -> None:
    """All broken rules are listed at once."""
    body = lease() | {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1}}

    reply = namespace.api.post(path(namespace), body)

    assert reply.body["message"] == (
        'Lease.coordination.k8s.io "leader" is invalid: '
        "[spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, "
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]"
    )


def test_deletes_at_once(namespace: Namespace) -> None:
    """A Lease has no grace: the answer is a Status with its uid."""
    uid = namespace.api.post(path(namespace), lease()).body["metadata"]["uid"]

    reply = namespace.api.delete(f"{path(namespace)}/leader")

    assert reply.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "leader", "group": "coordination.k8s.io", "kind": "leases", "uid": uid},
    }
    assert namespace.api.get(f"{path(namespace)}/leader").status == 404
