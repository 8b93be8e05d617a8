"""Where the API server is and who we are to it: a kubeconfig or the pod's service account.

The official client reads both (exec plugins, rotated tokens, client certificates, proxies). It takes most
of a second to import, so that happens at the first connection.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3
import yaml

from eip.errors import KubernetesError, SettingsError

if TYPE_CHECKING:
    from kubernetes.client import Configuration

# A peer that is gone without a word is noticed within 20 s: a freed address may stay only 30 s.
KEEPALIVE_IDLE = 10
KEEPALIVE_INTERVAL = 5
KEEPALIVE_PROBES = 2

POOLED_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Connection:
    """An API server: its address, its connections, and the Authorization header of the moment."""

    base_url: str
    pool: urllib3.PoolManager
    authorization: Callable[[], str | None]


def connect(kubeconfig: str = "", context: str = "") -> Connection:
    """Read the configuration and the credentials; SettingsError says why that is not possible.

    A kubeconfig that is named, here or by KUBECONFIG, comes first, then the pod's service account,
    then ~/.kube/config.
    """
    from kubernetes.client.rest import RESTClientObject  # noqa: PLC0415 - see the module's docstring

    configuration = _read(kubeconfig, context)
    configuration.retries = False
    configuration.socket_options = _keepalive()
    configuration.connection_pool_maxsize = POOLED_CONNECTIONS
    return Connection(
        base_url=configuration.host.rstrip("/"),
        pool=RESTClientObject(configuration).pool_manager,
        authorization=_authorization(configuration),
    )


def _read(kubeconfig: str, context: str) -> "Configuration":
    from kubernetes import client, config  # noqa: PLC0415

    configuration = client.Configuration()
    named = kubeconfig or os.environ.get("KUBECONFIG", "")
    in_cluster = not named and os.environ.get("KUBERNETES_SERVICE_HOST")
    path = named or str(Path.home() / ".kube" / "config")
    try:
        if in_cluster:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        else:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=path,
                context=context or None,
                client_configuration=configuration,
                persist_config=False,
            )
    except (config.ConfigException, OSError) as error:
        raise _no_way(str(error).rstrip(".")) from error
    except (yaml.YAMLError, TypeError, AttributeError, ValueError) as error:
        # The client trusts the form of the file, and its mishaps say nothing of what is wrong with it.
        raise _no_way(str(error) if in_cluster else f"{path} is no kubeconfig") from error
    if not configuration.host:
        raise _no_way(f"{path} names no server")
    return configuration


def _no_way(why: str) -> SettingsError:
    return SettingsError(
        f"no way to the API server: {why}; run in a pod with a service account, "
        "or name a kubeconfig in KUBECONFIG"
    )


def _keepalive() -> list[tuple[int, int, int]]:
    from kubernetes.utils.keepalive import tcp_keepalive_socket_options  # noqa: PLC0415

    return tcp_keepalive_socket_options(KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES)


def _authorization(configuration: "Configuration") -> Callable[[], str | None]:
    """The client's own refresh (a rotated token file, an expired exec plugin), one thread at a time."""
    from kubernetes.config import ConfigException  # noqa: PLC0415

    lock = threading.Lock()

    def authorization() -> str | None:
        try:
            with lock:
                header = configuration.get_api_key_with_prefix("BearerToken")
        except (ConfigException, OSError, UnicodeDecodeError) as error:
            raise KubernetesError(0, "Credentials", f"the credentials cannot be read: {error}") from error
        # `token: |`, and files that were written by hand, end in a line end, which no header may hold.
        return header.strip() if header else None

    return authorization
