"""The rights of deploy/'s roles, one by one, and a process that lacks one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import CREATED, NOT_FOUND, OK
from pathlib import Path

import yaml

from sandbox import accounts
from sandbox.kubernetes.client import MERGE
from sandbox.kubernetes.status import JsonObject
from sandbox.processes import Process
from tests.journeys.installation import LEASE, Installation

RBAC = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Right:
    """One verb on one resource, in the role at this path."""

    role: str
    verb: str
    resource: str

    @property
    def account(self) -> str:
        """Whose it is."""
        return "producer" if "eip-producer" in self.role else "worker"

    def __str__(self) -> str:
        return f"{self.account} {self.verb} {self.resource}"


def path_of(role: JsonObject) -> str:
    """Where the API server has a role."""
    where = f"/namespaces/{accounts.NAMESPACE}" if role["kind"] == "Role" else ""
    return f"{RBAC}{where}/{role['kind'].lower()}s/{role['metadata']['name']}"


def rights(account: str, file: Path = accounts.ROLES) -> list[Right]:
    """All rights that a file gives to an account."""
    roles = [one for one in yaml.safe_load_all(file.read_text()) if "rules" in one]
    granted = [
        Right(path_of(role), verb, resource)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    return [right for right in granted if right.account == account]


def without(rules: list[JsonObject], right: Right) -> list[JsonObject]:
    """The rules less one right."""
    left = [
        rule | {"verbs": [verb for verb in rule["verbs"] if verb != right.verb]}
        if right.resource in rule["resources"]
        else rule
        for rule in rules
    ]
    return [rule for rule in left if rule["verbs"]]


@contextmanager
def lacking(stack: Installation, right: Right) -> Iterator[Process]:
    """The right's holder, started anew without it; the other process runs."""
    holder, other = stack.first_producer, stack.first_worker
    if right.account == "worker":
        holder, other = other, holder
    holder.kill()
    if not other.running:
        other.start()
    role = stack.api.get(right.role).body
    assert stack.api.put(right.role, role | {"rules": without(role["rules"], right)}).status == OK
    try:
        yield holder.start(wait=False)
    finally:
        holder.kill()
        path = right.role
        assert stack.api.put(path, stack.api.get(path).body | {"rules": role["rules"]}).status == OK


def free_lease(stack: Installation, *, delete: bool) -> None:
    """Nobody leads: the Lease is not there, or it is nobody's."""
    if delete:
        stack.api.delete(LEASE)
    elif stack.api.patch(LEASE, {"spec": {"holderIdentity": None}}, MERGE).status == NOT_FOUND:
        folder, _, name = LEASE.rpartition("/")
        assert stack.api.post(folder, {"metadata": {"name": name}, "spec": {}}).status == CREATED
