"""Reviews, which are answered and not stored: what somebody may do, and who it is that asks."""

from sandbox.kubernetes import reading
from sandbox.kubernetes.identity import User
from sandbox.kubernetes.rbac import Attributes, Authorizer
from sandbox.kubernetes.resources import ACCESS_REVIEWS, OWN_ACCESS_REVIEWS, OWN_REVIEWS, Resource
from sandbox.kubernetes.status import JsonObject

REVIEWS = (ACCESS_REVIEWS, OWN_ACCESS_REVIEWS, OWN_REVIEWS)


def review(authorizer: Authorizer, resource: Resource, asked: JsonObject, user: User) -> JsonObject:
    """The review with its status; `user` is who sent it."""
    if resource == OWN_REVIEWS:
        known = {"username": user.name, "groups": list(user.groups)}
        return reading.typed(resource, {"metadata": {}, "status": {"userInfo": known}})
    spec = asked.get("spec") or {}
    if resource == ACCESS_REVIEWS:
        user = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
    verdict = authorizer.judge(user, _attributes(spec))
    status = {"allowed": verdict.allowed} | ({"reason": verdict.reason} if verdict.reason else {})
    return reading.typed(resource, {"metadata": {}, "spec": spec, "status": status})


def _attributes(spec: JsonObject) -> Attributes:
    wanted = spec.get("resourceAttributes") or spec.get("nonResourceAttributes") or {}
    return Attributes(
        wanted.get("verb", ""),
        wanted.get("group", ""),
        "/".join(filter(None, (wanted.get("resource", ""), wanted.get("subresource", "")))),
        wanted.get("namespace", ""),
        wanted.get("name", ""),
        wanted.get("path", ""),
    )
