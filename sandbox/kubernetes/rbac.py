"""Role-based access: who may do what, and how it is said when they may not."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.kubernetes.identity import User
from sandbox.kubernetes.resources import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from sandbox.kubernetes.status import ApiError, JsonObject, about, qualified
from sandbox.kubernetes.store import Store

PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version")
DISCOVERY_PATHS = ("/api", "/apis", "/openapi", "/version")


@dataclass(frozen=True)
class Attributes:
    """What a request would do. `resource` may be `pods/status`; without one, `path` counts."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether it may, and why or why not."""

    allowed: bool
    reason: str = ""


class Authorizer:
    """Reads roles and bindings from the store at every request."""

    def __init__(self, store: Store) -> None:
        """Judge by what `store` holds."""
        self._store = store

    def judge(self, user: User, asked: Attributes) -> Verdict:
        """May `user` do what is asked?"""
        if "system:masters" in user.groups or self._by_default(user, asked):
            return Verdict(allowed=True)
        missing: list[str] = []
        for binding in self._bindings(user, asked.namespace):
            rules = self._rules(binding, missing)
            if any(_permits(rule, asked) for rule in rules):
                return Verdict(allowed=True, reason=_because(binding, user))
        return Verdict(allowed=False, reason=f"RBAC: {', '.join(missing)}" if missing else "")

    def require(self, user: User, asked: Attributes) -> None:
        """Raises ApiError 403 unless `user` may."""
        verdict = self.judge(user, asked)
        if not verdict.allowed:
            raise _forbidden(user, asked, verdict.reason)

    def _by_default(self, user: User, asked: Attributes) -> bool:
        """The part of the bootstrap policy that a client of ours meets."""
        if not asked.resource:
            known = "system:authenticated" in user.groups and asked.path.startswith(DISCOVERY_PATHS)
            return asked.verb == "get" and (known or asked.path.startswith(PUBLIC_PATHS))
        reviews = ("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews")
        return "system:authenticated" in user.groups and asked.resource in reviews and asked.verb == "create"

    def _bindings(self, user: User, namespace: str) -> Iterator[JsonObject]:
        found = self._store.items(CLUSTER_ROLE_BINDINGS)
        if namespace:
            found += self._store.items(ROLE_BINDINGS, namespace)
        return (binding for binding in found if any(_is(user, s) for s in binding.get("subjects") or []))

    def _rules(self, binding: JsonObject, missing: list[str]) -> list[JsonObject]:
        name, kind = binding["roleRef"]["name"], binding["roleRef"]["kind"]
        namespace = "" if kind == "ClusterRole" else binding["metadata"]["namespace"]
        resource = CLUSTER_ROLES if kind == "ClusterRole" else ROLES
        role = self._store.get(resource, namespace, name)
        if role is None:
            missing.append(f'{kind.lower()}.{resource.group} "{name}" not found')
            return []
        return role.get("rules") or []


def _is(user: User, subject: JsonObject) -> bool:
    if subject["kind"] == "ServiceAccount":
        return user.name == f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
    return subject["name"] in (user.groups if subject["kind"] == "Group" else (user.name,))


def _permits(rule: JsonObject, asked: Attributes) -> bool:
    if not _names(rule, "verbs", asked.verb):
        return False
    if not asked.resource:
        paths = rule.get("nonResourceURLs") or []
        return any(asked.path == path or _under(path, asked.path) for path in paths)
    subresource = asked.resource.partition("/")[2]
    resources = rule.get("resources") or []
    permitted = _names(rule, "resources", asked.resource) or (subresource and f"*/{subresource}" in resources)
    only = rule.get("resourceNames") or []
    return bool(permitted) and _names(rule, "apiGroups", asked.group) and (not only or asked.name in only)


def _names(rule: JsonObject, key: str, wanted: str) -> bool:
    listed = rule.get(key) or []
    return "*" in listed or wanted in listed


def _under(pattern: str, path: str) -> bool:
    return pattern.endswith("*") and path.startswith(pattern[:-1])


def _because(binding: JsonObject, user: User) -> str:
    reference, metadata = binding["roleRef"], binding["metadata"]
    subject = next(s for s in binding["subjects"] if _is(user, s))
    holder = f'{subject["kind"]} "{subject["name"]}'
    holder += f'/{subject["namespace"]}"' if subject["kind"] == "ServiceAccount" else '"'
    name, kind = metadata["name"], "ClusterRoleBinding"
    if "namespace" in metadata:
        name, kind = f"{name}/{metadata['namespace']}", "RoleBinding"
    return f'RBAC: allowed by {kind} "{name}" of {reference["kind"]} "{reference["name"]}" to {holder}'


def _forbidden(user: User, asked: Attributes, reason: str) -> ApiError:
    tail = f": {reason}" if reason else ""
    if not asked.resource:
        return ApiError(
            403, "Forbidden", f'forbidden: User "{user.name}" cannot {asked.verb} path "{asked.path}"{tail}'
        )
    plural = asked.resource.partition("/")[0]
    what = qualified(plural, asked.group) + (f' "{asked.name}"' if asked.name else "")
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    message = (
        f'{what} is forbidden: User "{user.name}" cannot {asked.verb} resource "{asked.resource}" '
        f'in API group "{asked.group}" {where}{tail}'
    )
    return ApiError(403, "Forbidden", message, about(plural, asked.name, asked.group))
