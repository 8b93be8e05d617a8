"""Leases of coordination.k8s.io/v1: read, create, and replace what was read."""

from typing import Any

import msgspec

from eip.errors import KubernetesError
from eip.kubernetes.decode import decode
from eip.kubernetes.http import Http, segment
from eip.kubernetes.refusal import not_found

# A renewal and its repetition must both find room in the time for which a leader is certain of its lead.
TIMEOUT = 1.5


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """spec: times are RFC 3339 with microseconds, the duration is in seconds; None is not set."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(msgspec.Struct, frozen=True, rename="camel"):
    """A Lease; its metadata goes back as it came, with the resourceVersion that guards the replacement."""

    metadata: dict[str, Any]
    spec: LeaseSpec = LeaseSpec()
    api_version: str = "coordination.k8s.io/v1"
    kind: str = "Lease"


class Leases:
    """The calls on Leases; each raises KubernetesError."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, namespace: str, name: str) -> Lease | None:
        """The Lease, or None when there is none of that name."""
        try:
            return decode(self._call("GET", f"{_path(namespace)}/{segment(name)}"), Lease)
        except KubernetesError as error:
            if not_found(error):
                return None
            raise

    def create(self, namespace: str, lease: Lease) -> Lease:
        """The Lease as it was created; code 409 when another was quicker."""
        return decode(self._call("POST", _path(namespace), lease), Lease)

    def replace(self, namespace: str, name: str, lease: Lease) -> Lease:
        """The Lease as it became; code 409 when it has changed since it was read."""
        return decode(self._call("PUT", f"{_path(namespace)}/{segment(name)}", lease), Lease)

    def _call(self, method: str, path: str, lease: Lease | None = None) -> bytes:
        body = msgspec.json.encode(lease) if lease else None
        return self._http.request(method, path, body=body, timeout=TIMEOUT)


def _path(namespace: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{segment(namespace)}/leases"
