"""Serve the double in a process of its own: `python -m sandbox.kubernetes --port 0`.

Prints one line of JSON: url, token, kubeconfig. Runs until SIGTERM or SIGINT.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from sandbox.kubernetes.double import KubernetesDouble


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.kubernetes", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--tls", action="store_true", help="serve https, without which kubectl sends no token"
    )
    options = parser.parse_args(arguments)
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        with KubernetesDouble(port=options.port, tls=options.tls) as double:
            found = {"url": double.url, "token": double.token, "kubeconfig": str(double.kubeconfig)}
            print(json.dumps(found), flush=True)
            signal.sigwait(stops)
    except OSError as problem:
        print(f"port {options.port} of 127.0.0.1 can't be had: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
