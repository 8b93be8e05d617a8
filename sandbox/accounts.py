"""The operator's service accounts with the rights of deploy/, and a kubeconfig for each."""

from pathlib import Path

import yaml

from sandbox.kubernetes.client import ApiClient, Reply
from sandbox.kubernetes.kubeconfig import Access, write_kubeconfig
from sandbox.kubernetes.status import JsonObject

ROLES = Path(__file__).resolve().parents[1] / "deploy" / "roles.yaml"
NODE_ROLES = ROLES.with_name("roles-nodes.yaml")
"""What serving nodes takes beside."""

NAMESPACE = "eip-system"
ACCOUNTS = ("producer", "worker")
TOKEN_SECONDS = 24 * 3600


class ApiRefusedError(Exception):
    """The API server refused what the sandbox asked for; the message says what it answered."""


def make(api: ApiClient, access: Access, folder: Path, *, nodes: bool = False) -> dict[str, Path]:
    """Apply the roles as `api`, an admin, and write each account's kubeconfig to `folder`.

    With `nodes` the accounts may serve nodes too.
    """
    for file in [ROLES, NODE_ROLES] if nodes else [ROLES]:
        apply(api, file)
    return {
        name: write_kubeconfig(
            folder / f"{name}.kubeconfig", access.url, _token(api, name), access.certificate
        )
        for name in ACCOUNTS
    }


def apply(api: ApiClient, file: Path) -> None:
    """Create what the manifests of `file` describe, as `api`, an admin; what is there already stays."""
    for manifest in yaml.safe_load_all(file.read_text()):
        _create(api, manifest)


def done(reply: Reply) -> JsonObject:
    """The object that was answered; ApiRefusedError when the API server said no."""
    if reply.status >= 300:  # noqa: PLR2004
        raise ApiRefusedError(f"The API server answered {reply.status}: {reply.body}")
    body: JsonObject = reply.body
    return body


def _token(api: ApiClient, account: str) -> str:
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/eip-{account}/token"
    made = done(api.post(path, {"spec": {"expirationSeconds": TOKEN_SECONDS}}))
    return str(made["status"]["token"])


def _create(api: ApiClient, manifest: JsonObject) -> None:
    group = manifest["apiVersion"]
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    if namespace := manifest["metadata"].get("namespace"):
        root += f"/namespaces/{namespace}"
    reply = api.post(f"{root}/{manifest['kind'].lower()}s", manifest)
    if reply.status != 409:  # noqa: PLR2004 - a control plane that was used before has it
        done(reply)
