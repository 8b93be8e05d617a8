"""Ports of 127.0.0.1 for servers that are to be told theirs before they start."""

import socket
from contextlib import ExitStack, suppress
from random import SystemRandom

PORTS = range(20_000, 32_000)
"""Below those that Linux gives to whoever asks for any: what is free stays so until its server binds it."""

_RANDOM = SystemRandom()  # tests seed the common one, each process alike


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    found: list[int] = []
    with ExitStack() as probes:
        for port in _RANDOM.sample(PORTS, len(PORTS)):
            if len(found) == count:
                break
            probe = probes.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    return found
