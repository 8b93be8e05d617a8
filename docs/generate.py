"""`python -m docs.generate [--check]`: writes the pages made from code, or says which are stale."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from docs.metrics_page import metrics_page
from eip import names, settings
from eip.names import Action, EventReason, Queue, Step
from workers.aws.errors_page import errors_page

FOLDER = Path(__file__).parent

_AT_START = {
    "lease_namespace": "the process' own",
    "identity": "host name and process id",
    "tags": "",
    "namespace_limits": "",
    "lent_public_ipv4_pools": "",
}

_LABELS = {
    names.MANAGE_LABEL: "On a pod, or with `EIP_NODES` on a node, by you: `true` asks for an address, "
    "anything else or nothing gives it back.",
    names.READY_LABEL: "On a node, by the operator: `true` while the address is associated with the node's "
    "primary IP, `false` when it is not, or no longer.",
}
_REQUESTS = {
    names.KEEP_ANNOTATION: "`true` (24 hours), a duration such as `90m`, `24h` or `7d`, or `forever`: the "
    "address stays for the next pod of the same namespace and name.",
    names.REQUEST_ADDRESS_ANNOTATION: "The allocation id or public IPv4 address of an address that an admin "
    "lends; or, with an IPAM pool, the address to allocate from it.",
    names.POOL_ANNOTATION: "The name of a pool of addresses that an admin lends.",
    names.PUBLIC_IPV4_POOL_ANNOTATION: "The id of a public IPv4 pool or IPAM pool to allocate from.",
    names.REVERSE_DNS_ANNOTATION: "The host name that the address is to resolve to (its PTR record), such as "
    "`mail.example.com`; a DNS record of type A from it to the address must exist.",
}
_ANNOTATIONS = {
    names.PUBLIC_IP_ANNOTATION: "The pod's public IPv4 address.",
    names.ALLOCATION_ID_ANNOTATION: "The allocation id of the Elastic IP.",
    **dict.fromkeys(
        names.EXTERNAL_DNS_ANNOTATIONS,
        "The public IP again, for external-dns; which of them is a setting.",
    ),
}
_CONDITIONS = {
    names.READY_CONDITION: "True while the address is associated with the pod's IP; "
    "usable as a readiness gate.",
}
_TAGS = {
    names.POD_UID_TAG: "The uid of the pod, or node, that the address is for.",
    names.CLUSTER_NAME_TAG: "`EIP_CLUSTER_NAME`.",
    names.CLUSTER_UID_TAG: "The uid of the namespace kube-system, or `EIP_CLUSTER_UID`.",
    names.NAMESPACE_TAG: f"The pod's namespace; `{names.NODES}` for a node, as no namespace can be called.",
    names.POD_NAME_TAG: "The pod's name, or the node's.",
    names.ALLOCATED_AT_TAG: "When the address was allocated (RFC 3339, UTC).",
    names.NAME_TAG: "`CLUSTER/NAMESPACE/POD`, for people.",
    names.KEEP_TAG: "For how long the address stays when its pod has ended; only where the pod asks for it.",
}
_LENT_TAGS = {
    names.LEND_TAG: "Set by an admin on an address of their own: whom it is lent to. Words separated by "
    "spaces: the cluster's name or uid for all its pods, `NAMESPACE/NAME` for some, with `*` for anything, "
    "`CLUSTER:NAMESPACE/NAME` for some of one cluster.",
    names.POOL_TAG: "Set by an admin: the pool that the lent address belongs to.",
}
_EVENTS = {
    EventReason.READY: "Normal. The address is associated, and written on the pod.",
    EventReason.REFUSED: "Warning. The pod can't have an address; the text says why and what to change.",
    EventReason.QUOTA: "Warning. The account's quota of Elastic IPs is used up; the pod waits for a free "
    "one.",
    EventReason.NOT_FREE: "Warning. The lent address that was asked for, or all of its pool, is in use; "
    "the pod is served when one is free.",
    EventReason.ALLOCATE_FAILED: "Warning. AllocateAddress failed; it is tried again.",
    EventReason.ASSOCIATE_FAILED: "Warning. AssociateAddress failed, or the pod's interface takes no "
    "address.",
    EventReason.ANNOTATE_FAILED: "Warning. The API server did not take the annotations; it is tried again.",
    EventReason.REVERSE_DNS_READY: "Normal. The address resolves to the host name that was asked for.",
    EventReason.REVERSE_DNS_FAILED: "Warning. It does not yet; the text says which record EC2 needs, or what "
    "it refused. The pod is served meanwhile.",
    EventReason.RELEASE_FAILED: "Warning. The address could not be taken away yet; it is tried again.",
}
_TASKS = {
    Step.RELEASE.task: "Takes an address off a private IP, or gives it back to EC2.",
    Step.ANNOTATE.task: "Writes on the pod what is true of its address; sees to its reverse DNS record.",
    Step.ASSOCIATE.task: "Associates the address with the pod's IP.",
    Step.ALLOCATE.task: "Allocates an address.",
    names.SWEEP_TASK: "Compares EC2, the claims and Kubernetes, and mends what differs; in the queue "
    "`release`.",
}


def settings_page() -> str:
    """docs/settings.md, from the settings' own descriptions."""
    rows = [
        (f"`{settings.PREFIX}{name.upper()}`", _default(name, field.default), str(field.description))
        for name, field in settings.Settings.model_fields.items()
    ]
    return _page(
        "Settings",
        "eip/settings.py",
        "Producer, workers and Flower are set by environment variables; whatever is wrong with them is said "
        "at start, all at once. AWS and Kubernetes are set by their own: `AWS_REGION`, `AWS_ENDPOINT_URL`, "
        "`KUBECONFIG`.",
        _table(("Variable", "Default", "Meaning"), rows),
    )


def names_page() -> str:
    """docs/names.md, from the names that code and users share."""
    queues = "Queues, in the order in which a worker serves them: " + ", ".join(f"`{q}`" for q in Queue) + "."
    return _page(
        "Names",
        "eip/names.py",
        "What is read and written on pods, nodes, addresses and queues. These names are public: "
        "a change of one is a change that CHANGELOG.md announces.",
        _section("Labels", _LABELS),
        _section("Annotations that you set", _REQUESTS, "On a pod, beside the label; all may be left out."),
        _section(
            "Annotations that are written",
            _ANNOTATIONS,
            "On the pod or node; written, and never read as truth: what you change is put right.",
        ),
        _section("Pod conditions", _CONDITIONS),
        _section("Tags of an Elastic IP", _TAGS, "Set in the call that allocates it."),
        _section("Tags of a lent address", _LENT_TAGS, "It is never tagged or released by the operator."),
        _section(
            "Events",
            _EVENTS,
            "On the pod, or on the node and then in the namespace `default`; each reason at most once in "
            "ten minutes.",
        ),
        _section("Celery tasks", _TASKS, queues),
        "## EC2 actions\n\nEach has a rate budget of its own: " + ", ".join(f"`{a}`" for a in Action) + ".\n",
    )


PAGES = {
    "settings.md": settings_page,
    "names.md": names_page,
    "errors.md": errors_page,
    "metrics.md": metrics_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or compare them; 1 when one is stale."""
    stale = [name for name, page in PAGES.items() if _read(FOLDER / name) != page()]
    if "--check" not in arguments:
        for name in stale:
            (FOLDER / name).write_text(PAGES[name]())
        return 0
    for name in stale:
        print(f"docs/{name} is not what the code says: run `make docs`", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _default(name: str, default: object) -> str:
    if name in _AT_START:
        return _AT_START[name]
    if default is PydanticUndefined:
        return "**required**"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, tuple):
        default = ",".join(default)
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


def _section(title: str, rows: Mapping[Any, str], text: str = "") -> str:
    table = _table(("Name", "Meaning"), [(f"`{name}`", meaning) for name, meaning in rows.items()])
    return "\n\n".join(part for part in (f"## {title}", text, table) if part)


def _page(title: str, source: str, text: str, *parts: str) -> str:
    body = "\n".join(parts)
    return f"<!-- Made from {source}; `make docs` writes it. -->\n# {title}\n\n{text}\n\n{body}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
