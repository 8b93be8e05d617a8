"""What clients ask before they ask for anything: versions, groups and resources."""

from sandbox.kubernetes.resources import SERVED, Resource
from sandbox.kubernetes.status import JsonObject

VERSION: JsonObject = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.3",
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}


def document(path: str) -> JsonObject | None:
    """The document at a discovery path, or None."""
    groups = sorted({resource.group for resource in SERVED if resource.group})
    documents: dict[tuple[str, ...], JsonObject] = {
        ("version",): VERSION,
        ("api",): {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        ("api", "v1"): _resources("", "v1"),
        ("apis",): {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(g) for g in groups]},
    }
    for group in groups:
        documents["apis", group] = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        documents["apis", group, "v1"] = _resources(group, "v1")
    return documents.get(tuple(part for part in path.split("/") if part))


def _group(name: str) -> JsonObject:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group: str, version: str) -> JsonObject:
    served = [resource for resource in SERVED if resource.group == group]
    listed = [entry for resource in served for entry in _entries(resource)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": listed,
    }


def _entries(resource: Resource) -> list[JsonObject]:
    entry = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
    }
    return [entry, *(_subresource(resource, name) for name in resource.subresources)]


def _subresource(resource: Resource, name: str) -> JsonObject:
    verbs = ["get", "patch", "update"] if name == "status" else ["create"]
    kind = {"binding": "Binding", "token": "TokenRequest"}.get(name, resource.kind)
    return {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": kind,
        "verbs": verbs,
    }
