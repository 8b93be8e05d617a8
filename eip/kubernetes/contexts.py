"""The namespace that a person works in, as kubectl has it: the context's, or the service account's."""

import os
from pathlib import Path

import yaml

from eip.errors import SettingsError

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT = "default"


def namespace_of(context: str = "") -> str:
    """The namespace of a context, by default the current one's; `default` where none is named.

    Raises:
        SettingsError: the kubeconfig cannot be read, or has no such context.

    """
    path = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    if not os.environ.get("KUBECONFIG") and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else DEFAULT
    from kubernetes import config  # noqa: PLC0415 - it takes most of a second to import

    try:
        contexts, active = config.list_kube_config_contexts(path)  # type: ignore[no-untyped-call]
    except (config.ConfigException, OSError, yaml.YAMLError) as error:
        raise SettingsError(
            f"the kubeconfig cannot be read: {str(error).rstrip('.')}; "
            "name a namespace with -n, or a kubeconfig in KUBECONFIG"
        ) from error
    chosen = next((known for known in contexts if known["name"] == context), None) if context else active
    if chosen is None:
        raise SettingsError(
            f"the kubeconfig has no context {context}; `kubectl config get-contexts` lists them"
        )
    return str(chosen["context"].get("namespace") or DEFAULT)
