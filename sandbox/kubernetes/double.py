"""The double as a context manager, for tests: in this process, on a free port of 127.0.0.1."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.kubernetes.certificates import write_serving_certificate
from sandbox.kubernetes.control import Control
from sandbox.kubernetes.kubeconfig import write_kubeconfig
from sandbox.kubernetes.server import KubernetesServer, serve_in_background


class KubernetesDouble:
    """Serving on entry, gone on exit.

    `url`, `token` (system:masters), `certificate` (None without TLS) and `kubeconfig` say how to
    reach it; `control` switches its faults; `server` is the server itself.
    """

    def __init__(self, *, port: int = 0, tls: bool = False) -> None:
        """Serve nothing yet. kubectl sends a token over TLS only; other clients don't mind."""
        self._port = port
        self._tls = tls

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._scratch = tempfile.TemporaryDirectory(prefix="kubernetes-double-")
        self._folder = Path(self._scratch.name)
        pair = write_serving_certificate(self._folder) if self._tls else None
        self.certificate = pair[0] if pair else None
        try:
            self.server = KubernetesServer(self._port, pair)
        except OSError:
            self._scratch.cleanup()
            raise
        self.url = self.server.url
        self.token = self.server.api.tokens.admin
        self.kubeconfig = self.write_kubeconfig(self.token, "admin")
        ca_certificate = str(self.certificate) if self.certificate else None
        self.control = Control(self.url, self.token, ca_certificate)
        self._thread = serve_in_background(self.server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop serving and remove the files."""
        self.server.close()
        self._thread.join()
        self._scratch.cleanup()

    def service_account_token(self, namespace: str, name: str) -> str:
        """Mint a token of an existing ServiceAccount. Raises ApiError 404."""
        return self.server.api.account_token(namespace, name)

    def write_kubeconfig(self, token: str, name: str) -> Path:
        """Write a kubeconfig for `token` to `name`.kubeconfig in the temporary folder."""
        return write_kubeconfig(self._folder / f"{name}.kubeconfig", self.url, token, self.certificate)
