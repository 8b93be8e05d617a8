# ruff: noqa: INP001, T201 - a script for the log of a Job, not a package
"""Create the Secrets that are missing, with random passwords; one that exists is left as it is.

So a password outlives upgrades, rollbacks, and tools that render the chart without asking the cluster. Runs
in a Job of the chart, with the right to create Secrets and to read none. SECRETS is
{SECRET: {KEY: VALUE or null}}, where null stands for a password.
"""

import base64
import json
import os
import secrets
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = Path(os.environ.get("SERVICE_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))
BYTES = 32
SECONDS = 10


def main() -> int:
    """Create each; 1 when one could not be created."""
    wanted = json.loads(os.environ["SECRETS"])
    labels = json.loads(os.environ["LABELS"])
    return max([create(name, values, labels) for name, values in wanted.items()], default=0)


def create(name: str, values: dict[str, str | None], labels: dict[str, str]) -> int:
    """Create one, and say so; 1 when the API server refused."""
    filled = {key: secrets.token_urlsafe(BYTES) if value is None else value for key, value in values.items()}
    body: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in filled.items()},
    }
    try:
        post(body)
    except urllib.error.HTTPError as error:
        if error.code == 409:  # noqa: PLR2004 - Conflict: it exists
            print(f"Secret {name} exists and is left as it is")
            return 0
        print(f"Secret {name} was not created: {error.code} {error.read().decode()}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Secret {name} was not created, the API server did not answer: {error}", file=sys.stderr)
        return 1
    print(f"Secret {name} created")
    return 0


def post(body: dict[str, object]) -> None:
    """Send it to the API server with the account of this pod."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    namespace = (ACCOUNT / "namespace").read_text().strip()
    token = (ACCOUNT / "token").read_text().strip()
    request = urllib.request.Request(
        f"https://{host}:{port}/api/v1/namespaces/{namespace}/secrets",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    urllib.request.urlopen(request, timeout=SECONDS, context=context).close()  # noqa: S310 - https only


if __name__ == "__main__":
    sys.exit(main())
