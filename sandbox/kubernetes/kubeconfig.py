"""Kubeconfig files for clients of the double or of the real control plane."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import msgspec


@dataclass(frozen=True)
class Access:
    """What a kubeconfig says: where, as whom, and whom to trust."""

    url: str
    token: str = field(repr=False)
    certificate: Path | None


def read_kubeconfig(path: Path) -> Access:
    """Read a kubeconfig that `write_kubeconfig` wrote. Raises OSError and msgspec.MsgspecError."""
    config = msgspec.json.decode(path.read_bytes())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = cluster.get("certificate-authority")
    return Access(cluster["server"], user["token"], Path(authority) if authority else None)


def write_kubeconfig(path: Path, url: str, token: str, certificate: Path | None = None) -> Path:
    """Write a kubeconfig (in JSON, which is YAML) readable by its owner only; return its path."""
    cluster = {"server": url}
    if certificate:
        cluster["certificate-authority"] = str(certificate)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": "sandbox", "user": {"token": token}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
        "current-context": "sandbox",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
    return path
